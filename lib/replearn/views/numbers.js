/* What an explorer tells in numbers: read-outs, points, the table, and what is kept of it. */

function readoutNodes(rows) {
  return rows.map(([key, name, value, note]) => make("div", { "data-readout": key },
    make("span", {}, name), make("strong", {}, value), make("span", {}, note)));
}

/* A number of the table, which is rounded once, as it is packed. */
const number = (value) => value.toPrecision(4).replace(/e\+?(-?\d+)$/, " × 10^$1");

const isMeasured = (payload) => payload.seeds !== "0"; // else curves are computed, and exact

function tableNodes(payload, state) {
  const measured = isMeasured(payload);
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

/* ---------- points that tell their numbers ---------- */

/* Shows a point's numbers, and returns them in words; without a point clears them. */
function mark(svg, point, width) {
  const layer = svg.querySelector(".rl-hover");
  layer.innerHTML = "";
  if (!point) return "";
  const text = point.say();
  const wide = 7.6 * Math.max(text.length, point.label.length);
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

/* A picture whose points tell their numbers under the mouse and the finger and to the
 * arrow keys; returns what is told of each new drawing. */
function tellPoints(svg, hear) {
  let [points, width, place] = [[], 0, -1]; // place: where the arrow keys have come
  const point = (event) => mark(svg, pointed(svg, points, event), width);
  svg.addEventListener("pointermove", point);
  svg.addEventListener("pointerdown", point);
  svg.addEventListener("pointerleave", (event) => {
    if (event.pointerType !== "touch") mark(svg); // a tap's numbers stay
  });
  svg.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step || !points.length) return;
    event.preventDefault();
    place = clamp(place + step, 0, points.length - 1);
    hear(mark(svg, points[place], width));
  });
  svg.addEventListener("blur", () => mark(svg));
  return (found, wide) => { [points, width, place] = [found, wide, -1]; };
}

/* ---------- what is taken along ---------- */

/* The curves that are shown, all their points; a value that holds a comma is quoted. */
function csv(payload, state) {
  const quoted = (value) => (/[",\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
  const looks = payload.learners.filter((l) => state.show.includes(l.key));
  const line = (at, look, kind, data, values) => data.n.map((n, i) => [
    ...payload.knobs.map((knob) => word(knob, at)), look.label, kind, n,
    ...values.map((key) => data[key]?.[i] ?? "")]);
  const lines = [state, ...(state.all ? others(payload, state) : [])].flatMap((at) => {
    const from = at === state ? looks : related(payload, looks);
    const [curves, theory] = [payload.curves, payload.theory].map((all) => all[cell(payload, at)]);
    return from.flatMap((look) => [
      ...(curves[look.key] ? line(at, look, isMeasured(payload) ? "measured" : "computed",
        curves[look.key], ["mean", "low", "high"]) : []),
      ...(state.theory && theory[look.key] ? line(at, look, "theory", theory[look.key], ["error"]) : [])]);
  });
  const head = [...payload.knobs.map((knob) => knob.short), "curve", "kind", payload.symbol,
    payload.y.title, "low", "high"];
  return [head, ...lines].map((row) => row.map((v) => quoted(String(v))).join(",")).join("\r\n") + "\r\n";
}

const KEPT = ["fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linecap", "stroke-linejoin",
  "opacity", "paint-order", "font-family", "font-size", "font-weight"];
const PRINTED = 720; // width of a picture that is taken along, wherever it is seen

/* The picture as a file of its own: in the light colours, its styles written into it. */
function selfContained(root, payload, state, finding) {
  const svg = pictureNode("0 0 1 1");
  const { svg: drawn, height } = picture(payload, state, PRINTED, "clip");
  svg.innerHTML = `<title>${safe(finding)}</title><rect width="100%" height="100%" fill="#ffffff"/>${drawn}`
    + `<text class="rl-note" x="2" y="${height - 6}">${safe(say(payload, state))}</text>`;
  root.style.colorScheme = "light";
  root.style.setProperty("--rl-page", "#ffffff");
  root.querySelector(".rl-view").append(svg);
  const nodes = [...svg.querySelectorAll(":not(title, rect)")];
  const styles = nodes.map((node) => getComputedStyle(node)).map((style) =>
    KEPT.map((key) => `${key}:${style.getPropertyValue(key)}`).join(";"));
  svg.remove();
  root.removeAttribute("style");
  for (const [i, node] of nodes.entries()) {
    node.setAttribute("style", styles[i]);
    node.removeAttribute("class");
  }
  svg.removeAttribute("tabindex");
  for (const [name, value] of [["width", PRINTED], ["height", height],
    ["viewBox", `0 0 ${PRINTED} ${height}`]]) svg.setAttribute(name, value);
  return new XMLSerializer().serializeToString(svg);
}

function save(name, type, text) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  make("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/* Buttons for the numbers and the picture, and links to where both come from. */
function takings(root, name, payload, state) {
  const words = () => payload.cells[cell(payload, state())].sentence;
  const called = (ending) => `${name}-${payload.knobs
    .map((knob) => knob.short + word(knob, state())).join("-").replace(/[^\w.-]+/g, "_")}.${ending}`;
  const home = document.querySelector("meta[name=repository]")?.content; // Jupyter has the files
  return [
    button("numbers (CSV)", () => save(called("csv"), "text/csv", csv(payload, state()))),
    button("picture (SVG)", () => save(called("svg"), "image/svg+xml",
      selfContained(root, payload, state(), words()))),
    ...(home ? Object.entries(payload.sources) : []).map(([label, path]) =>
      make("a", { href: `${home}/${path}`, rel: "external" }, label)),
  ];
}
