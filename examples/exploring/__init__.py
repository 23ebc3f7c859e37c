"""Sweeps to run and change (`einfold explore`). Data, no code."""
