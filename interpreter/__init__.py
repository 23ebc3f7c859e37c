"""What a cascade computes: the reference meaning of the einsum dialect, in NumPy."""
