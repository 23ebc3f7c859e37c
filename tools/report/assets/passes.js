// Passes over each rank, what is kept between them, and the derivation with its proofs.

const VERDICTS = { optimal: "optimal", "algebra-optimal": "optimal for the algebra", unknown: "unknown" };

function showPasses(run, index) {
  if (!run.passes) return null;
  const ranks = run.passes.ranks, base = ["runs", index, "passes", "ranks"];
  const rows = Object.keys(ranks).map((rank) => [
    h("code", {}, rank), num([...base, rank, "size"], "int"), num([...base, rank, "passes"], "int"),
    run.passes_after && rank in run.passes_after ? num(["runs", index, "passes_after", rank, "passes"], "int") : h("span", { class: "none" }, "–"),
    num([...base, rank, "derived"], "int"), num([...base, rank, "bound"], "int"),
    [h("span", { class: "verdict " + ranks[rank].verdict }, VERDICTS[ranks[rank].verdict] || ranks[rank].verdict), ranks[rank].why ? h("small", {}, " ", ranks[rank].why) : ""],
  ]);
  const several = Object.keys(ranks).filter((rank) => ranks[rank].phases > 1);
  return [
    table("Passes over each rank", ["rank", "size", "as written", "rewritten", "fewest derived", "at least", "verdict"], rows, ["", "right", "right", "right", "right", "right", "wide"]),
    several.map((rank) => phases(ranks[rank], rank, [...base, rank])),
    footprints(run, index),
  ];
}

function phases(passes, rank, base) {
  const numbers = unique(Object.values(passes.phase_of)).sort((a, b) => a - b);
  const head = passes.phases === passes.passes ? "pass" : "phase";
  const rows = numbers.map((n) => [
    h("span", { class: "chip-mark c" + (n - 1) % 8 }, n),
    names(Object.keys(passes.phase_of).filter((e) => passes.phase_of[e] === n)),
    names(passes.reads[n] || []),
    kept(passes.live[`${n}-${n + 1}`], [...base, "live", `${n}-${n + 1}`]),
  ]);
  return h("div", { class: "panel" }, h("h3", {}, `Over ${rank}`),
    table(`What each ${head} over ${rank} does`, [head, "Einsums", "reads", "kept for the next"], rows, ["", "wide", "wide", "wide"]),
    h("ul", { class: "reasons" }, passes.reasons.map((r) => h("li", {}, r.message, r.again.length ? `; reads ${r.again.join(", ")} again` : "", r.location ? h("small", {}, " ", r.location) : ""))));
}

const names = (list) => list.map((name, i) => [i ? ", " : "", h("code", {}, name)]);

function kept(live, base) {
  if (!live) return h("span", { class: "none" }, "–");
  return [
    live.tensors.length ? [names(live.tensors), `: ${live.formula} = `, num([...base, "elements"], "int"), " elements, ", num([...base, "bytes"], "bytes")] : "",
    live.recompute_from.length ? [" (or read ", names(live.recompute_from), " again)"] : "",
    live.results.length ? [live.tensors.length ? " and " : "", names(live.results)] : "",
  ];
}

function footprints(run, index) {
  const told = run.roofline?.footprint_bytes, rank = run.roofline?.rank;
  const forms = Object.keys(told || {}).filter((form) => Object.keys(told[form]).length);
  if (!forms.length) return null;
  const lengths = unique(forms.flatMap((form) => Object.keys(told[form]))).map(Number).sort((a, b) => a - b);
  const rows = forms.map((form) => [form, lengths.map((n) => num(["runs", index, "roofline", "footprint_bytes", form, n], "bytes"))].flat());
  const series = forms.map((form, i) => ({ name: form, colour: i, line: true, dot: true, label: true, points: Object.entries(told[form]).map(([n, b]) => [Number(n), b]) }));
  return h("div", { class: "panel" }, h("h3", {}, "On the chip for one fiber of ", h("code", {}, rank)),
    table(`Bytes kept on the chip, by the length of ${rank}`, ["form", ...lengths.map((n) => FORMATS.int(n))], rows, ["", ...lengths.map(() => "right")]),
    loglog({ title: `Bytes on the chip by the length of ${rank}`, x: `length of ${rank}`, y: "bytes", series, height: 260, base: 4, xText: FORMATS.int, yText: FORMATS.bytes }));
}

const RESULTS = { proved: "✓", tested: "≈", refuted: "✗", failed: "✗" };

function showProofs(run, index) {
  if (!run.passes) return null;
  const found = Object.entries(run.passes.ranks).filter(([, r]) => r.reductions.length).map(([rank, r]) => h("div", { class: "panel" },
    h("h3", {}, "Over ", h("code", {}, rank)),
    h("p", {}, num(["runs", index, "passes", "ranks", rank, "passes"], "int"), r.passes === 1 ? " pass" : " passes", " as written, ", num(["runs", index, "passes", "ranks", rank, "derived"], "int"), " derived: ", r.why, "."),
    r.reductions.length > 8 ? details(`${r.reductions.length} reductions`, r.reductions.map(reduction)) : r.reductions.map(reduction),
    r.assumed ? h("p", { class: "note" }, r.assumed) : ""));
  const told = fragment(index, "derivation");
  if (!found.length && !told) return null;
  return [found, told ? details("The derivation, told as at a whiteboard", h("div", { class: "prose" }, told)) : ""];
}

function reduction(r) {
  if (r.form === "refused") {
    return h("div", { class: "reduction refused" }, h("h4", {}, h("code", {}, r.name), " ", h("span", { class: "verdict unknown" }, "refused")), h("p", {}, r.reason));
  }
  const counts = Object.entries(r.obligations.reduce((all, o) => ({ ...all, [o.result]: (all[o.result] || 0) + 1 }), {})).map(([result, n]) => `${n} ${result}`).join(", ");
  const rows = r.obligations.map((o) => [o.name, o.statement, h("span", { class: "result " + o.result }, h("span", { "aria-hidden": "true" }, RESULTS[o.result] || "·"), " ", o.result), o.method]);
  const state = r.state.map((part) => [h("code", {}, part.name), part.op, part.identity, h("code", {}, part.basis ?? "")]);
  const correction = r.correction.length ? table(`How the state of ${r.name} is corrected`, r.correction[0].map((_, j) => r.state[j]?.name ?? ""), r.correction.map((row) => row.map((e) => h("code", {}, e ?? "0")))) : "";
  return h("div", { class: "reduction" },
    h("h4", {}, h("code", {}, r.name), " ", h("span", { class: "verdict optimal" }, r.form), r.rebased_on.length ? [" on ", names(r.rebased_on)] : "", h("small", {}, ` ${r.why}`)),
    details(`its state, K = ${r.k}, and the correction`, [table(`State of ${r.name}`, ["accumulator", "operator", "starts at", "collects"], state), correction, r.final ? h("p", {}, "At the end: ", h("code", {}, r.final)) : ""]),
    details(`obligations: ${counts || "none"}`, rows.length ? table(`Obligations of ${r.name}`, ["obligation", "what has to hold", "result", "method"], rows, ["", "wide"]) : ""));
}
