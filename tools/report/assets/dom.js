// Building elements. Text from files only ever becomes text nodes, so that no name can be markup.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "style") Object.assign(element.style, value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
  return element;
}

const h = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
const s = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

// A table: heads and cells are texts or elements; `columns` names a class for each column ("right" for numbers).
function table(caption, head, rows, columns = []) {
  const cell = (tag, value, i, extra) => h(tag, { class: columns[i] || null, ...extra }, value);
  const body = rows.map((row) => h("tr", { class: row.kind || null }, (row.cells || row).map((c, i) => cell(i ? "td" : "th", c, i, i ? {} : { scope: "row" }))));
  return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": caption },
    h("table", {}, h("caption", { class: "hidden" }, caption), h("thead", {}, h("tr", {}, head.map((c, i) => cell("th", c, i, { scope: "col" })))), h("tbody", {}, body)));
}

// A choice of a few, as a row of buttons of which one is on. Arrow keys move it, as in a tab list.
function choice(label, options, current, change) {
  const buttons = options.map((o) => h("button", { type: "button", role: "radio", "data-value": o.value, onclick: () => choose(o.value) }, o.text));
  const group = h("div", { class: "choice", role: "radiogroup", "aria-label": label, onkeydown: keyed }, buttons);
  function mark(value) {
    for (const b of buttons) {
      const on = b.dataset.value === String(value);
      b.setAttribute("aria-checked", on);
      b.tabIndex = on ? 0 : -1;
    }
  }
  function choose(value) { mark(value); change(value); }
  function keyed(event) {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    const at = buttons.indexOf(document.activeElement);
    const next = buttons[(at + step + buttons.length) % buttons.length];
    next.focus();
    choose(next.dataset.value);
  }
  mark(current);
  return group;
}

function pick(label, options, current, change) {
  const select = h("select", { "aria-label": label, onchange: () => change(select.value) }, options.map((o) => h("option", { value: o.value, selected: o.value === current }, o.text)));
  return h("label", { class: "pick" }, h("span", {}, label), select);
}

function details(summary, content, open = false) {
  return h("details", { open }, h("summary", {}, summary), content);
}

function fragment(run, part) {
  const found = [...document.querySelectorAll("template")].find((t) => t.dataset.run === String(run) && t.dataset.part === part);
  return found ? document.importNode(found.content, true) : null;
}

const swatch = (i) => h("i", { class: "swatch c" + (i % 8), "aria-hidden": "true" });
const unique = (list) => [...new Set(list)];
const sum = (list) => list.reduce((a, b) => a + b, 0);
