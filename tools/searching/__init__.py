"""`einfold explore` on one machine: a search told to people and programs, and what it found as files."""
