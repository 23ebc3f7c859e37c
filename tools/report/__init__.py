"""`einfold report`: one page about a cascade, its rewriting, its placement and its simulation."""
