// RUN: einfold-opt %s -p "einsum-reorder{order=p,f}" --remarks=none | filecheck %s --check-prefix=LAYOUT
// RUN: einfold-opt %s -p "einsum-reorder{order=p,f}" --remarks=all 2>&1 | filecheck %s --check-prefix=REMARK
// RUN: einfold-opt %s -p "einsum-reorder{schedule=pass rank=m}" --remarks=none | filecheck %s --check-prefix=PASS
// RUN: einfold-opt %s -p "einsum-reorder{schedule=asap}" --remarks=none | filecheck %s --check-prefix=ASAP
// RUN: einfold-opt %s -p "einsum-reorder{schedule=alap}" --remarks=applied 2>&1 | filecheck %s --check-prefix=ALAP
// RUN: not einfold-opt %s -p "einsum-reorder" 2>&1 | filecheck %s --check-prefix=NEEDS
// RUN: not einfold-opt %s -p "einsum-reorder{schedule=asp}" 2>&1 | filecheck %s --check-prefix=SCHEDULE
// RUN: not einfold-opt %s -p "einsum-reorder{schedule=pass}" 2>&1 | filecheck %s --check-prefix=TOGETHER
// RUN: not einfold-opt %s -p "einsum-reorder{order=p,mm}" 2>&1 | filecheck %s --check-prefix=RANK

// NEEDS: error: pass 'einsum-reorder': needs option 'order' (ranks, outermost first) or 'schedule' (asap, alap or pass)
// SCHEDULE: error: pass 'einsum-reorder': unknown schedule 'asp'; did you mean 'asap'?; these are: asap, alap, pass
// TOGETHER: error: pass 'einsum-reorder': schedule=pass and rank=... go together
// RANK: error: pass 'einsum-reorder': unknown rank 'mm'; did you mean 'm'?

einsum.cascade @attention ranks {p = 8, m = 8, e = 4, f = 4} (%Q[p, e], %K[m, e], %V[m, f]) -> [m, p], [f, p] : f32 {
  %QK = einsum.compute [m, p] = %Q[p, e] * %K[m, e] reduce add(e)
  %GM = einsum.compute [p] = %QK[m, p] reduce max(m)
  %SN = einsum.compute [m, p] = exp(%QK[m, p] - %GM[p])
  %SNV = einsum.compute [f, p] = %SN[m, p] * %V[m, f] reduce add(m)
  %VF = einsum.compute [m, f] = %V[m, f] * 2
  %SVF = einsum.compute [f] = %VF[m, f] reduce add(m)
  %SD = einsum.compute [p] = %SN[m, p] reduce add(m)
  %AV = einsum.compute [f, p] = %SNV[f, p] / %SD[p] + %SVF[f]
  einsum.return %SN[m, p], %AV[f, p]
}

// LAYOUT:      %QK = einsum.compute [p, m] = %Q[p, e] * %K[m, e] reduce add(e)
// LAYOUT-NEXT: %GM = einsum.compute [p] = %QK[p, m] reduce max(m)
// LAYOUT-NEXT: %SN = einsum.compute [m, p] = exp(%QK[p, m] - %GM[p])
// LAYOUT-NEXT: %SNV = einsum.compute [p, f] = %SN[m, p] * %V[m, f] reduce add(m)
// LAYOUT-NEXT: %VF = einsum.compute [f, m] = %V[m, f] * 2
// LAYOUT-NEXT: %SVF = einsum.compute [f] = %VF[f, m] reduce add(m)
// LAYOUT-NEXT: %SD = einsum.compute [p]
// LAYOUT-NEXT: %AV = einsum.compute [f, p] = %SNV[p, f] / %SD[p] + %SVF[f]

// REMARK: remark: the dimensions stay as they are: 'einsum.return' fixes them [missed: einsum-reorder]
// REMARK-NEXT: {{^}}  %SN =
// REMARK: remark: the dimensions stay as they are: 'einsum.return' fixes them [missed: einsum-reorder]
// REMARK-NEXT: {{^}}  %AV =
// REMARK: remark: 3 tensors have p, f first [applied: einsum-reorder]

// PASS:      %QK =
// PASS-NEXT: %GM =
// PASS-NEXT: %VF =
// PASS-NEXT: %SVF =
// PASS-NEXT: %SN =
// PASS-NEXT: %SNV =
// PASS-NEXT: %SD =
// PASS-NEXT: %AV =

// ASAP:      %QK =
// ASAP-NEXT: %VF =
// ASAP-NEXT: %GM =
// ASAP-NEXT: %SVF =
// ASAP-NEXT: %SN =
// ASAP-NEXT: %SNV =
// ASAP-NEXT: %SD =
// ASAP-NEXT: %AV =

// ALAP: remark: moved 2 operations to the schedule 'alap' [applied: einsum-reorder]
// ALAP:      %QK =
// ALAP-NEXT: %GM =
// ALAP-NEXT: %SN =
// ALAP-NEXT: %VF =
// ALAP-NEXT: %SNV =
// ALAP-NEXT: %SVF =
// ALAP-NEXT: %SD =
// ALAP-NEXT: %AV =
