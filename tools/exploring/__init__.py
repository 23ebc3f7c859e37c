"""Design-space exploration: a sweep over machines, sizes, passes and mappings, kept in one file, and its Pareto front."""
