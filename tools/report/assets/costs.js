// Utilisation, roofline, energy and bounds, as the simulation tells them.

function showUtilisation(run, index) {
  if (!run.simulate) return null;
  const base = ["runs", index, "simulate"];
  const found = Object.entries(run.simulate.busy_cycles).map(([resource, tasks]) => ({ resource, parts: Object.entries(tasks).map(([name, value], i) => ({ name, value, colour: i })).filter((p) => p.value > 0) }));
  const bars = found.map(({ resource, parts }) => h("div", { class: "resource" },
    h("h3", {}, resource, " ", num([...base, "utilisation", resource, "total"], "percent"), run.simulate.critical === resource ? h("span", { class: "tag" }, "critical") : ""),
    stacked(resource, parts, run.simulate.cycles)));
  const tables = found.filter(({ parts }) => parts.length).map(({ resource, parts }) => {
    const rows = parts.map((p) => [[swatch(p.colour), " ", h("code", {}, p.name)], num([...base, "busy_cycles", resource, p.name], "cycles"), num([...base, "utilisation", resource, p.name], "percent")]);
    const content = table(`Busy cycles of ${resource}`, [resource, "cycles", "share"], rows, ["", "right", "right"]);
    return h("div", {}, parts.length > 30 ? details(`${resource}: ${parts.length} parts`, content) : content);
  });
  return [bars, h("div", { class: "columns" }, tables)];
}

function showRoofline(run, index) {
  const found = run.roofline;
  if (!found) return null;
  const base = ["runs", index, "roofline"], roof = found.roof;
  const told = found.forms.map((form, i) => ({ form, i })).filter(({ form }) => form.intensity && form.operations_per_s);
  const own = ownPoint(run);
  const xs = [...told.map(({ form }) => form.intensity), ...(own ? [own[0]] : []), ...(roof.ridge ? [roof.ridge] : [])];
  const [low, high] = [Math.min(...xs) / 6, Math.max(...xs) * 6];
  const under = (x) => (roof.bytes_per_s ? Math.min(roof.operations_per_s, x * roof.bytes_per_s) : roof.operations_per_s);
  const bends = [low, ...(roof.ridge && roof.ridge > low && roof.ridge < high ? [roof.ridge] : []), high];
  const series = [
    { name: "roof", colour: 7, line: true, points: bends.map((x) => [x, under(x)]) },
    ...told.map(({ form, i }) => ({ name: form.form, colour: i, dot: true, label: true, points: [[form.intensity, form.operations_per_s]] })),
    ...(own && !told.some(({ form }) => Math.abs(form.intensity / own[0] - 1) < 1e-9 && Math.abs(form.operations_per_s / own[1] - 1) < 1e-6) ? [{ name: "this run", colour: 3, dot: true, label: true, points: [own] }] : []),
  ];
  const rows = found.forms.map((form, i) => form.refused ? [form.form, num([...base, "forms", i, "passes"], "int"), "", "", "", "", h("small", {}, `not lowered: ${form.refused}`)] : [
    form.form, num([...base, "forms", i, "passes"], "int"), num([...base, "forms", i, "intensity"], "plain"), num([...base, "forms", i, "operations_per_s"], "rate"),
    form.roof_operations_per_s ? share([...base, "forms", i, "operations_per_s"], [...base, "forms", i, "roof_operations_per_s"]) : "", num([...base, "forms", i, "seconds"], "time"), form.critical ?? ""]);
  return [
    h("p", {}, "At most ", num([...base, "roof", "operations_per_s"], "rate"), roof.bytes_per_s ? [" and ", num([...base, "roof", "bytes_per_s"], "bandwidth"), " off the chip; from ", num([...base, "roof", "ridge"], "plain"), " operations a byte on, the arrays are the limit."] : "; no bandwidth off the chip is stated."),
    loglog({ title: "Roofline", x: "operations per byte off the chip", y: "operations per second", series, xText: (v) => (v >= 1000 && v < 1e6 ? grouped(v, 0) : significant(v, 3)), yText: FORMATS.rate }),
    table("The forms of the cascade under the roof", ["form", "passes", "op/byte", "op/s", "of the roof", "time", "critical"], rows, ["", "right", "right", "right", "right", "right", ""]),
  ];
}

function ownPoint(run) {
  const machines = Object.values(run.machines);
  const offchip = Object.entries(machines[0]?.memories ?? {}).find(([, m]) => m.offchip)?.[0];
  const operations = sum(run.simulate.counts.flatMap((c) => Object.values(c.operations)));
  const bytes = run.simulate.bytes[offchip] ? sum(Object.values(run.simulate.bytes[offchip])) : 0;
  return bytes && run.simulate.seconds ? [operations / bytes, operations / run.simulate.seconds] : null;
}

function showEnergy(run, index) {
  if (!run.simulate) return null;
  const energy = run.simulate.energy, base = ["runs", index, "simulate", "energy"];
  const parts = Object.entries(energy.by).map(([name, value], i) => ({ name, value, colour: i }));
  const rows = parts.filter((p) => p.value > 0).flatMap((p) => {
    const actions = Object.entries(energy.actions[p.name]).filter(([, pj]) => pj > 0).map(([action]) => ({ kind: "sub", cells: [action, num([...base, "actions", p.name, action], "energy"), share([...base, "actions", p.name, action], [...base, "total_pj"])] }));
    return [[[swatch(p.colour), " ", p.name], num([...base, "by", p.name], "energy"), share([...base, "by", p.name], [...base, "total_pj"])], ...(actions.length > 1 ? actions : [])];
  });
  const missing = energy.uncounted.map((u) => h("li", {}, `${FORMATS.int(u.times)} × ${u.action} of ${u.component}: ${u.reason}`));
  return [
    h("p", { class: "lead" }, num([...base, "total_pj"], "energy"), h("small", {}, ` accounting: ${energy.accounting}`)),
    stacked("Energy by component", parts, energy.total_pj),
    h("div", { class: "columns" }, h("div", {}, table("Energy by component and action", ["component", "energy", "share"], rows, ["", "right", "right"])), h("div", {}, traffic(run, index), missing.length ? details(`${missing.length} not counted`, h("ul", { class: "reasons" }, missing)) : "")),
  ];
}

function traffic(run, index) {
  const rows = Object.keys(run.simulate.bytes).map((memory) => [memory, num(["runs", index, "simulate", "bytes", memory, "read"], "bytes"), num(["runs", index, "simulate", "bytes", memory, "write"], "bytes")]);
  return table("Bytes moved", ["memory", "read", "written"], rows, ["", "right", "right"]);
}

const BOUNDS = { macs: "MACs alone on", operations: "all operations on", offchip: "bytes at", port: "bytes at the port of" };

function showBounds(run, index) {
  if (!run.simulate) return null;
  const base = ["runs", index, "simulate", "bounds"];
  const rows = Object.entries(run.simulate.bounds).map(([name, b]) => [
    `${BOUNDS[b.kind] ?? b.kind} ${b.part}`, num([...base, name, b.operations === undefined ? "bytes" : "operations"], "int"), num([...base, name, "cycles"], "cycles"),
    num([...base, name, "share"], "percent"), b.share === null ? "" : meter(b.share, FORMATS.percent(b.share))]);
  return [
    h("p", {}, "What operations and bytes would take alone, were all else free: 100 % is as fast as that part of the machine allows."),
    table("Lower bounds, as shares of the simulated time", ["bound", "work", "cycles", "share", ""], rows, ["", "right", "right", "right", "meter-cell"]),
  ];
}
