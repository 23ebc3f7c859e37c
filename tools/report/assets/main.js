// The page: its sections, for the run that is chosen; light and dark; tips; going from place to place by keyboard.

const SECTIONS = [
  ["overview", "Overview", showOverview],
  ["compare", "Runs side by side", showCompare],
  ["cascade", "Cascade", showCascade],
  ["stages", "The IR, pass by pass", showStages],
  ["passes", "Passes and footprints", showPasses],
  ["proofs", "Proofs", showProofs],
  ["placement", "Placement", showPlacement],
  ["timeline", "Timeline", showTimeline],
  ["utilisation", "Utilisation", showUtilisation],
  ["roofline", "Roofline", showRoofline],
  ["energy", "Energy", showEnergy],
  ["bounds", "Lower bounds", showBounds],
  ["numbers", "Data", showData],
];

let chosen = 0;

function card(name, value, told) {
  return h("div", { class: "card" }, h("p", { class: "card-name" }, name), h("p", { class: "card-value" }, value), told ? h("p", { class: "quiet" }, told) : "");
}

function showOverview(run, index) {
  const base = ["runs", index, "simulate"], found = run.simulate;
  const rank = run.rank && run.passes?.ranks[run.rank] ? run.rank : null;
  const cards = [
    found && card("Cycles", num([...base, "cycles"], "cycles"), [num([...base, "seconds"], "time"), " on ", Object.keys(run.machines).join(", ")]),
    rank && card(["Passes over ", h("code", {}, rank)], [num(["runs", index, "passes", "ranks", rank, "passes"], "int"), run.passes_after?.[rank] ? [h("span", { class: "arrow" }, " → "), num(["runs", index, "passes_after", rank, "passes"], "int")] : ""], `${VERDICTS[run.passes.ranks[rank].verdict]}: ${run.passes.ranks[rank].why ?? "one traversal"}`),
    found && card("Critical", h("span", {}, num([...base, "critical"], "text")), ["busy ", num([...base, "utilisation", found.critical, "total"], "percent"), " of the time"]),
    found && card("Energy", num([...base, "energy", "total_pj"], "energy"), `accounting: ${found.energy.accounting}`),
    found && card("Off the chip", num([...base, "bytes", offchipOf(run), "read"], "bytes"), ["read, ", num([...base, "bytes", offchipOf(run), "write"], "bytes"), " written"]),
  ].filter(Boolean);
  return [
    h("div", { class: "cards" }, cards),
    found ? "" : h("p", { class: "note" }, "No machine is named, so nothing was placed or simulated: ", h("code", {}, "--machine NAME"), " does that."),
    found?.notes.length ? h("ul", {}, found.notes.map((n) => h("li", {}, n))) : "",
    h("p", { class: "command" }, h("code", {}, run.command), copyButton(run.command)),
  ];
}

const offchipOf = (run) => Object.values(run.machines).flatMap((m) => Object.entries(m.memories)).find(([, m]) => m.offchip)?.[0];

function copyButton(text) {
  const button = h("button", { type: "button", class: "plain", onclick: async () => {
    try { await navigator.clipboard.writeText(text); button.textContent = "copied"; } catch { button.textContent = "select it by hand"; }
  } }, "copy");
  return button;
}

function showData() {
  const save = () => {
    const link = h("a", { href: URL.createObjectURL(new Blob([JSON.stringify(DATA, null, 2)], { type: "application/json" })), download: "report.json" });
    link.click();
    URL.revokeObjectURL(link.href);
  };
  return [h("p", {}, "Every number of this page stands in one block of JSON within it, as ", h("code", {}, "einfold simulate --json"), ", ", h("code", {}, "passes --json"), " and ", h("code", {}, "roofline --json"), " print it."), h("button", { type: "button", onclick: save }, "Save the data as JSON")];
}

function draw() {
  const run = DATA.runs[chosen], main = document.getElementById("main");
  document.getElementById("title").textContent = run.cascade ?? run.label;
  document.getElementById("subtitle").textContent = [run.file, ...Object.entries(run.ranks ?? {}).map(([r, n]) => `${r} = ${FORMATS.int(n)}`)].join("  ·  ");
  const links = [], sections = [];
  for (const [id, title, show] of SECTIONS) {
    const content = show(run, chosen);
    if (!content) continue;
    links.push(h("a", { href: `#${id}` }, title));
    sections.push(h("section", { id, "aria-labelledby": `${id}-title` }, h("h2", { id: `${id}-title` }, title), content));
  }
  document.getElementById("sections").replaceChildren(...links);
  main.replaceChildren(...sections);
  main.dispatchEvent(new Event("drawn"));
  watch(sections, links);
}

function watch(sections, links) {
  const seen = new Set();
  const observer = new IntersectionObserver((entries) => {
    for (const e of entries) (e.isIntersecting ? seen.add(e.target) : seen.delete(e.target));
    const first = sections.find((section) => seen.has(section));
    links.forEach((link, i) => (sections[i] === first ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current")));
  }, { rootMargin: "-80px 0px -50% 0px" });
  sections.forEach((section) => observer.observe(section));
}

function theme() {
  const names = { auto: "system", light: "light", dark: "dark" };
  let kept = "auto";
  try { kept = localStorage.getItem("einfold-theme") ?? "auto"; } catch { /* not allowed to keep it: then it is as the system says */ }
  const set = (value) => {
    if (value === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = value;
    try { localStorage.setItem("einfold-theme", value); } catch { /* as above */ }
    document.dispatchEvent(new Event("themed"));
  };
  if (kept in names) set(kept);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => document.dispatchEvent(new Event("themed")));
  return choice("Colours", Object.entries(names).map(([value, text]) => ({ value, text })), kept in names ? kept : "auto", set);
}

const tip = document.getElementById("tip");

function showTip(content, x, y) {
  tip.replaceChildren(...[content].flat());
  tip.hidden = false;
  const { width, height } = tip.getBoundingClientRect();
  tip.style.left = `${Math.max(6, Math.min(innerWidth - width - 6, x + 14))}px`;
  tip.style.top = `${y + height + 24 > innerHeight ? Math.max(6, y - height - 12) : y + 16}px`;
}

document.addEventListener("pointermove", (event) => {
  const told = event.target.closest?.("[data-tip]");
  if (told) showTip(told.dataset.tip, event.clientX, event.clientY);
  else if (!event.target.closest?.("canvas")) tip.hidden = true;
});

document.addEventListener("scroll", () => { tip.hidden = true; }, { passive: true });

document.getElementById("controls").replaceChildren(
  ...(DATA.runs.length > 1 ? [pick("Run", DATA.runs.map((r, i) => ({ value: String(i), text: r.label })), "0", (value) => { chosen = Number(value); draw(); })] : []), theme());
document.getElementById("footer").textContent = `Made by einfold ${DATA.einfold}.`;
draw();
