// RUN: einfold passes %s --rank m --numerics --cascade log_sum_exp | filecheck %s
// RUN: einfold passes %s --rank m --numerics --cascade softcapped | filecheck %s --check-prefix=CAP
// RUN: einfold passes %s --rank m --numerics --cascade total | filecheck %s --check-prefix=TOTAL
// RUN: einfold passes %s --rank m --numerics --json --cascade log_sum_exp | filecheck %s --check-prefix=JSON

einsum.cascade @log_sum_exp ranks {p = 64, m = 4096} (%X[p, m]) -> [p] : f32 {
  %GM = einsum.compute [p] = %X[p, m] reduce max(m)
  %SD = einsum.compute [p] = exp(%X[p, m] - %GM[p]) reduce add(m)
  %L = einsum.compute [p] = log(%SD[p]) + %GM[p]
  einsum.return %L[p]
}

// CHECK:      @log_sum_exp
// CHECK:      einsum-one-pass makes it 1 pass (optimal: every element must be read once)
// CHECK-NEXT:   GM (base): any number
// CHECK-NEXT:     carries X[p, m]: any number, of degree 1
// CHECK-NEXT:   SD (rebased): at least 1
// CHECK-NEXT:     carries exp(X[p, m] - %GM): [0, 1]
// CHECK-NEXT:     corrected by exp(%GM.old - %GM): [0, 1]
// CHECK-NEXT: accuracy at p = 4, m = 512, m1 = 4, m0 = 128: every Einsum's result is rounded to the type, f16 and bf16 are summed in f32;
// CHECK-NEXT:   result type inputs as written derived
// CHECK-NEXT:   L f16 normal {{[0-9.]+e-0[34]}} {{[0-9.]+e-0[34]}}
// CHECK-NEXT:   L f16 normal x 8192
// CHECK-NEXT:   L f16 mean 100
// CHECK-NEXT:   L f16 ties
// CHECK-NEXT:   L f16 constant
// CHECK-NEXT:   L f16 normal x 8192, overflow finite finite
// CHECK-NEXT:   L bf16 normal
// CHECK:        L f32 normal {{[0-9.]+e-0[78]}} {{[0-9.]+e-0[78]}}
// CHECK:        L f32 mean 10000
// CHECK:      L: no worse than as written

einsum.cascade @softcapped ranks {p = 64, m = 4096} (%X[p, m], %V[p, m]) -> [p] : f32 {
  %S = einsum.compute [p, m] = 30 * tanh(%X[p, m] / 30)
  %GM = einsum.compute [p] = %S[p, m] reduce max(m)
  %SN = einsum.compute [p, m] = exp(%S[p, m] - %GM[p])
  %SD = einsum.compute [p] = %SN[p, m] reduce add(m)
  %A = einsum.compute [p] = %SN[p, m] / %SD[p] * %V[p, m] reduce add(m)
  einsum.return %A[p]
}

// The sum before the division is carried: f16 cannot hold it for values near its end.
// CAP: carries exp(S[p, m] - %GM): [0, 1]
// CAP: corrected by exp(%GM.old - %GM): [0, 1]
// CAP: A f16 normal x 8192, overflow finite {{[0-9]+}} of 12 not finite
// CAP: A: not finite where as written it is (f16 at normal x 8192

einsum.cascade @total ranks {p = 64, m = 4096} (%X[p, m]) -> [p] : f32 {
  %T = einsum.compute [p] = %X[p, m] reduce add(m)
  einsum.return %T[p]
}

// Where no pass can be saved nothing is measured.
// TOTAL:     m = 4096: 1 pass
// TOTAL-NOT: accuracy

// JSON:      "derived": 1
// JSON:      "bounds": {
// JSON-NEXT:   "summary": [
// JSON:      "numerics": [
// JSON:        "result": "L",
// JSON-NEXT:   "type": "f16",
// JSON-NEXT:   "regime": "normal",
// JSON-NEXT:   "level": 1.0,
// JSON-NEXT:   "values": 12,
// JSON-NEXT:   "reference": "fp64",
// JSON-NEXT:   "relative": true,
// JSON-NEXT:   "as_written": {
// JSON-NEXT:     "error": 0.000{{[0-9]+}},
// JSON-NEXT:     "not_finite": 0
// JSON:        "worse": false,
// JSON-NEXT:   "worse_by": null,
// JSON-NEXT:   "verdict": "no worse than as written"
// JSON:      "measured_at": {
// JSON-NEXT:   "sizes": {
