/* What a reader moves an explorer with. */

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function button(label, action) {
  const node = make("button", { type: "button" }, label);
  node.addEventListener("click", action);
  return node;
}

function pictureNode(viewBox) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const own = { role: "img", tabindex: "0", viewBox };
  for (const [name, value] of Object.entries(own)) svg.setAttribute(name, value);
  return svg;
}

const LONGEST_TICKS = 16; // letters under a slider

function slider(knob, id, change) {
  const input = make("input", { type: "range", id, min: 0, max: knob.values.length - 1, step: 1 });
  const output = make("output", { for: id, "aria-live": "off" }); // the slider says it
  const ticks = make("span", { class: "rl-ticks", "aria-hidden": "true" },
    ...(knob.words.join("").length > LONGEST_TICKS ? [] : knob.words) // long names would not fit
      .map((text) => make("span", {}, text)));
  let finger = null; // where one came down that may yet scroll the page
  let stands = 0;
  const take = () => change({ [knob.name]: knob.values[+input.value] }, knob.name);
  const settle = (event) => {
    if (finger && event.type === "pointercancel") input.value = stands;
    else if (finger) take();
    finger = null;
  };
  input.addEventListener("pointerdown", (event) => {
    finger = event.pointerType === "touch" ? event : null;
  });
  input.addEventListener("pointermove", (event) => {
    if (finger && Math.abs(event.clientX - finger.clientX) > 8) settle(event);
  });
  input.addEventListener("pointerup", settle);
  input.addEventListener("pointercancel", settle);
  input.addEventListener("input", () => { if (!finger) take(); });
  const show = (state) => {
    const text = `${word(knob, state)}${knob.unit ? ` ${knob.unit}` : ""}`;
    input.value = stands = knob.values.indexOf(state[knob.name]);
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

/* Check boxes for the learners: those that start visible, the others behind "more curves". */
function ticks(payload, id, state, change) {
  const toggle = (key) => (on) => change({ show: payload.learners.map((l) => l.key)
    .filter((k) => (k === key ? on : state().show.includes(k))) });
  const boxes = payload.learners.map((look) => [payload.first.includes(look.key), tick(id(`show-${look.key}`),
    look.label, (s) => s.show.includes(look.key), toggle(look.key), swatch(look))]);
  const [first, more] = [true, false].map((start) => boxes.filter(([at]) => at === start).map(([, box]) => box.node));
  const fold = make("details", { class: "rl-more" }, make("summary", {}, "more curves"), ...more);
  const show = (now) => {
    for (const [, box] of boxes) box.show(now);
    fold.open ||= now.show.some((key) => !payload.first.includes(key));
  };
  return { nodes: [...first, ...(more.length ? [fold] : [])], show };
}
