"""The derivation of a one-pass form, told as one would at a whiteboard: collected as data, told once, written as Markdown or LaTeX."""
