/* What a reader moves an explorer with. */

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
