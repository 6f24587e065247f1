/* Draws curves as SVG. No page, no state, and no words of its own: what a setting shows
 * is said in Python. explorer.py puts the scripts one after another, and they make one
 * module.
 */

const LABEL_STEP = 16;
const domains = new WeakMap(); // payload -> axis title -> [low, high], the same in every cell

const log10 = Math.log10;
const minus = (text) => String(text).replace("-", "−");

/* The name of a cell of the table: how its knobs stand, as ExplorerSpec.key writes it. */
const cell = (payload, state) => payload.knobs.map((knob) => word(knob, state)).join("/");
const say = (payload, state) => payload.knobs
  .map((knob) => knob.said.replace("{}", word(knob, state))).join(", ");

/* ---------- drawing ---------- */

const STAR = Array.from({ length: 10 }, (_, i) => {
  const radius = i % 2 ? 0.6 : 1.5;
  return [radius * Math.sin((Math.PI * i) / 5), -radius * Math.cos((Math.PI * i) / 5)];
});
const MARKERS = {
  circle: (x, y, s) => `M${x - s} ${y}a${s} ${s} 0 1 0 ${2 * s} 0a${s} ${s} 0 1 0 ${-2 * s} 0`,
  square: (x, y, s) => `M${x - s} ${y - s}h${2 * s}v${2 * s}h${-2 * s}z`,
  diamond: (x, y, s) => `M${x} ${y - 1.3 * s}l${1.3 * s} ${1.3 * s}l${-1.3 * s} ${1.3 * s}`
    + `l${-1.3 * s} ${-1.3 * s}z`,
  up: (x, y, s) => `M${x} ${y - 1.3 * s}l${1.2 * s} ${2.2 * s}h${-2.4 * s}z`,
  down: (x, y, s) => `M${x} ${y + 1.3 * s}l${1.2 * s} ${-2.2 * s}h${-2.4 * s}z`,
  left: (x, y, s) => `M${x - 1.3 * s} ${y}l${2.2 * s} ${1.2 * s}v${-2.4 * s}z`,
  plus: (x, y, s) => `M${x - 0.4 * s} ${y - 1.3 * s}h${0.8 * s}v${0.9 * s}h${0.9 * s}v${0.8 * s}`
    + `h${-0.9 * s}v${0.9 * s}h${-0.8 * s}v${-0.9 * s}h${-0.9 * s}v${-0.8 * s}h${0.9 * s}z`,
  cross: (x, y, s) => `M${x - s} ${y - s}l${s} ${0.5 * s}l${s} ${-0.5 * s}l${-0.5 * s} ${s}`
    + `l${0.5 * s} ${s}l${-s} ${-0.5 * s}l${-s} ${0.5 * s}l${0.5 * s} ${-s}z`,
  star: (x, y, s) => "M" + STAR.map(([u, v]) => `${(x + s * u).toFixed(1)} ${(y + s * v).toFixed(1)}`)
    .join("L") + "z",
};

/* What n is divided by in a cell, and the title that says so. */
const axisIn = (payload, state, key) => payload.cells[key]
  .axes[payload.axes.findIndex((axis) => axis.key === state.axis)];

const isLog = (payload, state) => payload.axes.find((axis) => axis.key === state.axis).log;

function domain(payload, state) {
  const [, title] = axisIn(payload, state, cell(payload, state));
  if (!domains.has(payload)) domains.set(payload, new Map());
  const kept = domains.get(payload);
  if (kept.has(title)) return kept.get(title);
  let [low, high, whole] = [Infinity, -Infinity, true];
  for (const [key, curves] of Object.entries(payload.curves)) {
    const [scale, name] = axisIn(payload, state, key);
    if (name !== title) continue;
    whole &&= scale === 1;
    for (const { n } of Object.values(curves)) {
      low = Math.min(low, n[0] / scale);
      high = Math.max(high, n.at(-1) / scale);
    }
  }
  const room = state.axis === payload.axes[0].key ? 6 : 1.5; // for the names of curves
  kept.set(title, isLog(payload, state)
    ? [low / 1.2, whole ? 10 ** Math.ceil(log10(high)) : high * room] : [low, high + 0.2 * (high - low)]);
  return kept.get(title);
}

function frame(payload, state, width) {
  const narrow = width < 440;
  const height = Math.round(clamp(0.58 * width, 320, 470));
  const box = { left: 46, right: width - (narrow ? 12 : 22), top: 52, bottom: height - 46 };
  const log = isLog(payload, state);
  const across = log ? log10 : (value) => value;
  const [low, high] = domain(payload, state).map(across);
  const up = payload.y.log ? (value) => log10(Math.max(value, 1e-12)) : (value) => value;
  const [floor, ceiling] = [payload.y.low, payload.y.high].map(up);
  return {
    ...box, width, height, narrow, log, low, high, floor, ceiling,
    x: (v) => box.left + ((across(v) - low) / (high - low)) * (box.right - box.left),
    y: (v) => box.bottom - ((up(v) - floor) / (ceiling - floor)) * (box.bottom - box.top),
  };
}

const decade = (k) => `10<tspan dy="-6" class="rl-power">${minus(k)}</tspan>`;

/* Round numbers between two ends, with their names. */
function evenly(low, high) {
  const rough = (high - low) / 6;
  const unit = 10 ** Math.floor(log10(rough));
  const step = unit * [1, 2, 5, 10].find((m) => m * unit >= rough * 0.999);
  const digits = Math.max(0, -Math.floor(log10(step) + 1e-9));
  const first = Math.ceil(low / step - 1e-9);
  const steps = Math.floor(high / step + 1e-9) - first + 1;
  return Array.from({ length: steps }, (_, i) => (first + i) * step)
    .map((value) => [value, minus(value.toFixed(digits))]);
}

/* Ticks of the horizontal axis: [major, minor, words]. Powers of ten are named, and where
   fewer than two are in view, their doubles and fives too. */
function ticksBelow(f) {
  const [major, minor, words] = [[], [], []];
  const name = (x, text) =>
    `<text x="${x}" y="${f.bottom + 21}" text-anchor="middle">${text}</text>`;
  if (!f.log) {
    for (const [value, text] of evenly(f.low, f.high)) {
      major.push(`M${f.x(value).toFixed(1)} ${f.bottom}v6`);
      words.push(name(f.x(value).toFixed(1), text));
    }
    return [major, minor, words];
  }
  const few = Math.floor(f.high) <= Math.ceil(f.low);
  const skip = Math.ceil((f.high - f.low) / (f.narrow ? 5 : 10));
  for (let k = Math.floor(f.low); k <= f.high; k++) {
    for (let m = 1; m < 10; m++) {
      const x = f.x(m * 10 ** k).toFixed(1);
      if (x < f.left - 0.5 || x > f.right + 0.5) continue;
      const main = m === 1 || (few && (m === 2 || m === 5));
      (main ? major : minor).push(`M${x} ${f.bottom}v${main ? 6 : 3}`);
      if (few && main) words.push(name(x, `${+(m * 10 ** k).toPrecision(1)}`));
      else if (main && k % skip === 0) words.push(name(x, decade(k)));
    }
  }
  return [major, minor, words];
}

/* What the vertical axis is marked with: [value, its name], and the values between. */
function marksBeside(f, log) {
  const [named, between] = [[], []];
  if (log) {
    for (let k = Math.ceil(f.floor - 1e-9); k <= f.ceiling; k++) named.push([10 ** k, decade(k)]);
    for (let k = Math.floor(f.floor); k <= f.ceiling; k++) {
      for (let m = 2; m < 10; m++) between.push(m * 10 ** k);
    }
  } else {
    named.push(...evenly(f.floor, f.ceiling));
  }
  return [named, between.filter((value) => f.y(value) > f.top - 1 && f.y(value) < f.bottom)];
}

function axes(f, title, y, below = ticksBelow(f)) {
  const [major, minor, words] = below;
  const [named, between] = marksBeside(f, y.log);
  const heights = named.map(([value, name]) => [f.y(value).toFixed(1), name]);
  const grid = heights.map(([at]) => `M${f.left} ${at}H${f.right}`);
  words.push(...heights.map(([at, name]) =>
    `<text x="${f.left - 8}" y="${+at + 4}" text-anchor="end">${name}</text>`));
  minor.push(...between.map((value) => `M${f.left} ${f.y(value).toFixed(1)}h-3`));
  const note = y.note && !f.narrow ? ` (${y.note})` : "";
  return `<path class="rl-grid" d="${grid.join("")}"/><path class="rl-minor" d="${minor.join("")}"/>`
    + `<path class="rl-tick" d="${major.join("")}M${f.left} ${f.top}V${f.bottom}H${f.right}"/>${words.join("")}`
    + `<text class="rl-title" x="${f.right}" y="${f.height - 6}" text-anchor="end">${safe(title)} →</text>`
    + `<text class="rl-title" x="2" y="14">↑ ${safe(y.title + note)}</text>`;
}

function level({ value, label }, f) {
  const y = f.y(value);
  return `<path class="rl-level" d="M${f.left} ${y}H${f.right}"/>`
    + `<text class="rl-note" x="${f.left + 6}" y="${y - 5}">${safe(label)}</text>`;
}

/* Vertical lines; their names stand in a row above, none over another. */
function guides(lines, f, scale) {
  const places = lines.map(([n, label]) => ({ x: f.x(n / scale), label, half: 3.6 * label.length }))
    .sort((a, b) => a.x - b.x);
  let [free, later] = [f.left, places.reduce((sum, { half }) => sum + 2 * half + 12, 0)];
  return places.map(({ x, label, half }) => {
    later -= 2 * half + 12;
    const middle = clamp(x, free + half, f.right - half - later);
    free = middle + half + 12;
    const outside = x > f.right;
    const line = x < f.left || outside ? "" : `<path class="rl-guide" d="M${x} ${f.top - 6}V${f.bottom}"/>`;
    return `${line}<text class="rl-note" x="${middle}" y="${f.top - 12}" text-anchor="middle">`
      + `${safe(label)}${outside ? " →" : ""}</text>`;
  }).join("");
}

/* A measured curve has marks and a band; a computed one is a bare line. */
function curve(look, data, f, scale) {
  const xs = data.n.map((n) => f.x(n / scale));
  const line = xs.map((x, i) => [x, f.y(data.mean[i])]);
  const bare = `<path class="rl-curve" stroke-dasharray="${look.dash.join(" ")}" d="${path(line)}"/>`;
  if (!data.low) return `<g ${inked(look)} data-learner="${look.key}">${bare}</g>`;
  const band = [...xs.map((x, i) => [x, f.y(data.high[i])]),
                ...xs.map((x, i) => [x, f.y(data.low[i])]).reverse()];
  const marks = line.map(([x, y]) => MARKERS[look.marker](+x.toFixed(1), +y.toFixed(1), 3.2));
  return `<g ${inked(look)} data-learner="${look.key}">`
    + `<path class="rl-band" d="${path(band)}Z"/>${bare}`
    + `<path class="rl-mark" d="${marks.join("")}"/></g>`;
}

function ghost(look, data, f, scale, name) {
  const line = data.n.map((n, i) => [f.x(n / scale), f.y(data.mean[i])]);
  const inside = line.filter(([x, y]) => y <= f.bottom && x <= f.right);
  const [x, y] = inside.at(-1) ?? [0, -99];
  const late = x + 3 + 6 * name.length > f.right + 4; // else it would be cut off
  return `<g ${inked(look)} data-ghost="${look.key}-${safe(name)}"><path class="rl-ghost" d="${path(line)}"/>`
    + `<text class="rl-small" x="${late ? x - 3 : x + 3}" y="${y - 4}" clip-path="none" `
    + `text-anchor="${late ? "end" : "start"}">${safe(name)}</text></g>`;
}

/* Where nothing can lie: hatched below an edge, and named on the left where there is room. */
function regions(edges, f, scale, id) {
  return Object.entries(edges).map(([name, { n, error }]) => {
    const edge = n.map((v, i) => [f.x(v / scale), f.y(error[i])]);
    const room = Math.max(f.left, ...edge.map(([x, y]) => (y <= f.bottom ? x : 0))) - f.left;
    return `<pattern id="${id}" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">`
      + `<path class="rl-hatch" d="M0 0V7"/></pattern><path data-forbidden="${safe(name)}" fill="url(#${id})" `
      + `d="M0 ${f.bottom}V${edge[0][1]}${path(edge).replace("M", "L")}V${f.bottom}Z"/>`
      + `<path class="rl-hatch" d="${path(edge)}"/>` + (room > 7 * name.length
      ? `<text class="rl-note" x="${f.left + 7}" y="${f.bottom - 9}">${safe(name)}</text>` : "");
  }).join("");
}

function predicted(look, data, f, scale, kind) {
  const line = data.n.map((n, i) => [f.x(n / scale), f.y(data.error[i])]);
  return `<g ${inked(look)} data-theory="${look.key}"><path class="rl-theory ${kind}" `
    + `d="${path(line)}"/></g>`;
}

/* A drop line from a point of a curve down to the axis. */
function drop(look, [, n, value, dashed], f, scale) {
  const [x, y] = [f.x(n / scale), f.y(value)];
  if (!(x >= f.left && x <= f.right)) return "";
  return `<g ${inked(look)} data-reach="${look.key}"><path class="rl-drop" d="M${x} ${y}V${f.bottom}" `
    + `${dashed ? 'stroke-dasharray="2 3"' : ""}/><circle class="rl-ring" cx="${x}" cy="${y}" r="6"/></g>`;
}

function directLabels(shown, f, scale) {
  const labels = shown.map(({ look, data }) => {
    const inside = data.n.map((n, i) => [f.x(n / scale), f.y(data.mean[i])])
      .filter(([x, y]) => y <= f.bottom + 1 && x <= f.right + 1);
    const [x, y] = inside.at(-1) ?? [f.left, f.top];
    const wide = 8.8 * look.label.length;
    const late = x + 10 + 1.2 * wide > f.width; // then it ends there: fonts differ in width
    return { look, x: late ? f.width - wide : x + 10, y: y + 4, wide, late };
  }).sort((a, b) => a.y - b.y);
  const meet = (a, b) => a !== b && a.x < b.x + b.wide && b.x < a.x + a.wide;
  labels.forEach((label, i) => {
    const above = labels.slice(0, i).filter((other) => meet(label, other));
    label.y = Math.max(label.y, f.top + 10, ...above.map((other) => other.y + LABEL_STEP));
  });
  labels.reverse().forEach((label, i) => {
    const below = labels.slice(0, i).filter((other) => meet(label, other));
    label.y = Math.min(label.y, f.bottom - 8, ...below.map((other) => other.y - LABEL_STEP));
  });
  return labels.map(({ look, x, y, late }) => `<g ${inked(look)}><text class="rl-label" `
    + `x="${(late ? f.width - 3 : x).toFixed(1)}" y="${y.toFixed(1)}" `
    + `text-anchor="${late ? "end" : "start"}">${safe(look.label)}</text></g>`).join("");
}

/* The states of the other values of the first knob that are computed. */
const others = (payload, state) => payload.knobs[0].values
  .map((value) => ({ ...state, [payload.knobs[0].name]: value }))
  .filter((other) => cell(payload, other) !== cell(payload, state) && payload.cells[cell(payload, other)]);

/* Whose curves are shown at all values at once. */
const related = (payload, looks) => looks.filter(({ key }) => !payload.family || key === payload.family);

/* The curves of the other values of the first knob, drawn faintly. */
function ghosts(payload, state, f, pick) {
  return others(payload, state).flatMap((other) => {
    const key = cell(payload, other);
    const [scale] = axisIn(payload, state, key);
    const name = word(payload.knobs[0], other);
    return [...pick(payload.curves[key]).map((c) => ghost(c.look, c.data, f, scale, name)),
            ...(state.theory ? pick(payload.theory[key]) : [])
              .map((c) => predicted(c.look, c.data, f, scale, "rl-faint"))];
  });
}

function picture(payload, state, width, clip) {
  const f = frame(payload, state, width);
  const key = cell(payload, state);
  const here = payload.cells[key];
  const [scale, title] = axisIn(payload, state, key);
  const looks = payload.learners.filter((l) => state.show.includes(l.key));
  const pick = (curves, from = looks) => from.filter((l) => curves[l.key])
    .map((look) => ({ look, data: curves[look.key] }));
  const shown = pick(payload.curves[key]);
  const edges = (state.theory && payload.forbidden?.[key]) || {};
  const clipped = [
    regions(edges, f, scale, `${clip}-hatch`),
    ...(state.all ? ghosts(payload, state, f, (curves) => pick(curves, related(payload, looks))) : []),
    ...(state.theory ? pick(payload.theory[key]) : []).map((c) => predicted(c.look, c.data, f, scale, "")),
    ...shown.map((c) => curve(c.look, c.data, f, scale)),
  ];
  const drops = here.drops.map((line) => {
    const look = looks.find((l) => l.key === line[0]);
    return look && (state.theory || !line[3]) ? drop(look, line, f, scale) : "";
  });
  const points = shown.flatMap(({ look: l, data }) => data.n.map((n, i) => ({
    label: l.label, x: f.x(n / scale), y: f.y(data.mean[i]),
    say: () => `${payload.symbol} = ${n}: ${number(data.mean[i])}`
      + (data.low ? ` (${number(data.low[i])} – ${number(data.high[i])})` : ""),
  }))).filter((p) => p.y <= f.bottom + 4);
  const empty = clipped.some(Boolean) ? "" : "No curve is ticked.";
  const svg = `<clipPath id="${clip}"><rect x="${f.left}" y="${f.top - 4}" `
    + `width="${f.right - f.left + 4}" height="${f.bottom - f.top + 4}"/></clipPath>`
    + axes(f, title, payload.y) + (payload.level ? level(payload.level, f) : "")
    + (state.guides ? guides(here.guides, f, scale) : "")
    + `<g clip-path="url(#${clip})">${clipped.join("")}</g>${drops.join("")}`
    + (f.narrow ? "" : directLabels(shown, f, scale)) + '<g class="rl-hover"></g>'
    + (empty && `<text class="rl-title" x="${f.left + 20}" y="${f.top + 40}">${empty}</text>`);
  return { svg, height: f.height, points, empty, regions: Object.keys(edges) };
}
