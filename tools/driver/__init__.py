"""What `einfold-opt` does around its passes: options as mlir-opt spells them, printing IR, times, statistics, remarks, reproducers."""
