// The timeline as data: kernels one after another on one axis, in which what was extrapolated is a short, marked gap.

// A broken axis: stretches of time with their places on it. Times are cycles from the start of the first kernel.
function axisOf(timelines) {
  const stretches = [];
  let offset = 0;
  const shown = sum(timelines.flatMap((t) => t.windows.map((w) => extent(w, t.ticks_per_cycle)).map(([a, b]) => b - a)));
  const gap = shown * 0.05 || 1;
  for (const t of timelines) {
    let end = 0, past = 0;
    for (const w of t.windows) {
      const [from, to] = extent(w, t.ticks_per_cycle);
      if (past && w.first > past && from > end) stretches.push({ from: offset + end, to: offset + from, wide: gap, epochs: w.first - past });
      const begin = Math.max(from, end);
      if (to > begin) stretches.push({ from: offset + begin, to: offset + to, wide: to - begin, kind: w.kind });
      end = Math.max(end, to);
      past = w.past;
    }
    if (t.cycles > end) stretches.push({ from: offset + end, to: offset + t.cycles, wide: t.cycles - end });
    offset += t.cycles;
  }
  let at = 0;
  for (const one of stretches) { one.at = at; at += one.wide; }
  const find = (key, value) => { // the last stretch that begins at or before a value
    let low = 0, high = stretches.length - 1;
    while (low < high) { const middle = (low + high + 1) >> 1; if (stretches[middle][key] <= value) low = middle; else high = middle - 1; }
    return stretches[low];
  };
  const place = (time) => { const one = find("from", time); return one.at + (one.to > one.from ? (time - one.from) / (one.to - one.from) * one.wide : 0); };
  const time = (x) => { const one = find("at", x); return one.from + Math.min(1, (x - one.at) / (one.wide || 1)) * (one.to - one.from); };
  return { stretches, whole: at, cycles: offset, place, time };
}

function extent(w, ticks) {
  let [from, to] = [Infinity, 0];
  for (const [, , start, length] of w.runs) { from = Math.min(from, start); to = Math.max(to, start + length); }
  return w.runs.length ? [from / ticks, to / ticks] : [0, 0];
}

// Lanes of runs by unit, levels by memory, epochs and kernels, all on the axis.
function lanesOf(timelines) {
  const axis = axisOf(timelines), units = unique(timelines.flatMap((t) => t.resources)), lanes = units.map((name) => ({ name, runs: [] }));
  const memories = unique(timelines.flatMap((t) => t.windows.flatMap((w) => Object.keys(w.levels))));
  const levels = memories.map((name) => ({ name, parts: [], most: 1, capacity: null }));
  const epochs = [], kernels = [], colours = new Map();
  let offset = 0;
  timelines.forEach((t, kernel) => {
    const cycles = (ticks) => offset + ticks / t.ticks_per_cycle;
    const lane = t.steps.map((step) => lanes[units.indexOf(step.lane)]);
    const colour = t.steps.map((step) => { if (!colours.has(step.resource)) colours.set(step.resource, new Map()); const own = colours.get(step.resource); if (!own.has(step.name)) own.set(step.name, own.size); return own.get(step.name); });
    for (const w of t.windows) {
      const made = w.runs.map(([step, iteration, start, length, reads]) => ({ step: t.steps[step], kernel, iteration, start: cycles(start), end: cycles(start + length), reads, readers: [], colour: colour[step], lane: lane[step], window: w.kind }));
      for (const run of made) {
        run.a = axis.place(run.start); run.b = axis.place(run.end);
        run.reads = run.reads.map((i) => made[i]);
        for (const maker of run.reads) maker.readers.push(run);
        run.lane.runs.push(run);
      }
      for (const [epoch, at] of w.epochs) epochs.push({ epoch, at: axis.place(cycles(at)), kernel });
      for (const [memory, points] of Object.entries(w.levels)) {
        const found = levels[memories.indexOf(memory)];
        found.parts.push(points.map(([at, bytes]) => [axis.place(cycles(at)), bytes]));
        found.most = Math.max(found.most, ...points.map((p) => p[1]));
        found.capacity = t.memories[memory];
      }
    }
    kernels.push({ name: t.kernel, at: axis.place(offset), cycles: t.cycles });
    offset += t.cycles;
  });
  for (const lane of lanes) lane.runs.sort((x, y) => x.a - y.a || x.b - y.b);
  return { axis, lanes, levels, epochs, kernels };
}

function coordinatesOf(loops, iteration) {
  const found = {};
  for (const [loop, n] of Object.entries(loops).reverse()) { found[loop] = iteration % n; iteration = Math.floor(iteration / n); }
  return Object.entries(found).reverse();
}

// The runs of a sorted lane that touch [from, to].
function touching(runs, from, to) {
  let low = 0, high = runs.length;
  while (low < high) { const middle = (low + high) >> 1; if (runs[middle].b < from) low = middle + 1; else high = middle; }
  const found = [];
  for (let i = low; i < runs.length && runs[i].a <= to; i++) found.push(runs[i]);
  return found;
}
