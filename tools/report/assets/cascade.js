// The cascade: equations and graph, as written and rewritten, coloured by the pass over a rank.

const DRAWN = { before: "as written", after: "rewritten" };

function countedIn(run, when) {
  return when === "before" ? run.passes?.ranks : run.passes_after;
}

const mostPassed = (counted) => Object.keys(counted).reduce((a, b) => (counted[b].passes > counted[a].passes ? b : a), Object.keys(counted)[0]);

function showCascade(run, index) {
  if (!run.passes) return null;
  const both = run.passes_after && fragment(index, "graph after");
  let when = "before", rank = run.rank;
  const place = h("div");
  const controls = h("div", { class: "row" });
  function draw() {
    const counted = countedIn(run, when) || {};
    if (!(rank in counted)) rank = run.rank in counted ? run.rank : mostPassed(counted);
    controls.replaceChildren(
      both ? choice("Form", Object.entries(DRAWN).map(([value, text]) => ({ value, text })), when, (value) => { when = value; rank = run.rank; draw(); focusChecked(controls); }) : "",
      rank ? pick("Passes over rank", Object.keys(counted).map((r) => ({ value: r, text: `${r} = ${FORMATS.int(counted[r].size)} (${counted[r].passes})` })), rank, (value) => { rank = value; paint(); }) : "");
    const equations = h("div", { class: "panel equations-panel" }, h("h3", {}, "Equations"), fragment(index, "equations " + when));
    const graph = h("div", { class: "panel" }, h("h3", {}, "Graph"), h("div", { class: "graph-box", tabindex: 0, role: "region", "aria-label": "Graph of the cascade" }, fragment(index, "graph " + when)));
    const drawing = graph.querySelector("svg"); // shrunk to its box as long as it can be read
    if (drawing) Object.assign(drawing.style, { maxWidth: "100%", minWidth: `${0.62 * drawing.width.baseVal.value}px`, height: "auto" });
    place.replaceChildren(h("div", { class: "two" }, equations, graph), legend);
    paint();
  }
  const legend = h("p", { class: "legend", "aria-live": "polite" });
  function paint() {
    const einsums = rank ? countedIn(run, when)[rank].einsums : {};
    const passes = unique(Object.values(einsums)).sort((a, b) => a - b);
    for (const node of place.querySelectorAll("g.node.einsum")) {
      const pass = einsums[node.dataset.einsum];
      node.dataset.pass = pass === undefined ? "none" : (pass - 1) % 8;
      node.querySelector(".badge").textContent = pass === undefined ? "" : pass;
    }
    for (const line of place.querySelectorAll("table.equations tr")) {
      line.querySelector(".chip")?.remove();
      const pass = einsums[line.dataset.einsum];
      line.prepend(h("td", { class: "chip" }, pass === undefined ? "" : h("span", { class: "chip-mark c" + (pass - 1) % 8, title: `pass ${pass} over ${rank}` }, pass)));
    }
    legend.replaceChildren(...(passes.length ? [h("span", {}, "Passes over ", h("code", {}, rank), ":"), passes.map((p) => h("span", { class: "key" }, h("span", { class: "chip-mark c" + (p - 1) % 8 }, p), ` pass ${p}`)),
      h("span", {}, "no number: it does not traverse ", h("code", {}, rank))] : []).flat());
  }
  draw();
  return [controls, place];
}

const focusChecked = (element) => element.querySelector('[aria-checked="true"]')?.focus();
