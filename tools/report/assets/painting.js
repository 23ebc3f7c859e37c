// Drawing a timeline on its canvas.

function inks(element) {
  const style = getComputedStyle(element), read = (name) => style.getPropertyValue(name).trim();
  return { ink: read("--ink"), quiet: read("--quiet"), line: read("--line"), paper: read("--paper"), panel: read("--panel"), accent: read("--accent"), colours: Array.from({ length: 8 }, (_, i) => read(`--c${i}`)), font: style.fontFamily };
}

function paintTimeline(view) {
  const { canvas, data } = view, wide = canvas.clientWidth, ratio = window.devicePixelRatio || 1;
  if (!wide) return;
  canvas.style.height = `${view.height}px`;
  canvas.width = Math.round(wide * ratio);
  canvas.height = Math.round(view.height * ratio);
  const c = canvas.getContext("2d"), ink = inks(canvas);
  c.scale(ratio, ratio);
  c.font = `11px ${ink.font}`;
  c.textBaseline = "middle";
  const bottom = view.height - 2;
  c.save();
  c.beginPath(); c.rect(view.left, 0, view.room, view.height); c.clip();
  gaps(view, c, ink, bottom);
  epochMarks(view, c, ink, bottom);
  kernelMarks(view, c, ink, bottom);
  data.lanes.forEach((lane, i) => lanePainted(view, c, ink, lane, view.top(i)));
  data.levels.forEach((level, i) => levelPainted(view, c, ink, level, view.top(data.lanes.length) + i * (LEVEL + BETWEEN)));
  arrows(view, c, ink);
  axisPainted(view, c, ink);
  c.restore();
  laneNames(view, c, ink);
  canvas.dataset.painted = data.lanes.reduce((n, lane) => n + touching(lane.runs, view.from, view.to).length, 0);
}

function laneNames(view, c, ink) {
  c.textAlign = "left";
  const name = (text, y, on) => { c.fillStyle = on ? ink.accent : ink.ink; c.fillText(shortened(c, text, view.left - 8), 0, y); };
  view.data.lanes.forEach((lane, i) => name(lane.name, view.top(i) + LANE / 2, document.activeElement === view.canvas && i === view.lane));
  view.data.levels.forEach((level, i) => {
    const y = view.top(view.data.lanes.length) + i * (LEVEL + BETWEEN);
    name(level.name, y + LEVEL / 2 - 7);
    c.fillStyle = ink.quiet;
    c.fillText(shortened(c, FORMATS.bytes(level.most), view.left - 8), 0, y + LEVEL / 2 + 8);
  });
}

function shortened(c, text, room) {
  if (c.measureText(text).width <= room) return text;
  let length = text.length;
  while (length > 1 && c.measureText(text.slice(0, length) + "…").width > room) length--;
  return text.slice(0, length) + "…";
}

function lanePainted(view, c, ink, lane, top) {
  c.fillStyle = ink.panel;
  c.fillRect(view.left, top, view.room, LANE);
  c.textAlign = "left";
  for (const run of touching(lane.runs, view.from, view.to)) {
    const x = view.x(run.a), wide = Math.max(0.75, view.x(run.b) - x - (view.x(run.b) - x > 3 ? 0.75 : 0));
    const high = run === view.hovered || run === view.chosen;
    c.globalAlpha = run.step.transfer && !high ? 0.75 : 1;
    c.fillStyle = ink.colours[run.colour % 8];
    c.fillRect(x, top + 2, wide, LANE - 4);
    c.globalAlpha = 1;
    if (run.colour >= 8) { c.fillStyle = ink.paper; c.fillRect(x, top + LANE - 6, wide, 1.5); } // a ninth colour is the first one with a line
    if (high) { c.strokeStyle = ink.ink; c.lineWidth = 2; c.strokeRect(x, top + 1.5, Math.max(2, wide), LANE - 3); }
    const shown = Math.min(x + wide, view.left + view.room) - Math.max(x, view.left);
    if (shown > 24) {
      const label = shortened(c, run.step.name, shown - 8);
      if (label.length >= Math.min(3, run.step.name.length)) { c.fillStyle = textOn(ink.colours[run.colour % 8]); c.fillText(label, Math.max(x, view.left) + 4, top + LANE / 2 + 0.5); }
    }
  }
}

// Black or white, whichever is easier to read on a colour.
function textOn(colour) {
  const [r, g, b] = [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16) / 255).map((v) => (v <= 0.04 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.2 ? "#000000" : "#ffffff";
}

function levelPainted(view, c, ink, level, top) {
  c.fillStyle = ink.panel;
  c.fillRect(view.left, top, view.room, LEVEL);
  const y = (bytes) => top + LEVEL - bytes / level.most * (LEVEL - 4);
  for (const points of level.parts) {
    c.beginPath();
    c.moveTo(view.x(points[0][0]), top + LEVEL);
    points.forEach(([at, bytes], i) => { const x = view.x(at); if (i) c.lineTo(x, y(points[i - 1][1])); c.lineTo(x, y(bytes)); });
    c.lineTo(view.x(points[points.length - 1][0]), top + LEVEL);
    c.closePath();
    c.globalAlpha = 0.35; c.fillStyle = ink.accent; c.fill();
    c.globalAlpha = 1; c.strokeStyle = ink.accent; c.lineWidth = 1; c.stroke();
  }
}

function gaps(view, c, ink, bottom) {
  for (const one of view.data.axis.stretches) {
    if (!one.epochs) continue;
    const [x, end] = [view.x(one.at), view.x(one.at + one.wide)];
    if (end < view.left || x > view.left + view.room) continue;
    c.save();
    c.beginPath(); c.rect(x, AXIS, end - x, bottom - AXIS); c.clip();
    c.strokeStyle = ink.line;
    c.lineWidth = 1;
    for (let i = -bottom; i < Math.min(end - x, 4000); i += 7) { c.beginPath(); c.moveTo(x + i, bottom); c.lineTo(x + i + bottom, 0); c.stroke(); }
    c.restore();
    const told = `${FORMATS.int(one.epochs)} epochs extrapolated`;
    c.fillStyle = ink.quiet;
    c.textAlign = "center";
    if (end - x > 30) c.fillText(shortened(c, told, end - x - 6), (x + end) / 2, AXIS + EPOCHS / 2);
  }
}

function epochMarks(view, c, ink, bottom) {
  let last = -Infinity, label = -Infinity;
  c.textAlign = "left";
  for (const { epoch, at } of view.data.epochs) {
    const x = view.x(at);
    if (x < view.left - 1 || x > view.left + view.room || x - last < 5) continue;
    last = x;
    c.strokeStyle = ink.line; c.lineWidth = 1;
    c.beginPath(); c.moveTo(x + 0.5, AXIS + 2); c.lineTo(x + 0.5, bottom); c.stroke();
    const text = FORMATS.int(epoch);
    if (x - label > c.measureText(text).width + 10) { c.fillStyle = ink.quiet; c.fillText(text, x + 3, AXIS + EPOCHS / 2); label = x; }
  }
}

function kernelMarks(view, c, ink, bottom) {
  if (view.data.kernels.length < 2) return;
  for (const kernel of view.data.kernels) {
    const x = view.x(kernel.at);
    if (x < view.left || x > view.left + view.room) continue;
    c.strokeStyle = ink.ink; c.lineWidth = 1.5;
    c.beginPath(); c.moveTo(x, AXIS); c.lineTo(x, bottom); c.stroke();
  }
}

function axisPainted(view, c, ink) {
  c.fillStyle = ink.quiet; c.strokeStyle = ink.line; c.textAlign = "center";
  const ticks = Math.max(2, Math.floor(view.room / 120));
  let last = -Infinity;
  for (const one of view.data.axis.stretches) {
    const from = Math.max(view.from, one.at), to = Math.min(view.to, one.at + one.wide);
    if (one.epochs || to <= from) continue;
    const times = [one.from + (from - one.at) / one.wide * (one.to - one.from), one.from + (to - one.at) / one.wide * (one.to - one.from)];
    const share = (to - from) / (view.to - view.from), step = nice((times[1] - times[0]) / Math.max(1, ticks * share));
    for (let t = Math.ceil(times[0] / step) * step; t <= times[1]; t += step) {
      const x = view.x(view.data.axis.place(t)), text = grouped(t, step < 1 ? 2 : 0), half = c.measureText(text).width / 2;
      if (x - half < Math.max(view.left, last + 8) || x + half > view.left + view.room) continue;
      c.fillText(text, x, AXIS / 2 - 2);
      c.beginPath(); c.moveTo(x + 0.5, AXIS - 5); c.lineTo(x + 0.5, AXIS); c.stroke();
      last = x + half;
    }
  }
}

function nice(step) {
  const base = 10 ** Math.floor(Math.log10(step || 1));
  return [1, 2, 5, 10].map((n) => n * base).find((n) => n >= step) ?? base;
}

// From what a run reads, and to what reads it.
function arrows(view, c, ink) {
  const run = view.hovered ?? view.chosen;
  if (!run) return;
  const middle = (r) => view.top(view.data.lanes.indexOf(r.lane)) + LANE / 2;
  c.strokeStyle = ink.ink; c.lineWidth = 1.25;
  for (const [a, b] of [...run.reads.map((m) => [m, run]), ...run.readers.map((r) => [run, r])]) {
    const [x1, y1, x2, y2] = [view.x(a.b), middle(a), view.x(b.a), middle(b)], bend = Math.max(14, Math.abs(x2 - x1) / 3);
    c.beginPath(); c.moveTo(x1, y1); c.bezierCurveTo(x1 + bend, y1, x2 - bend, y2, x2, y2); c.stroke();
    c.beginPath(); c.moveTo(x2, y2); c.lineTo(x2 - 5, y2 - 3.5); c.lineTo(x2 - 5, y2 + 3.5); c.closePath(); c.fillStyle = ink.ink; c.fill();
  }
}
