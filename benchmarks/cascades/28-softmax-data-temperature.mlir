// Sum of exponentials whose temperature is a statistic of the same data.
einsum.cascade @softmax_data_temperature ranks {p = 64, m = 1024, e = 32, f = 32} (%X[p, m]) -> [p] : f32 {
  %SS = einsum.compute [p] = %X[p, m] * %X[p, m] reduce add(m)
  %Y = einsum.compute [p] = exp(%X[p, m] / (1 + %SS[p])) reduce add(m)
  einsum.return %Y[p]
}
