// The timeline: lanes of arrays and memories to zoom and pan, by pointer, fingers and keys.

const LANE = 26, LEVEL = 46, AXIS = 24, EPOCHS = 16, BETWEEN = 7;
const HELP = "Arrow left and right move, up and down or + and − zoom, 0 shows all. N and P go to the next and the previous run in a lane, J and K to the lane below and above.";

function showTimeline(run) {
  if (!run.timeline?.length) return null;
  const data = lanesOf(run.timeline);
  const canvas = h("canvas", { tabindex: 0, role: "application", "aria-label": `Timeline of ${data.lanes.map((l) => l.name).join(", ")}`, "aria-describedby": "timeline-help timeline-told" });
  const told = h("p", { class: "told", id: "timeline-told", "aria-live": "polite" }, "Rest on a run, or step through them with N and P.");
  const view = new TimelineView(canvas, data, run, told);
  const gaps = data.axis.stretches.filter((one) => one.epochs);
  const buttons = [["−", "zoom out", () => view.zoom(1.6)], ["+", "zoom in", () => view.zoom(1 / 1.6)], ["←", "move left", () => view.pan(-0.25)], ["→", "move right", () => view.pan(0.25)], ["all", "show all", () => view.fit()]];
  const windows = data.axis.stretches.filter((one) => one.kind && one.kind !== "whole");
  return [
    h("div", { class: "row" }, h("div", { class: "arrows" }, buttons.map(([text, label, act]) => h("button", { type: "button", "aria-label": label, onclick: act }, text))),
      run.timeline.length === 1 && windows.length > 1 ? h("div", { class: "arrows" }, windows.map((one) => h("button", { type: "button", onclick: () => view.show(one.at, one.at + one.wide) }, { first: "first tiles", steady: "steady state", last: "last tiles" }[one.kind]))) : ""),
    h("div", { class: "timeline" }, canvas), told,
    h("p", { class: "note", id: "timeline-help" }, gaps.length ? `${FORMATS.int(sum(gaps.map((one) => one.epochs)))} epochs are extrapolated from the steady state: hatched, not to scale. ` : "Every run is shown. ", HELP),
    details("The first runs as a table", h("div", {}, firstRuns(data, run))),
  ];
}

function firstRuns(data, run) {
  const runs = data.lanes.flatMap((lane) => lane.runs.map((r) => [lane, r])).sort((x, y) => x[1].start - y[1].start).slice(0, 60);
  return table("The first runs", ["unit", "run", "tile", "from", "to"], runs.map(([lane, r]) => [lane.name, h("code", {}, r.step.name), tileOf(run, r), FORMATS.cycles(r.start), FORMATS.cycles(r.end)]), ["", "", "", "right", "right"]);
}

const tileOf = (run, r) => coordinatesOf(run.timeline[r.kernel].loops, r.iteration).map(([loop, n]) => `${loop} ${FORMATS.int(n)}`).join(", ") || "–";

class TimelineView {
  constructor(canvas, data, run, told) {
    Object.assign(this, { canvas, data, run, told, from: 0, to: data.axis.whole, hovered: null, chosen: null, lane: 0, pointers: new Map() });
    this.height = AXIS + EPOCHS + data.lanes.length * (LANE + BETWEEN) + data.levels.length * (LEVEL + BETWEEN) + 4;
    const on = (name, act, options) => canvas.addEventListener(name, act.bind(this), options);
    on("pointermove", this.moved); on("pointerdown", this.pressed); on("pointerup", this.released); on("pointercancel", this.released);
    on("pointerleave", () => { this.hovered = null; tip.hidden = true; this.draw(); });
    on("wheel", this.wheeled, { passive: false }); on("keydown", this.keyed); on("focus", this.draw); on("blur", this.draw);
    new ResizeObserver(() => this.draw()).observe(canvas);
    document.addEventListener("themed", () => this.draw());
    if (data.axis.whole && data.lanes.length) this.show(0, Math.min(data.axis.whole, this.opening()));
  }

  // At first some forty runs of the busiest lane, so that they can be read.
  opening() {
    const busiest = this.data.lanes.reduce((a, b) => (b.runs.length > a.runs.length ? b : a));
    return busiest.runs.length > 60 ? busiest.runs[40].b : this.data.axis.whole;
  }

  get left() { return this.canvas.clientWidth < 520 ? 52 : 74; }
  get room() { return Math.max(1, this.canvas.clientWidth - this.left); }
  x(at) { return this.left + (at - this.from) / (this.to - this.from) * this.room; }
  at(x) { return this.from + (x - this.left) / this.room * (this.to - this.from); }

  show(from, to) {
    const whole = this.data.axis.whole || 1, wide = Math.max(Math.min(to - from, whole), whole * 1e-7);
    this.from = Math.max(0, Math.min(from, whole - wide));
    this.to = this.from + wide;
    this.draw();
  }
  fit() { this.show(0, this.data.axis.whole); }
  zoom(by, x = this.left + this.room / 2) { const at = this.at(x), wide = (this.to - this.from) * by; this.show(at - (at - this.from) * by, at - (at - this.from) * by + wide); }
  pan(share) { const by = share * (this.to - this.from); this.show(this.from + by, this.to + by); }

  top(i) { return AXIS + EPOCHS + i * (LANE + BETWEEN); }
  runAt(x, y) {
    const i = this.data.lanes.findIndex((_, k) => y >= this.top(k) && y < this.top(k) + LANE);
    if (i < 0 || x < this.left) return null;
    const near = touching(this.data.lanes[i].runs, this.at(x - 2), this.at(x + 2)), at = this.at(x);
    return near.find((r) => r.a <= at && at <= r.b) ?? near[0] ?? null;
  }

  moved(event) {
    const [x, y] = [event.offsetX, event.offsetY], known = this.pointers.get(event.pointerId);
    if (known) {
      const before = [...this.pointers.values()];
      this.pointers.set(event.pointerId, { x, y });
      const now = [...this.pointers.values()];
      if (now.length === 2) this.zoom(Math.abs(before[0].x - before[1].x) / Math.max(8, Math.abs(now[0].x - now[1].x)) || 1, (now[0].x + now[1].x) / 2);
      else this.show(this.from - (x - known.x) / this.room * (this.to - this.from), this.to - (x - known.x) / this.room * (this.to - this.from));
      return;
    }
    const found = this.runAt(x, y), level = found ? null : this.levelAt(x, y);
    if (found !== this.hovered) { this.hovered = found; this.draw(); }
    if (found) showTip(this.tellLines(found).map((line) => h("div", {}, line)), event.clientX, event.clientY);
    else if (level) showTip(level, event.clientX, event.clientY);
    else tip.hidden = true;
  }
  levelAt(x, y) {
    const base = this.top(this.data.lanes.length), i = Math.floor((y - base) / (LEVEL + BETWEEN)), found = this.data.levels[i];
    if (!found || x < this.left || y < base) return null;
    const at = this.at(x), part = found.parts.find((points) => points[0][0] <= at && at <= points[points.length - 1][0]);
    return part ? `${found.name}: ${FORMATS.bytes([...part].reverse().find((p) => p[0] <= at)[1])} alive` : null;
  }
  pressed(event) { this.pointers.set(event.pointerId, { x: event.offsetX, y: event.offsetY }); try { this.canvas.setPointerCapture(event.pointerId); } catch { /* a pointer that is gone already */ } const run = this.runAt(event.offsetX, event.offsetY); if (run) this.choose(run, false); }
  released(event) { this.pointers.delete(event.pointerId); }
  wheeled(event) {
    const zooming = event.ctrlKey || event.metaKey || document.activeElement === this.canvas;
    if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) this.pan(event.deltaX / this.room);
    else if (zooming) this.zoom(Math.exp(event.deltaY / 300), event.offsetX);
    else return;
    event.preventDefault();
  }

  keyed(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const act = {
      ArrowLeft: () => this.pan(-0.15), ArrowRight: () => this.pan(0.15), ArrowUp: () => this.zoom(1 / 1.4), ArrowDown: () => this.zoom(1.4), "+": () => this.zoom(1 / 1.4), "=": () => this.zoom(1 / 1.4), "-": () => this.zoom(1.4),
      0: () => this.fit(), Home: () => this.show(0, this.to - this.from), End: () => this.show(this.data.axis.whole, this.data.axis.whole + this.to - this.from), n: () => this.next(1), p: () => this.next(-1), j: () => this.other(1), k: () => this.other(-1),
    }[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }
  next(by) {
    const runs = this.data.lanes[this.lane].runs, i = runs.indexOf(this.chosen);
    const first = Math.max(0, runs.findIndex((r) => r.b >= this.from));
    if (runs.length) this.choose(runs[i < 0 ? first : Math.max(0, Math.min(runs.length - 1, i + by))], true);
  }
  other(by) {
    this.lane = Math.max(0, Math.min(this.data.lanes.length - 1, this.lane + by));
    const runs = this.data.lanes[this.lane].runs, at = this.chosen ? this.chosen.a : this.from;
    const run = runs.find((r) => r.b >= at) ?? runs[runs.length - 1];
    if (run) this.choose(run, true);
  }
  choose(run, move) {
    this.chosen = run;
    this.lane = this.data.lanes.indexOf(run.lane);
    this.told.textContent = this.tellLines(run).join("; ");
    const wide = this.to - this.from;
    if (move && (run.a < this.from || run.b > this.to)) this.show(run.a - wide / 3, run.a - wide / 3 + wide);
    else this.draw();
  }
  tellLines(r) {
    const bytes = Object.entries(r.step.bytes).map(([what, n]) => `${what} ${FORMATS.bytes(n)}`);
    return [`${r.step.name} on ${r.lane.name}`, `tile ${tileOf(this.run, r)}`, `${FORMATS.cycles(r.start)} to ${FORMATS.cycles(r.end)}: ${FORMATS.cycles(r.end - r.start)} cycles`,
      ...(r.step.stage ? [`stage ${r.step.stage}`] : []), ...bytes, ...(r.reads.length ? [`reads ${r.reads.map((m) => m.step.name).join(", ")}`] : []), ...(this.run.timeline.length > 1 ? [`kernel ${this.data.kernels[r.kernel].name}`] : [])];
  }

  draw() { cancelAnimationFrame(this.frame); this.frame = requestAnimationFrame(() => paintTimeline(this)); }
}
