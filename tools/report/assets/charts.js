// Bars that add up, bars side by side, and lines on logarithmic axes.

// One bar of parts: `[{ name, value, colour }]`, of `whole`. Its table says the same in words.
function stacked(label, parts, whole) {
  const told = parts.map((p) => `${p.name} ${FORMATS.percent(whole ? p.value / whole : 0)}`).join(", ");
  return h("div", { class: "bar", role: "img", "aria-label": `${label}: ${told}` },
    parts.filter((p) => p.value > 0).map((p) => h("span", {
      class: "c" + (p.colour % 8), style: { width: `${whole ? Math.min(100, 100 * p.value / whole) : 0}%` }, "data-tip": `${p.name}: ${FORMATS.percent(whole ? p.value / whole : 0)}`,
    }, h("b", { "aria-hidden": "true" }, p.name))));
}

function meter(value, label) {
  return h("span", { class: "meter", role: "img", "aria-label": label }, h("span", { style: { width: `${Math.max(0, Math.min(100, 100 * value))}%` }, class: value > 1 ? "over" : null }));
}

// Powers of a base from below the lowest to above the highest value.
const powers = (low, high, base) => {
  const found = [], log = (v) => Math.log(v) / Math.log(base);
  for (let e = Math.floor(log(low) + 1e-9); e <= Math.ceil(log(high) - 1e-9); e++) found.push(base ** e);
  return found.length > 1 ? found : [found[0], found[0] * base];
};

// Lines and marks over two logarithmic axes. series: [{ name, points: [[x, y]], colour, line, dot, label }].
function loglog({ title, x, y, series, width = 640, height = 360, base = 10, xText, yText }) {
  const all = series.flatMap((one) => one.points);
  if (!all.length) return null;
  const [xs, ys] = [all.map((p) => p[0]), all.map((p) => p[1])];
  const [xt, yt] = [powers(Math.min(...xs), Math.max(...xs), base), powers(Math.min(...ys), Math.max(...ys), base)];
  const box = { left: 86, right: 28, top: 26, bottom: 42 };
  const scale = (ticks, from, to) => {
    const [a, b] = [Math.log10(ticks[0]), Math.log10(ticks[ticks.length - 1])];
    return (v) => from + (Math.log10(v) - a) / (b - a || 1) * (to - from);
  };
  const px = scale(xt, box.left, width - box.right), py = scale(yt, height - box.bottom, box.top);
  const thin = (ticks) => ticks.filter((_, i) => i % Math.ceil(ticks.length / 7) === 0);
  const grid = [
    ...thin(xt).map((v) => [s("line", { class: "grid", x1: px(v), x2: px(v), y1: box.top, y2: height - box.bottom }), s("text", { class: "tick", x: px(v), y: height - box.bottom + 16, "text-anchor": "middle" }, xText(v))]),
    ...thin(yt).map((v) => [s("line", { class: "grid", x1: box.left, x2: width - box.right, y1: py(v), y2: py(v) }), s("text", { class: "tick", x: box.left - 7, y: py(v) + 4, "text-anchor": "end" }, yText(v))]),
  ];
  const drawn = series.map((one) => {
    const points = one.points.map(([a, b]) => [px(a), py(b)]);
    const line = one.line && s("polyline", { class: "line c" + one.colour + (one.dash ? " dash" : ""), points: points.map((p) => p.join(",")).join(" ") });
    const dots = one.dot && points.map(([a, b], i) => mark(one.colour, a, b, `${one.name}: ${xText(one.points[i][0])} ${x}, ${yText(one.points[i][1])}`));
    return [line, dots];
  });
  const named = new Map(); // series that end in one point share a label
  for (const one of series.filter((each) => each.label && each.points.length)) {
    const last = one.points[one.points.length - 1], key = last.join();
    named.set(key, { last, names: [...(named.get(key)?.names ?? []), one.name] });
  }
  const labels = placed([...named.values()].map(({ last: [a, b], names }) => {
    return { text: names.join(", "), x: px(a), y: py(b) - 9, end: px(a) > width * 0.6 };
  })).map((l) => s("text", { class: "name", x: l.x + (l.end ? -8 : 8), y: l.y, "text-anchor": l.end ? "end" : "start" }, l.text));
  return h("div", { class: "scroll" }, s("svg", { class: "chart", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": title },
    s("title", {}, title), grid, drawn, labels,
    s("text", { class: "axis", x: (box.left + width - box.right) / 2, y: height - 6, "text-anchor": "middle" }, x),
    s("text", { class: "axis", x: 12, y: (box.top + height - box.bottom) / 2, "text-anchor": "middle", transform: `rotate(-90 12 ${(box.top + height - box.bottom) / 2})` }, y)));
}

// Marks differ in shape as well as in colour.
function mark(colour, x, y, told) {
  const r = 5.5;
  const shapes = [
    () => s("circle", { cx: x, cy: y, r }),
    () => s("rect", { x: x - r, y: y - r, width: 2 * r, height: 2 * r }),
    () => s("path", { d: `M${x},${y - r - 1}L${x + r + 1},${y}L${x},${y + r + 1}L${x - r - 1},${y}Z` }),
    () => s("path", { d: `M${x},${y - r - 1}L${x + r + 1},${y + r}L${x - r - 1},${y + r}Z` }),
  ];
  const shape = shapes[colour % shapes.length]();
  shape.setAttribute("class", "mark c" + colour);
  shape.append(s("title", {}, told));
  return shape;
}

// Labels that would lie on one another are moved up.
function placed(labels) {
  const done = [];
  for (const label of labels.sort((a, b) => b.y - a.y)) {
    while (done.some((d) => Math.abs(d.y - label.y) < 14 && Math.abs(d.x - label.x) < 150)) label.y -= 14;
    done.push(label);
  }
  return done;
}
