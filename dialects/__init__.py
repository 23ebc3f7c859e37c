"""The IR: what a cascade of Einsums and an accelerator kernel are, and how they read as text."""
