// Several runs side by side, each against the first.

function showCompare() {
  const runs = DATA.runs;
  if (runs.length < 2) return null;
  const rank = runs[0].rank;
  const metrics = [
    ["cycles", ["simulate", "cycles"], "cycles"],
    ["time", ["simulate", "seconds"], "time"],
    ["energy", ["simulate", "energy", "total_pj"], "energy"],
    rank ? [`passes over ${rank}, rewritten`, ["passes_after", rank, "passes"], "int"] : null,
    ...unique(runs.flatMap((r) => Object.keys(r.simulate?.utilisation ?? {}))).map((u) => [`busy: ${u}`, ["simulate", "utilisation", u, "total"], "percent"]),
    ...unique(runs.flatMap((r) => Object.keys(r.simulate?.bytes ?? {}))).flatMap((m) => [[`${m} read`, ["simulate", "bytes", m, "read"], "bytes"], [`${m} written`, ["simulate", "bytes", m, "write"], "bytes"]]),
    ["critical", ["simulate", "critical"], "text"],
    ["kernels", ["simulate", "kernels_in_order", "length"], "int"],
  ].filter(Boolean);
  const rows = metrics.map(([name, path, format]) => [name, ...runs.map((_, i) => [num(["runs", i, ...path], format), i && !["text", "percent"].includes(format) ? ratio(path, i) : ""])]);
  const most = Math.max(...runs.map((r) => r.simulate?.seconds ?? 0));
  const bars = runs.map((run, i) => h("div", { class: "versus" }, h("span", { class: "versus-name" }, run.label), h("span", { class: "versus-bar" }, h("span", { class: "c" + (i % 8), style: { width: `${most ? 100 * (run.simulate?.seconds ?? 0) / most : 0}%` } })), num(["runs", i, "simulate", "seconds"], "time")));
  return [
    h("div", { class: "panel", role: "group", "aria-label": "Time of each run" }, bars),
    table("Runs side by side; ratios are to the first", ["", ...runs.map((r) => r.label)], rows, ["", ...runs.map(() => "right")]),
    h("ul", { class: "commands" }, runs.map((r) => h("li", {}, r.label, ": ", h("code", {}, r.command)))),
  ];
}

function ratio(path, i) {
  const [value, first] = [at(["runs", i, ...path]), at(["runs", 0, ...path])];
  if (typeof value !== "number" || !first) return "";
  const told = significant(value / first, 3);
  return h("small", { class: "ratio " + (told === "1" ? "same" : value < first ? "less" : "more") }, ` ${told}×`);
}
