"""Finding a schedule: which form of a cascade, which array for each Einsum, when each task runs; the simulator judges, bounds say what is left."""
