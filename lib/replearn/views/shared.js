/* What every front end is made of: elements, colours, a slider. Stands first in each. */

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
const safe = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt()};`);
const word = (knob, state) => knob.words[knob.values.indexOf(state[knob.name])];
const inked = (look) => `class="ink" style="--light:${look.light};--dark:${look.dark}"`;
const path = (points) => "M" + points.map((p) => p.map((v) => v.toFixed(1)).join(" ")).join("L");

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
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
