"""Rewrites from einsum to einsum, one file a pass, named as its pass."""
