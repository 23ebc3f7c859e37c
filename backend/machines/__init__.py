"""Machine descriptions (YAML), shipped with the package."""
