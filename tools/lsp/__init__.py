"""`einfold-lsp`: what editors ask of IR, over the Language Server Protocol."""
