"""The command lines; they know what to call, never how anything is done."""
