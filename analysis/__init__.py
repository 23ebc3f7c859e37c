"""Questions about a cascade, answered as plain dataclasses; nothing here changes IR."""
