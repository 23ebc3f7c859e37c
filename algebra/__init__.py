"""The mathematics of cascades: expressions, operators, laws. Knows nothing of xDSL or of any IR."""
