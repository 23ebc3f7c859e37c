"""From einsum to accel: which array runs what, in which loops."""
