"""The handbook's pages that are made, not written: dialects, passes, operators, commands and figures, from what defines them."""
