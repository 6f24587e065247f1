/* The explorer: one module for two hosts, Jupyter and the built page.
 *
 * The model holds `payload`: the specification, numbers and words, packed in Python (see
 * packing.py); `state`: what a reader moves; and `name`, under which the state is written
 * in the page's address. explorer.py puts before this text what it uses: the drawing
 * (chart.js), the address, the controls, the numbers and the stages.
 */

const RESTS_MS = 900; // so long a setting stands before its finding is read out

/* What is announced: `soon` when the reader has come to rest, `now` at once. */
function ear(said) {
  const node = make("p", { class: "rl-heard", "aria-live": "polite" });
  let rest = 0;
  return {
    node,
    now: (text) => { node.textContent = text; },
    soon() {
      clearTimeout(rest);
      rest = setTimeout(() => { if (node.textContent !== said()) node.textContent = said(); }, RESTS_MS);
    },
    end: () => clearTimeout(rest),
  };
}

/* The table view and the button that opens it. */
function sheetOf(id, payload, state) {
  const node = make("div", { class: "rl-table", id: id("table"), hidden: "", tabindex: 0,
    role: "region", "aria-label": "the curves as a table" });
  const show = (now) => { if (!node.hidden) node.replaceChildren(tableNodes(payload, now)); };
  const toggle = button("show as table", () => {
    node.hidden = !node.hidden;
    toggle.setAttribute("aria-expanded", String(!node.hidden));
    toggle.textContent = node.hidden ? "show as table" : "hide the table";
    show(state());
  });
  toggle.setAttribute("aria-expanded", "false");
  toggle.setAttribute("aria-controls", id("table"));
  return { node, toggle, show };
}

/* Brings a picture that is not wholly seen to the middle of the window. */
function comeTo(node, smooth) {
  const { top, bottom } = node.getBoundingClientRect();
  const still = !smooth || matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (top < 0 || bottom > innerHeight) {
    node.scrollIntoView({ block: "start", behavior: still ? "instant" : "smooth" });
  }
}

function render({ model, el }) {
  const payload = model.get("payload");
  const name = model.get("name");
  const own = model.get("address"); // the static page's host gives each a name of its own
  const unique = own ? name : `${name}-${Math.random().toString(36).slice(2)}`;
  const id = (part) => `${unique}-${part}`;
  const state = () => model.get("state");
  let changing = false;
  let written = ""; // the setting, where the address has it
  let width = 0; // kept: asking the page for it at each redraw would force a layout
  let [was, mover] = [null, null]; // the state before the knob that moved last began to

  const status = make("p", { class: "rl-status", role: "status", "aria-live": "polite" });
  const svg = pictureNode("0 0 1 1");
  const pale = make("div", { class: "rl-pale", "aria-hidden": "true" });
  const paleNote = make("p", { class: "rl-pale-note", "aria-hidden": "true" });
  const chart = make("div", { class: "rl-chart" }, svg, pale);
  const said = make("p", { class: "rl-sentence" });
  const heard = ear(() => stageAt(payload, state())?.sentence ?? said.textContent);
  const tell = tellPoints(svg, heard.now);
  const facts = make("div", { class: "rl-facts", role: "group", "aria-label": "read-outs" });
  const sheet = sheetOf(id, payload, state);

  function set(wish, moved = null, message = "") {
    const [now, before] = [state(), { ...state(), ...wish }];
    const after = nearest(payload, before, moved);
    if (moved !== mover && cell(payload, after) !== cell(payload, now)) [was, mover] = [now, moved];
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
    heard.soon();
  }

  const stages = steps(payload, (stage, i) => change(stage.state, `stage ${i}`));
  const knobs = payload.knobs.map((knob) => slider(knob, id(knob.name), change));
  const learners = ticks(payload, id, state, change);
  const switches = payload.switches.map((item) => tick(id(item.name), item.label,
    (s) => s[item.name], (on) => change({ [item.name]: on })));
  const axis = payload.axes.length > 1 ? [chooser(payload, id("axis"), change)] : [];
  const needs = needsPanel(payload, state, heard.now);
  const moving = [stages, ...knobs, learners, ...switches, ...axis, needs, sheet];

  function redraw() {
    const now = state();
    const words = payload.cells[cell(payload, now)];
    const drawn = picture(payload, now, width, id("clip"));
    svg.setAttribute("viewBox", `0 0 ${width} ${drawn.height}`);
    const finding = drawn.empty || words.sentence;
    svg.setAttribute("aria-label", [finding, ...drawn.regions].join(" Hatched: "));
    svg.innerHTML = drawn.svg;
    tell(drawn.points, width);
    const traced = trace(payload, now, was, width);
    pale.innerHTML = traced && `<svg viewBox="0 0 ${width} ${drawn.height}">${traced}</svg>`;
    paleNote.textContent = traced && `pale: before, ${say(payload, was)}`;
    said.textContent = finding;
    facts.replaceChildren(...readoutNodes(words.facts));
    for (const item of moving) item.show(now);
  }

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

  const group = (label, kind, items) => make("div", { class: kind, role: "group", "aria-label": label },
    ...items.map((item) => item.node ?? item));
  const root = make("div", { class: "rl" }, ...stages.nodes,
    group("the setting", "rl-knobs", knobs), said,
    make("div", { class: "rl-view" }, make("div", {}, chart, paleNote), ...needs.nodes),
    group("curves shown", "rl-learners", learners.nodes),
    group("what is drawn", "rl-options", [...axis, ...switches]),
    facts);
  root.append(
    group("actions", "rl-buttons", [reset, ...(own ? [link] : []), sheet.toggle,
      ...takings(root, name, payload, state)]),
    status, heard.node, sheet.node);
  el.append(root);

  // JupyterLab would take the arrow keys for the notebook.
  root.addEventListener("keydown", (event) => event.stopPropagation());
  const follow = () => { if (!changing) set({}); };
  model.on("change:state", follow);

  /* Sets what the address names; one that does not name this explorer is given its
   * setting. The page moves to the explorer where the reader was not there before; who
   * followed a link there finds the keyboard at the picture. */
  function arrive(entry, followed = true) {
    const found = readAddress(name, payload);
    if (!found) {
      if (written) write(written, true);
      return;
    }
    const [wanted, unknown] = found;
    mover = null;
    set(wanted, payload.knobs[0].name);
    written = setting(name, payload, state());
    if (unknown.length) status.textContent = `The address asks for what is not here: ${
      unknown.join(", ")}. ${status.textContent || `Shown instead: ${describe()}.`}`;
    if (entry?.replearn || !opensAt(name)) return;
    history.replaceState({ ...history.state, replearn: true }, "");
    comeTo(unknown.length ? status : el, followed);
    if (followed) svg.focus({ preventScroll: true });
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
    arrive(history.state, false);
    [was, mover] = [null, null];
  }
  return () => {
    watcher.disconnect();
    heard.end();
    removeEventListener("popstate", onArrival);
    model.off("change:state", follow);
  };
}

export default { render };
