"""The files of the FuseMax evaluation: cascades, mappings, and what is run with what. Data, no code."""
