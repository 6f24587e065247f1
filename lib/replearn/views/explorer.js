/* The explorer: one module for two hosts, Jupyter and the built page.
 *
 * The model holds `payload`: the specification, numbers and words, packed in Python (see
 * packing.py); `state`: what a reader moves; and `name`, under which the state is written
 * in the page's address. The drawing is in chart.js.
 */

/* ---------- the state and the page's address ---------- */

const SETTING = /^[^:=]+:/; // "name:d=40,...", an explorer's part of the address
const RESTS_MS = 900; // so long a setting stands before its finding is read out

function plain(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return ""; // a malformed escape: somebody else's address
  }
}

/* Settings stand after the #; where that names a section, in the query, which links
 * within the page keep. */
const queries = () => location.search.slice(1).split("&").filter(Boolean);
const segments = () => [location.hash.slice(1), ...queries()]
  .flatMap((part) => plain(part).split(";")).filter((part) => SETTING.test(part));
const opensAt = (name) => plain(location.hash).startsWith(`#${name}:`);

/* The state that the address names, and what in it the explorer does not know. */
function readAddress(name, payload) {
  const own = segments().find((part) => part.startsWith(`${name}:`));
  if (own === undefined) return null;
  const [state, unknown] = [{ ...payload.defaults }, []];
  for (const pair of own.slice(name.length + 1).split(",").filter(Boolean)) {
    const [key, value = ""] = pair.split("=");
    const knob = payload.knobs.find(({ short }) => short === key);
    if (knob?.words.includes(value)) {
      state[knob.name] = knob.values[knob.words.indexOf(value)];
    } else if (key === "x" && payload.axes.some((axis) => axis.key === value)) {
      state.axis = value;
    } else if (key === "show") {
      const asked = value.split("+").filter(Boolean);
      const known = payload.learners.map((l) => l.key).filter((k) => asked.includes(k));
      unknown.push(...asked.filter((k) => !known.includes(k)).map((k) => `show=${k}`));
      if (known.length || !asked.length) state.show = known;
    } else if (payload.switches.some((item) => item.name === key) && /^[01]$/.test(value)) {
      state[key] = value === "1";
    } else unknown.push(pair);
  }
  return [state, unknown];
}

const setting = (name, payload, state) => `${name}:${[
  ...payload.knobs.map((knob) => `${knob.short}=${word(knob, state)}`),
  `x=${state.axis}`, `show=${state.show.join("+")}`,
  ...payload.switches.map(({ name: key }) => `${key}=${+state[key]}`)]}`;

/* Writes a setting into the address; "" takes it out. One that was moved comes first, as
 * the page opens there, and its entry of the history is marked: whoever comes back to it
 * keeps the place on the page. One that is carried leaves the address its goal. */
function writeAddress(name, own, carried = false) {
  const others = segments().filter((part) => !part.startsWith(`${name}:`));
  const all = encodeURI((carried ? [...others, own] : [own, ...others]).filter(Boolean).join(";"))
    .replaceAll("&", "%26");
  const section = carried && !SETTING.test(plain(location.hash)) ? location.hash : "";
  const query = [...queries().filter((part) => !SETTING.test(plain(part))),
    ...(section && all ? [all] : [])].join("&");
  const mark = carried && others.length && !section ? {} : { replearn: true };
  history.replaceState({ ...history.state, ...mark }, "",
    location.pathname + (query && `?${query}`) + (section || (all && `#${all}`)));
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

/* A number of the table, which is rounded once, as it is packed. */
const number = (value) => value.toPrecision(4).replace(/e\+?(-?\d+)$/, " × 10^$1");

function tableNodes(payload, state) {
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

/* Shows a point's numbers, and returns them in words; without a point clears them. */
function mark(svg, point, symbol, width) {
  const layer = svg.querySelector(".rl-hover");
  layer.innerHTML = "";
  if (!point) return "";
  const text = `${symbol} = ${point.n}: ${number(point.mean)}`
    + (point.low === undefined ? "" : ` (${number(point.low)} – ${number(point.high)})`);
  const wide = 7.6 * text.length;
  const left = clamp(point.x - wide / 2, 4, Math.max(4, width - wide));
  const y = Math.max(point.y, 46); // a high point's numbers stand over it
  layer.innerHTML = `<circle cx="${point.x}" cy="${point.y}" r="7"/>`
    + `<text x="${left}" y="${y - 28}" class="rl-strong">${safe(point.label)}</text>`
    + `<text x="${left}" y="${y - 13}">${safe(text)}</text>`;
  return `${point.label}, ${text}`;
}

/* The point under the mouse or the finger. */
function pointed(svg, points, event) {
  const box = svg.getBoundingClientRect();
  const far = (p) => Math.hypot(p.x - event.clientX + box.left, p.y - event.clientY + box.top);
  const near = points.reduce((a, b) => (a && far(a) <= far(b) ? a : b), null);
  return near && far(near) <= 24 ? near : null;
}

/* ---------- the view ---------- */

function render({ model, el }) {
  const payload = model.get("payload");
  const name = model.get("name");
  const own = model.get("address"); // the static page's host gives each a name of its own
  const unique = own ? name : `${name}-${Math.random().toString(36).slice(2)}`;
  const id = (part) => `${unique}-${part}`;
  const state = () => model.get("state");
  let points = [];
  let changing = false;
  let place = -1; // of the point that the arrow keys have reached
  let written = ""; // the setting, where the address has it
  let rest = 0;
  let tableOpen = false;
  let width = 0; // kept: asking the page for it at each redraw would force a layout

  const status = make("p", { class: "rl-status", role: "status", "aria-live": "polite" });
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("role", "img");
  svg.setAttribute("tabindex", "0");
  const chart = make("div", { class: "rl-chart" }, svg);
  const said = make("p", { class: "rl-sentence" });
  const heard = make("p", { class: "rl-heard", "aria-live": "polite" });
  const facts = make("div", { class: "rl-facts", role: "group", "aria-label": "read-outs" });
  const sheet = make("div", { class: "rl-table", id: id("table"), hidden: "", tabindex: 0,
    role: "region", "aria-label": "the curves as a table" });

  function set(wish, moved = null, message = "") {
    const before = { ...state(), ...wish };
    const after = nearest(payload, before, moved);
    changing = true;
    model.set("state", after);
    changing = false;
    model.save_changes();
    status.textContent = cell(payload, after) === cell(payload, before) ? message
      : `${message} ${say(payload, before)} is not computed. Shown instead: ${say(payload, after)}.`.trim();
    redraw();
  }

  function write(text, carried = false) {
    written = text;
    if (own) writeAddress(name, written, carried);
  }

  /* What the reader moved: the slider tells its value, the finding is told at rest. */
  function change(wish, moved = null, message = "") {
    set(wish, moved, message);
    write(setting(name, payload, state()));
    clearTimeout(rest);
    rest = setTimeout(() => {
      if (heard.textContent !== said.textContent) heard.textContent = said.textContent;
    }, RESTS_MS);
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
    const finding = drawn.empty || words.sentence;
    svg.setAttribute("aria-label", [finding, ...drawn.regions].join(" Hatched: "));
    svg.innerHTML = drawn.svg;
    points = drawn.points;
    place = -1;
    said.textContent = finding;
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
    write("");
  });
  const link = button("copy link", async () => {
    write(setting(name, payload, state()));
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
    group("actions", "rl-buttons", [reset, ...(own ? [link] : []), asTable]),
    status, heard, sheet);
  el.append(root);

  // JupyterLab would take the arrow keys for the notebook.
  root.addEventListener("keydown", (event) => event.stopPropagation());
  const point = (event) => mark(svg, pointed(svg, points, event), payload.symbol, width);
  svg.addEventListener("pointermove", point);
  svg.addEventListener("pointerdown", point);
  svg.addEventListener("pointerleave", (event) => {
    if (event.pointerType !== "touch") mark(svg); // a tap's numbers stay
  });
  svg.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    place = clamp(place + step, 0, points.length - 1);
    heard.textContent = mark(svg, points[place], payload.symbol, width);
  });
  svg.addEventListener("blur", () => mark(svg));
  const follow = () => { if (!changing) set({}); };
  model.on("change:state", follow);

  /* Sets what the address names; one that does not name this explorer is given its
   * setting. The page moves to the explorer where the reader was not there before. */
  function arrive(entry) {
    const found = readAddress(name, payload);
    if (!found) {
      if (written) write(written, true);
      return;
    }
    const [wanted, unknown] = found;
    set(wanted, payload.knobs[0].name);
    written = setting(name, payload, state());
    if (unknown.length) status.textContent = `The address asks for what is not here: ${
      unknown.join(", ")}. ${status.textContent || `Shown instead: ${describe()}.`}`;
    if (entry?.replearn || !opensAt(name)) return;
    (unknown.length ? status : el).scrollIntoView({ block: "nearest" });
    history.replaceState({ ...history.state, replearn: true }, "");
  }
  const describe = () => [say(payload, state()), payload.axes.find(({ key }) => key === state().axis).title,
    ...payload.learners.filter(({ key }) => state().show.includes(key)).map(({ label }) => label)].join("; ");
  const onArrival = (event) => arrive(event.state);
  const measure = () => Math.max(280, Math.floor(chart.clientWidth || 680));
  const watcher = new ResizeObserver(() => {
    if (measure() === width) return;
    width = measure();
    redraw();
  });
  width = measure();
  redraw();
  watcher.observe(chart);
  if (own) {
    addEventListener("popstate", onArrival);
    arrive(history.state);
  }
  return () => {
    watcher.disconnect();
    clearTimeout(rest);
    removeEventListener("popstate", onArrival);
    model.off("change:state", follow);
  };
}

export default { render };
