"""Certificates as files: written to stand for themselves, read back without trust, checked; proofs as text for other solvers."""
