/* The explorer: one module for two hosts, Jupyter and the built page.
 *
 * The model holds `payload`: the specification, numbers and words, packed in Python (see
 * packing.py); `state`: what a reader moves; and `name`, under which the state is written
 * in the page's address. The drawing is in chart.js.
 */

let instances = 0;

/* ---------- the state and the page's address ---------- */

function segments() {
  try {
    return decodeURIComponent(location.hash.slice(1)).split(";").filter(Boolean);
  } catch {
    return []; // a malformed escape: somebody else's address
  }
}

function readAddress(name, payload) {
  const own = segments().find((part) => part.startsWith(`${name}:`));
  if (own === undefined) return null;
  const given = Object.fromEntries(
    own.slice(name.length + 1).split(",").map((pair) => pair.split("=")));
  const state = { ...payload.defaults };
  for (const knob of payload.knobs) {
    const index = knob.words.indexOf(given[knob.short]);
    if (index >= 0) state[knob.name] = knob.values[index];
  }
  if (payload.axes.some((axis) => axis.key === given.x)) state.axis = given.x;
  if (given.show !== undefined) {
    const asked = given.show.split("+");
    state.show = payload.learners.map((l) => l.key).filter((k) => asked.includes(k));
  }
  for (const { name: key } of payload.switches) {
    if (given[key] !== undefined) state[key] = given[key] === "1";
  }
  return state;
}

function writeAddress(name, payload, state) {
  const others = segments().filter((part) => part.includes(":")
    && !part.startsWith(`${name}:`));
  const own = state && `${name}:${[
    ...payload.knobs.map((knob) => `${knob.short}=${word(knob, state)}`),
    `x=${state.axis}`, `show=${state.show.join("+")}`,
    ...payload.switches.map(({ name: key }) => `${key}=${+state[key]}`)]}`;
  const hash = [...others, ...(own ? [own] : [])].join(";");
  history.replaceState(history.state, "",
    hash ? `#${hash}` : location.pathname + location.search);
}

/* The computed cell nearest to a wish; the control just moved weighs most. */
function nearest(payload, wish, moved) {
  if (payload.cells[cell(payload, wish)]) return wish;
  const distance = ({ values }) => payload.knobs.reduce((sum, knob, i) => sum
    + (knob.name === moved ? 100 : 1)
    * Math.abs(knob.values.indexOf(values[i]) - knob.values.indexOf(wish[knob.name])), 0);
  const { values } = Object.values(payload.cells)
    .reduce((a, b) => (distance(b) < distance(a) ? b : a));
  return { ...wish, ...Object.fromEntries(payload.knobs.map((k, i) => [k.name, values[i]])) };
}

/* ---------- the controls ---------- */

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

const LONGEST_TICKS = 16; // letters under a slider

function slider(knob, id, change) {
  const input = make("input", { type: "range", id, min: 0, max: knob.values.length - 1, step: 1 });
  const output = make("output", { for: id });
  const ticks = make("span", { class: "rl-ticks", "aria-hidden": "true" },
    ...(knob.words.join("").length > LONGEST_TICKS ? [] : knob.words) // long names would not fit
      .map((text) => make("span", {}, text)));
  input.addEventListener("input", () => change({ [knob.name]: knob.values[+input.value] }, knob.name));
  const show = (state) => {
    const text = `${word(knob, state)}${knob.unit ? ` ${knob.unit}` : ""}`;
    input.value = knob.values.indexOf(state[knob.name]);
    input.setAttribute("aria-valuetext", `${knob.label} = ${text}`);
    output.textContent = text;
  };
  const label = make("label", { for: id }, knob.label);
  return { node: make("div", { class: "rl-knob" }, label, output, input, ticks), show };
}

function tick(id, label, isOn, toggle, swatch) {
  const input = make("input", { type: "checkbox", id });
  input.addEventListener("change", () => toggle(input.checked));
  const node = make("label", { class: "rl-check", for: id }, input, ...(swatch ? [swatch] : []), label);
  return { node, show: (state) => { input.checked = isOn(state); } };
}

function swatch(look) {
  const holder = make("span", { class: "rl-swatch", "aria-hidden": "true" });
  holder.innerHTML = `<svg viewBox="0 0 30 12" width="30" height="12"><g ${inked(look)}>`
    + `<path class="rl-curve" stroke-dasharray="${look.dash.join(" ")}" d="M1 6H29"/>`
    + `<path class="rl-mark" d="${MARKERS[look.marker](15, 6, 3.4)}"/></g></svg>`;
  return holder;
}

function chooser(payload, id, change) {
  const select = make("select", { id }, ...payload.axes.map((axis) =>
    make("option", { value: axis.key }, axis.title)));
  select.addEventListener("change", () => change({ axis: select.value }));
  const node = make("label", { class: "rl-axis-choice", for: id }, "horizontal axis ", select);
  return { node, show: (state) => { select.value = state.axis; } };
}

function readoutNodes(rows) {
  return rows.map(([key, name, value, note]) => make("div", { "data-readout": key },
    make("span", {}, name), make("strong", {}, value), make("span", {}, note)));
}

function tableNodes(payload, state) {
  const number = (value) => value.toPrecision(2).replace(/e([+-]\d+)$/, " × 10^$1").replace("^+", "^");
  const measured = payload.seeds !== "0"; // else the curves are computed, and exact
  const head = measured ? ["learner", payload.symbol, payload.y.title, "95 % interval"]
    : ["curve", payload.symbol, payload.y.title];
  const rows = payload.learners.filter((l) => state.show.includes(l.key)).flatMap((look) => {
    const data = payload.curves[cell(payload, state)][look.key];
    return data ? data.n.map((n, i) => make("tr", {},
      make("th", { scope: "row" }, look.label), make("td", {}, String(n)),
      make("td", {}, number(data.mean[i])),
      ...(data.low ? [make("td", {}, `${number(data.low[i])} – ${number(data.high[i])}`)] : []))) : [];
  });
  const caption = (measured ? `Mean over ${payload.seeds} seeds with its 95 % interval, at `
    : "Computed, at ") + `${say(payload, state)}.`;
  return make("table", {}, make("caption", {}, caption),
    make("thead", {}, make("tr", {}, ...head.map((h) => make("th", { scope: "col" }, h)))),
    make("tbody", {}, ...rows));
}

/* Shows the numbers of the point under the mouse. */
function hover(svg, points, symbol, event) {
  const layer = svg.querySelector(".rl-hover");
  const box = svg.getBoundingClientRect();
  const [x, y] = [event.clientX - box.left, event.clientY - box.top];
  const far = (p) => Math.hypot(p.x - x, p.y - y);
  const near = points.reduce((a, b) => (a && far(a) <= far(b) ? a : b), null);
  if (!near || far(near) > 24) { layer.innerHTML = ""; return; }
  const text = `${symbol} = ${near.n}: ${near.mean.toPrecision(2)}`
    + (near.low === undefined ? ""
      : ` (${near.low.toPrecision(2)} – ${near.high.toPrecision(2)})`);
  const wide = 6.8 * text.length;
  const left = clamp(near.x - wide / 2, 4, Math.max(4, box.width - wide));
  layer.innerHTML = `<circle cx="${near.x}" cy="${near.y}" r="7"/>`
    + `<text x="${left}" y="${near.y - 28}" class="rl-strong">${safe(near.label)}</text>`
    + `<text x="${left}" y="${near.y - 13}">${safe(text)}</text>`;
}

/* ---------- the view ---------- */

function render({ model, el }) {
  const payload = model.get("payload");
  const name = model.get("name");
  const instance = ++instances;
  const id = (part) => `${name}-${instance}-${part}`;
  const state = () => model.get("state");
  let points = [];
  let setting = false;
  let tableOpen = false;
  let width = 0; // kept: asking the page for it at each redraw would force a layout

  const status = make("p", { class: "rl-status", role: "status", "aria-live": "polite" });
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("role", "img");
  const chart = make("div", { class: "rl-chart" }, svg);
  const said = make("p", { class: "rl-sentence" });
  const facts = make("div", { class: "rl-facts", role: "group", "aria-label": "read-outs" });
  const sheet = make("div", { class: "rl-table", id: id("table"), hidden: "", tabindex: 0,
    role: "region", "aria-label": "the curves as a table" });

  function change(wish, moved = null, message = "") {
    const before = { ...state(), ...wish };
    const after = nearest(payload, before, moved);
    setting = true;
    model.set("state", after);
    setting = false;
    model.save_changes();
    status.textContent = cell(payload, after) === cell(payload, before) ? message
      : `${say(payload, before)} is not computed. Shown instead: ${say(payload, after)}.`;
    redraw();
    if (model.get("address")) writeAddress(name, payload, after);
  }

  const toggleLearner = (key) => (on) => change({ show: payload.learners.map((l) => l.key)
    .filter((k) => (k === key ? on : state().show.includes(k))) });
  const knobs = payload.knobs.map((knob) => slider(knob, id(knob.name), change));
  const learners = payload.learners.map((look) => tick(id(`show-${look.key}`), look.label,
    (s) => s.show.includes(look.key), toggleLearner(look.key), swatch(look)));
  const switches = payload.switches.map((item) => tick(id(item.name), item.label,
    (s) => s[item.name], (on) => change({ [item.name]: on })));
  const axis = payload.axes.length > 1 ? [chooser(payload, id("axis"), change)] : [];
  const moving = [...knobs, ...learners, ...switches, ...axis];

  function redraw() {
    const now = state();
    const words = payload.cells[cell(payload, now)];
    const drawn = picture(payload, now, width, id("clip"));
    svg.setAttribute("viewBox", `0 0 ${width} ${drawn.height}`);
    svg.setAttribute("aria-label", [words.sentence, ...drawn.regions].join(" Hatched: "));
    svg.innerHTML = drawn.svg;
    points = drawn.points;
    said.textContent = words.sentence;
    facts.replaceChildren(...readoutNodes(words.facts));
    if (tableOpen) sheet.replaceChildren(tableNodes(payload, now));
    for (const item of moving) item.show(now);
  }

  const button = (label, action) => {
    const node = make("button", { type: "button" }, label);
    node.addEventListener("click", action);
    return node;
  };
  const reset = button("reset", () => {
    change({ ...payload.defaults }, null, "Back to the first setting.");
    if (model.get("address")) writeAddress(name, payload, null);
  });
  const link = button("copy link", async () => {
    writeAddress(name, payload, state());
    try {
      await navigator.clipboard.writeText(location.href);
      status.textContent = "The address of this setting is copied.";
    } catch {
      status.textContent = `The address of this setting: ${location.href}`;
    }
  });
  const asTable = button("show as table", () => {
    tableOpen = !tableOpen;
    sheet.hidden = !tableOpen;
    asTable.setAttribute("aria-expanded", String(tableOpen));
    asTable.textContent = tableOpen ? "hide the table" : "show as table";
    redraw();
  });
  asTable.setAttribute("aria-expanded", "false");
  asTable.setAttribute("aria-controls", id("table"));

  const group = (label, kind, items) => make("div", { class: kind, role: "group", "aria-label": label },
    ...items.map((item) => item.node ?? item));
  const root = make("div", { class: "rl" },
    group("the setting", "rl-knobs", knobs), said, chart,
    group("learners shown", "rl-learners", learners),
    group("what is drawn", "rl-options", [...axis, ...switches]),
    facts,
    group("actions", "rl-buttons", [reset, ...(model.get("address") ? [link] : []), asTable]),
    status, sheet);
  el.append(root);

  // JupyterLab would take the arrow keys for the notebook.
  root.addEventListener("keydown", (event) => event.stopPropagation());
  svg.addEventListener("pointermove", (event) => hover(svg, points, payload.symbol, event));
  svg.addEventListener("pointerleave", () => { svg.querySelector(".rl-hover").innerHTML = ""; });
  const follow = () => { if (!setting) change({}); };
  model.on("change:state", follow);

  const applyAddress = () => {
    const wanted = readAddress(name, payload);
    if (wanted === null) return;
    change(wanted, payload.knobs[0].name);
    el.scrollIntoView({ block: "nearest" });
  };
  const measure = () => Math.max(280, Math.floor(chart.clientWidth || 680));
  const watcher = new ResizeObserver(() => {
    if (measure() === width) return;
    width = measure();
    redraw();
  });
  width = measure();
  redraw();
  watcher.observe(chart);
  if (model.get("address")) {
    addEventListener("hashchange", applyAddress);
    applyAddress();
  }
  return () => {
    watcher.disconnect();
    removeEventListener("hashchange", applyAddress);
    model.off("change:state", follow);
  };
}

export default { render };
