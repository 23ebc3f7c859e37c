// Where everything is: memories and arrays with what lives and runs there, the loops of each kernel, and every step's place.

function showPlacement(run, index) {
  if (!run.simulate) return null;
  return [Object.keys(run.machines).map((name) => machine(run, index, name)), kernels(run, index)];
}

function machine(run, index, name) {
  const found = run.machines[name], base = ["runs", index, "machines", name];
  const kernels = run.timeline.filter((t) => t.machine === name);
  const memories = Object.entries(found.memories).sort((a, b) => (b[1].offchip ? 1 : 0) - (a[1].offchip ? 1 : 0));
  const boxes = memories.map(([memory, m], i) => {
    const most = Math.max(0, ...kernels.map((t) => t.reserved[memory] || 0)), which = run.timeline.findIndex((t) => t.machine === name && (t.reserved[memory] || 0) === most);
    return [
      h("div", { class: "unit memory" + (m.offchip ? " offchip" : "") },
        h("h4", {}, memory, h("small", {}, m.offchip ? " off the chip" : " on the chip")),
        h("p", {}, m.capacity_bytes ? num([...base, "memories", memory, "capacity_bytes"], "bytes") : "unbounded", !m.offchip && m.capacity_bytes && most ? [", ", num(["runs", index, "timeline", which, "reserved", memory], "bytes"), " for tiles ", meter(most / m.capacity_bytes, FORMATS.percent(most / m.capacity_bytes) + " of the capacity")] : ""),
        m.offchip ? "" : h("p", { class: "quiet" }, tilesIn(kernels, memory))),
      h("div", { class: "wire" }, m.bandwidth_bytes_per_s ? num([...base, "memories", memory, "bandwidth_bytes_per_s"], "bandwidth") : i < memories.length - 1 ? "" : ""),
    ];
  });
  const arrays = Object.entries(found.arrays).map(([array, a]) => h("div", { class: "unit array" },
    h("h4", {}, array, h("small", {}, ` ${FORMATS.int(a.rows)} × ${FORMATS.int(a.cols)} elements`)),
    h("ul", { class: "placed" }, placedOn(run, array).map((e) => h("li", {}, h("code", {}, e.name), e.rows.length || e.cols.length ? h("small", {}, " ", [e.rows.length ? `rows ${e.rows.join(" ")}` : "", e.cols.length ? `columns ${e.cols.join(" ")}` : ""].filter(Boolean).join(", ")) : ""))),
    h("p", { class: "quiet" }, Object.entries(a.cycles || {}).map(([op, c]) => (c === 1 ? op : `${op} (${c})`)).join(", "))));
  return h("figure", { class: "machine" }, h("figcaption", {}, h("b", {}, name), " at ", num([...base, "clock_hz"], "hertz"), h("small", {}, found.source ? ` ${found.source}` : "")), boxes, h("div", { class: "arrays" }, arrays));
}

const tilesIn = (kernels, memory) => {
  const steps = kernels.flatMap((t) => t.steps.filter((step) => step.home === memory && step.copies));
  const shown = steps.slice(0, 24).map((step) => [h("span", { class: "tile" }, step.name.replace(/^load /, ""), step.copies > 1 ? h("small", {}, ` × ${step.copies}`) : "")]);
  return steps.length > 24 ? [...shown, ` and ${steps.length - 24} more`] : shown;
};

function placedOn(run, array) {
  if (run.placement) return run.placement.einsums.filter((e) => e.array === array);
  return run.timeline.flatMap((t) => t.steps.filter((step) => step.resource === array).map((step) => ({ name: step.name, rows: [], cols: [] })));
}

function kernels(run, index) {
  return run.timeline.map((t, k) => {
    const order = run.simulate.kernels_in_order[k], base = ["runs", index, "timeline", k, "steps"];
    const loops = Object.entries(order.loops).map(([loop, n]) => [h("code", {}, loop), " < ", FORMATS.int(n)]);
    const rows = t.steps.map((step, i) => [h("code", {}, step.name), step.resource, num([...base, i, "cycles"], "cycles"), num([...base, i, "latency"], "plain"), step.stage, step.at || "every tile",
      step.home ?? h("span", { class: "none" }, "–"), step.tile_bytes ? num([...base, i, "tile_bytes"], "bytes") : h("span", { class: "none" }, "–"), step.copies ?? h("span", { class: "none" }, "–")]);
    const content = [
      h("p", {}, loops.length ? ["for ", loops.map((l, i) => [i ? ", " : "", l])] : "no loop", "; tiles ", Object.entries(order.tiles).map(([r, n], i) => [i ? ", " : "", h("code", {}, r), " = ", FORMATS.int(n)])),
      table(`Steps of ${t.kernel}, in issue order`, ["step", "unit", "cycles a tile", "latency", "stage", "when", "lives in", "tile", "copies"], rows, ["", "", "right", "right", "right", "", "", "right", "right"]),
    ];
    return details(h("span", {}, "Kernel ", h("code", {}, t.kernel), ": ", FORMATS.int(t.steps.length), " steps"), content, run.timeline.length === 1);
  });
}
