raise ValueError("x\n" * 1_000_000)
