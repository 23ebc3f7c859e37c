"""Cascades to read, run and change; each file says what it shows."""
