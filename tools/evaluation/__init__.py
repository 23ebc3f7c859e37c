"""A published evaluation, and sweeps over machines: what their files say, running every point, and what is left behind."""
