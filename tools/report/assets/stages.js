// The IR after each pass, and what the pass changed. Left and right step from pass to pass.

const TOKEN = /("(?:[^"\\]|\\.)*")|(%[\w$.-]+|%"[^"]*")|(@[\w$.-]+)|\b((?:einsum|accel|builtin|func)\.\w+)\b|(\/\/.*)|\b(\d+(?:\.\d+)?(?:e[+-]?\d+)?)\b/g;
const TOKEN_CLASSES = ["string", "value", "symbol", "op", "comment", "number"];

function coloured(text) {
  const found = [];
  let end = 0;
  for (const match of text.matchAll(TOKEN)) {
    if (match.index > end) found.push(text.slice(end, match.index));
    const which = match.slice(1).findIndex((group) => group !== undefined);
    found.push(h("span", { class: "t-" + TOKEN_CLASSES[which] }, match[0]));
    end = match.index + match[0].length;
  }
  found.push(text.slice(end));
  return found;
}

// A changed line: what it shares with its counterpart at both ends is plain, the rest is marked.
function marked(text, other) {
  if (other === undefined) return [text];
  let front = 0, back = 0;
  while (front < Math.min(text.length, other.length) && text[front] === other[front]) front++;
  while (back < Math.min(text.length, other.length) - front && text[text.length - 1 - back] === other[other.length - 1 - back]) back++;
  if (front + back < text.length / 4) return [text];
  return [text.slice(0, front), h("mark", {}, text.slice(front, text.length - back)), text.slice(text.length - back)];
}

const CONTEXT = 3;

function lineRow(kind, number, content) {
  return h("div", { class: "line " + kind }, h("span", { class: "no", "aria-hidden": "true" }, number ?? ""), h("span", { class: "sign" }, { add: "+", del: "−" }[kind] || " "), h("code", {}, content));
}

function folded(lines, first, edges, make) {
  const head = edges.start ? 0 : CONTEXT, tail = edges.end ? 0 : CONTEXT;
  if (lines.length <= head + tail + 2) return lines.map((line, i) => make(line, first + i));
  const hidden = lines.slice(head, lines.length - tail);
  const button = h("button", { type: "button", class: "fold", onclick: () => button.replaceWith(...hidden.map((line, i) => make(line, first + head + i)).flat()) }, `${hidden.length} unchanged lines`);
  return [...lines.slice(0, head).map((line, i) => make(line, first + i)), button, ...lines.slice(lines.length - tail).map((line, i) => make(line, first + lines.length - tail + i))];
}

function unified(before, after, changes) {
  return h("div", { class: "ir" }, changes.map(([tag, a, b, c, d], i) => {
    const edges = { start: i === 0, end: i === changes.length - 1 };
    if (tag === "equal") return folded(after.slice(c, d), c, edges, (line, n) => lineRow("same", n + 1, coloured(line)));
    const pairs = b - a === d - c;
    return [...before.slice(a, b).map((line, k) => lineRow("del", a + k + 1, marked(line, pairs ? after[c + k] : undefined))), ...after.slice(c, d).map((line, k) => lineRow("add", c + k + 1, marked(line, pairs ? before[a + k] : undefined)))];
  }));
}

function beside(before, after, changes) {
  const cells = (left, right) => h("div", { class: "pair" }, left || h("div", { class: "line gone" }), right || h("div", { class: "line gone" }));
  return h("div", { class: "ir side" }, changes.map(([tag, a, b, c, d], i) => {
    const edges = { start: i === 0, end: i === changes.length - 1 };
    if (tag === "equal") return folded(after.slice(c, d), c, edges, (line, n) => cells(lineRow("same", n - c + a + 1, coloured(before[n - c + a])), lineRow("same", n + 1, coloured(line))));
    const pairs = b - a === d - c;
    return Array.from({ length: Math.max(b - a, d - c) }, (_, k) => cells(
      a + k < b && lineRow("del", a + k + 1, marked(before[a + k], pairs ? after[c + k] : undefined)),
      c + k < d && lineRow("add", c + k + 1, marked(after[c + k], pairs ? before[a + k] : undefined))));
  }));
}

const whole = (lines) => h("div", { class: "ir" }, lines.map((line, i) => lineRow("same", i + 1, coloured(line))));

const REMARKS = { applied: "applied", missed: "declined", analysis: "found" };

function showStages(run) {
  const stages = run.stages;
  if (!stages) return null;
  const texts = stages.map((stage) => stage.text === null ? null : stage.text.replace(/\n$/, "").split("\n"));
  let now = stages.length > 1 ? 1 : 0, view = window.innerWidth < 900 ? "unified" : "beside";
  const tabs = stages.map((stage, i) => h("button", { type: "button", role: "tab", id: `stage-${i}`, "aria-controls": "stage-view", onclick: () => step(i) }, h("small", {}, i), " ", h("span", {}, stage.name)));
  const panel = h("div", { id: "stage-view", role: "tabpanel", tabindex: 0 });
  const list = h("div", { class: "steps", role: "tablist", "aria-label": "Passes, in order" }, tabs);
  const views = choice("View", [{ value: "beside", text: "side by side" }, { value: "unified", text: "unified" }, { value: "whole", text: "whole" }], view, (value) => { view = value; draw(); });
  function step(to) {
    now = Math.max(0, Math.min(stages.length - 1, to));
    draw();
    list.scrollLeft = tabs[now].offsetLeft - list.offsetLeft - 40;
  }
  function draw() {
    tabs.forEach((tab, i) => { tab.setAttribute("aria-selected", i === now); tab.tabIndex = i === now ? 0 : -1; });
    panel.setAttribute("aria-labelledby", `stage-${now}`);
    const stage = stages[now], [before, after] = [texts[now - 1], texts[now]];
    const remarks = stage.remarks.length ? h("ul", { class: "remarks" }, stage.remarks.map((r) => h("li", { class: r.kind }, h("b", {}, REMARKS[r.kind] || r.kind), " ", r.message, r.location ? h("small", {}, " ", r.location) : ""))) : "";
    const changed = stage.changes && stage.changes.some(([tag]) => tag !== "equal");
    const text = !after ? h("p", { class: "note" }, `${FORMATS.int(stage.lines)} lines: too long for this page.`)
      : now === 0 || view === "whole" || !stage.changes ? whole(after)
        : !changed ? [h("p", { class: "note" }, "It changed nothing."), whole(after)]
          : (view === "beside" ? beside : unified)(before, after, stage.changes);
    panel.replaceChildren(...[remarks, text].flat());
  }
  function keyed(event) {
    const to = { ArrowLeft: now - 1, ArrowRight: now + 1, Home: 0, End: stages.length - 1 }[event.key];
    if (to === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    const tabbed = tabs.includes(document.activeElement);
    step(to);
    if (tabbed) tabs[now].focus();
  }
  list.addEventListener("keydown", keyed);
  panel.addEventListener("keydown", keyed);
  draw();
  const arrows = [["←", "previous pass", -1], ["→", "next pass", 1]].map(([text, label, by]) => h("button", { type: "button", "aria-label": label, onclick: () => step(now + by) }, text));
  return [h("div", { class: "row" }, h("div", { class: "arrows" }, arrows), views), list, panel];
}
