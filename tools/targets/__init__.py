"""What `einfold-opt -t` writes besides MLIR: cascades in EDGE notation, in LaTeX, as a graph, as JSON."""
