"""Machines, and what a kernel costs on them: time, bytes, and the values it computes on the way."""
