"""How accurate a derived form is beside the cascade as written: inputs, sizes, measurement, report."""
