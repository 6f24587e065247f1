/* The numbered steps of an explorer; its curves before a move; and, beside them, how many
 * samples the curves needed at the settings that were visited.
 */

const FREE = "Free play: move the sliders; a number brings you back.";

/* ---------- numbered steps ---------- */

const same = (a, b) => [...[a].flat()].sort().join() === [...[b].flat()].sort().join();

/* The stage whose setting is shown; undefined where the reader plays freely. */
const stageAt = (payload, now) => payload.stages.find(({ state }) =>
  Object.keys(state).every((key) => same(state[key], now[key])));

function steps(payload, choose) {
  const said = make("p", { class: "rl-say" });
  const buttons = payload.stages.map((stage, i) => {
    const node = button(stage.label, () => choose(stage, i));
    node.dataset.part = "stage";
    node.prepend(make("b", {}, String(i + 1)), " ");
    return node;
  });
  const show = (now) => {
    const here = stageAt(payload, now);
    said.textContent = here ? here.sentence : FREE;
    for (const [i, node] of buttons.entries()) {
      if (payload.stages[i] === here) node.setAttribute("aria-current", "step");
      else node.removeAttribute("aria-current");
    }
  };
  const group = make("div", { class: "rl-stages", role: "group", "aria-label": "steps" }, ...buttons);
  return { nodes: buttons.length ? [group, said] : [], show };
}

/* ---------- the setting before ---------- */

/* The curves of the setting before, pale; none where the axis would mean another thing. */
function trace(payload, state, was, width) {
  const key = was && cell(payload, was);
  if (!key || state.all || key === cell(payload, state)) return "";
  const [scale, title] = axisIn(payload, state, key);
  if (title !== axisIn(payload, state, cell(payload, state))[1]) return "";
  const f = frame(payload, state, width);
  const box = [f.left, f.top - 4, f.right - f.left + 4, f.bottom - f.top + 4];
  const lines = payload.learners.filter((l) => state.show.includes(l.key) && payload.curves[key][l.key])
    .map((look) => {
      const { n, mean } = payload.curves[key][look.key];
      return `<g ${inked(look)}><path class="rl-curve" stroke-dasharray="${look.dash.join(" ")}" d="${
        path(n.map((v, i) => [f.x(v / scale), f.y(mean[i])]))}"/></g>`;
    });
  return `<svg x="${box[0]}" y="${box[1]}" width="${box[2]}" height="${box[3]}" viewBox="${
    box.join(" ")}">${lines.join("")}</svg>`;
}

/* ---------- samples against the first knob ---------- */

const NEEDS = { width: 250, height: 250, left: 40, right: 238, top: 30, bottom: 206 };

const hasNeeds = (payload) => payload.knobs[0].values.every((value) => value > 0)
  && Object.values(payload.cells).some(({ needs }) => needs.length);

/* What the shown curves need at each value of the first knob, the others as they stand. */
function needsAt(payload, state) {
  const looks = payload.learners.filter((l) => state.show.includes(l.key));
  return [state, ...others(payload, state)].flatMap((at) => {
    const key = cell(payload, at);
    return payload.cells[key].needs.flatMap(([learner, n, sign, told]) => {
      const look = looks.find((l) => l.key === learner);
      return look ? [{ key, look, n, sign, told, value: at[payload.knobs[0].name] }] : [];
    });
  }).sort((a, b) => a.value - b.value);
}

/* Filled where it was measured, open where theory tells it, an arrow where it is a bound. */
function needMark({ look, sign, told }, x, y) {
  const ends = { ">": `M${x} ${y}v-13m-4 5l4 -5l4 5`, "≤": `M${x} ${y}v13m-4 -5l4 5l4 -5` };
  return `<path class="${told ? "rl-ring" : "rl-mark"}" d="${MARKERS[look.marker](x, y, 4)}"/>`
    + (ends[sign] ? `<path class="rl-bound" d="${ends[sign]}"/>` : "");
}

function needsPicture(payload, state, visited) {
  const first = payload.knobs[0];
  const found = needsAt(payload, state);
  const sizes = found.map(({ n }) => n);
  const [low, high] = [first.values[0], first.values.at(-1)].map(log10);
  const floor = sizes.length ? Math.floor(log10(Math.min(...sizes))) : 0;
  const ceiling = sizes.length ? Math.max(floor + 1, Math.ceil(log10(Math.max(...sizes)))) : 1;
  const f = { ...NEEDS, narrow: true, floor, ceiling,
    x: (v) => NEEDS.left + 12 + ((log10(v) - low) / (high - low)) * (NEEDS.right - NEEDS.left - 24),
    y: (v) => NEEDS.bottom - ((log10(v) - floor) / (ceiling - floor)) * (NEEDS.bottom - NEEDS.top) };
  const places = first.values.map((value) => f.x(value).toFixed(1));
  const below = [places.map((x) => `M${x} ${f.bottom}v6`), [], places.map((x, i) =>
    `<text x="${x}" y="${f.bottom + 21}" text-anchor="middle">${first.words[i]}</text>`)];
  const seen = found.filter(({ key }) => visited.has(key));
  const points = seen.map((need) => ({ label: need.look.label, x: f.x(need.value), y: f.y(need.n),
    say: () => `${first.said.replace("{}", word(first, { [first.name]: need.value }))}: ${payload.symbol} ${
      need.sign} ${number(need.n)}${need.told ? " (theory)" : ""}` }));
  const lines = payload.learners.map((look) => {
    const [own, sure] = [(need) => need.look === look, (need) => need.sign === "≈"];
    const line = seen.filter((need) => own(need) && sure(need)).map((need) => [f.x(need.value), f.y(need.n)]);
    return `<g ${inked(look)} data-need="${look.key}">`
      + (line.length > 1 ? `<path class="rl-link" d="${path(line)}"/>` : "")
      + seen.filter(own).map((need) => needMark(need, f.x(need.value), f.y(need.n))).join("") + "</g>";
  });
  const svg = axes(f, first.label, { log: true, title: `${payload.symbol} to ${payload.level.label}` }, below)
    + lines.join("") + '<g class="rl-hover"></g>';
  return { svg, points };
}

function needsPanel(payload, state, hear) {
  if (!hasNeeds(payload)) return { nodes: [], show() {} };
  const visited = new Set();
  const svg = pictureNode(`0 0 ${NEEDS.width} ${NEEDS.height}`);
  const tell = tellPoints(svg, hear);
  const show = (now) => {
    visited.add(cell(payload, now));
    const drawn = needsPicture(payload, now, visited);
    svg.innerHTML = drawn.svg;
    const told = drawn.points.map((point) => `${point.label}, ${point.say()}`).join("; ");
    svg.setAttribute("aria-label", `${payload.symbol} to ${payload.level.label} at the settings visited: ${told}.`);
    tell(drawn.points, NEEDS.width);
  };
  const again = button("clear the trail", () => {
    visited.clear();
    show(state());
  });
  return { nodes: [make("div", { class: "rl-needs" }, svg, again)], show };
}
