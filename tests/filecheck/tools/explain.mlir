// RUN: einfold explain %s --cascade log_sum_exp | filecheck %s
// RUN: einfold explain %s --cascade log_sum_exp --format latex | filecheck %s --check-prefix=LATEX
// RUN: einfold explain %s --cascade @product | filecheck %s --check-prefix=ONE
// RUN: not einfold explain %s --cascade log_sum 2>&1 | filecheck %s --check-prefix=CASCADE
// RUN: not einfold explain %s --rank k 2>&1 | filecheck %s --check-prefix=RANK

einsum.cascade @log_sum_exp ranks {p = 4, m = 64} (%X[p, m]) -> [p] : f32 {
  %GM = einsum.compute [p] = %X[p, m] reduce max(m)
  %SD = einsum.compute [p] = exp(%X[p, m] - %GM[p]) reduce add(m)
  %L = einsum.compute [p] = log(%SD[p]) + %GM[p]
  einsum.return %L[p]
}

einsum.cascade @product ranks {i = 4, j = 8} (%A[i, j], %B[j]) -> [i] : f32 {
  %C = einsum.compute [i] = %A[i, j] * %B[j] reduce add(j)
  einsum.return %C[i]
}

// CHECK:      # The passes of `log_sum_exp`
// CHECK-EMPTY:
// CHECK-NEXT: From $X_{p,m}$ the cascade computes $L_{p}$, where $P = 4$ and $M = 64$:
// CHECK:      GM_{p} &= \max_{m} X_{p,m} \cr
// CHECK-NEXT: SD_{p} &= \sum_{m} e^{X_{p,m} - GM_{p}} \cr
// CHECK-NEXT: L_{p} &= \log(SD_{p}) + GM_{p}
// CHECK:      ## Over `m`: 2 passes as written, 1 derived
// CHECK:      | 1 | `GM` | `X` |
// CHECK-NEXT: | 2 | `SD` | `X`, `GM` |
// CHECK:      - `SD` starts pass 2: it needs `GM[p]`, reduced over m. It reads `X` again.
// CHECK:      ### `GM`: a maximum, folded as it is
// CHECK:      ### `SD`: a sum, rebased on `GM`
// CHECK:      \mathcal{F}(\mathbf{x}, \mathbf{d}) = e^{X_{p,m} - GM_{p}}
// CHECK:      (the separation rank is $k = 1$)
// CHECK:      \mathbf{K}(\mathbf{d}^{\mathrm{old}}, \mathbf{d}) &= e^{GM_{p}^{\mathrm{old}} - GM_{p}}
// CHECK:      | $SD_{p}^{(0)}$ | $0$ | $\sum_{m} e^{X_{p,m} - GM_{p}}$ |
// CHECK:      SD_{p}^{(0)} = e^{GM_{p}^{\mathrm{L}} - GM_{p}} \cdot SD_{p}^{(0),\mathrm{L}} + e^{GM_{p}^{\mathrm{R}} - GM_{p}} \cdot SD_{p}^{(0),\mathrm{R}}
// CHECK:      Where nothing was visited the value comes out as $0$, by itself.
// CHECK:      ### The pass over `m`
// CHECK:      ### What it rests on
// CHECK:      - **cocycle** (correcting twice is correcting once): proved ({{.*}}) for `SD`.
// CHECK:      1 pass instead of 2; at least 1 pass is needed. The count is **optimal**: every element must be read once.

// LATEX:      \documentclass{article}
// LATEX-NEXT: \usepackage{amsmath}
// LATEX:      \section{The passes of \texttt{log\_sum\_exp}}
// LATEX:      \mathit{SD}_{p} &= \sum_{m} e^{X_{p,m} - \mathit{GM}_{p}} \\
// LATEX:      \subsubsection{\texttt{SD}: a sum, rebased on \texttt{GM}}
// LATEX:      $\mathit{SD}_{p}^{(0)}$ & $0$ & $\sum_{m} e^{X_{p,m} - \mathit{GM}_{p}}$ \\
// LATEX:      \end{document}

// ONE:      ## Nothing to save
// ONE-EMPTY:
// ONE-NEXT: Every fiber of `i` and `j` is read once: no reduction waits for another that reads the same data.

// CASCADE: explain.mlir: error: no cascade '@log_sum'; did you mean '@log_sum_exp'?
// RANK:    explain.mlir: error: unknown rank 'k'
