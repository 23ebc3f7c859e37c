// Numbers: how they are written, and where in the page's data each one stands. Whoever doubts a number shown can look it up.

const DATA = JSON.parse(document.getElementById("data").textContent);

const grouped = (value, digits) => value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });

// `digits` significant ones, as C's %g has them, with commas.
function significant(value, digits) {
  if (value === 0) return "0";
  const text = value.toPrecision(digits);
  if (text.includes("e")) return text.replace(/\.?0+e/, "e");
  const plain = text.includes(".") ? text.replace(/\.?0+$/, "") : text;
  const [whole, rest] = plain.split(".");
  return whole.replace(/\B(?=(\d{3})+$)/g, ",") + (rest ? "." + rest : "");
}

function united(value, units, digits) {
  for (const [unit, size] of units) if (value >= size) return `${significant(value / size, digits)} ${unit}`;
  const [unit, size] = units[units.length - 1];
  return `${significant(value / size, digits)} ${unit}`;
}

const THOUSANDS = [["P", 1e15], ["T", 1e12], ["G", 1e9], ["M", 1e6], ["k", 1e3], ["", 1]];

const FORMATS = {
  int: (v) => grouped(v, 0),
  cycles: (v) => grouped(v, 2),
  percent: (v) => `${grouped(100 * v, 2)} %`,
  time: (v) => united(v, [["s", 1], ["ms", 1e-3], ["us", 1e-6], ["ns", 1e-9]], 6),
  bytes: (v) => united(v, [["TiB", 2 ** 40], ["GiB", 2 ** 30], ["MiB", 2 ** 20], ["KiB", 2 ** 10], ["B", 1]], 4),
  energy: (v) => united(v, [["MJ", 1e18], ["kJ", 1e15], ["J", 1e12], ["mJ", 1e9], ["uJ", 1e6], ["nJ", 1e3], ["pJ", 1]], 5),
  hertz: (v) => united(v, THOUSANDS.map(([p, n]) => [p + "Hz", n]), 4),
  bandwidth: (v) => united(v, THOUSANDS.map(([p, n]) => [p + "B/s", n]), 4),
  rate: (v) => united(v, THOUSANDS.map(([p, n]) => [p + "OP/s", n]), 4),
  plain: (v) => significant(v, 4),
  text: (v) => String(v),
};

const at = (path) => path.reduce((found, key) => (found === null || found === undefined ? found : found[key]), DATA);

// The number at a place in the data, in a format; a dash where there is none.
function num(path, format) {
  const value = at(path);
  if (value === null || value === undefined) return h("span", { class: "none" }, "–");
  return h("span", { class: "num", "data-path": JSON.stringify(path), "data-format": format }, FORMATS[format](value));
}

// One number of the data as a share of another.
function share(path, of) {
  const [value, whole] = [at(path), at(of)];
  return h("span", { class: "num", "data-path": JSON.stringify(path), "data-of": JSON.stringify(of), "data-format": "share" }, whole ? FORMATS.percent(value / whole) : "–");
}
