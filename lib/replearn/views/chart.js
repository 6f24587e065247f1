/* Draws learning curves as SVG and says in words what they show. No page, no state:
 * explorer.py puts this text before explorer.js, and the two make one module.
 */

const SUPERSCRIPT = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const TOP_ERROR = 3;
const LABEL_STEP = 16;
const domains = new WeakMap(); // payload -> axis -> [low, high], the same for every d and r

const cell = ({ d, r, degree }) => `${d}-${r}-${degree}`;

/* ---------- numbers and words ---------- */

const log10 = Math.log10;
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
const power = (exponent) => [...String(exponent)].map((c) => SUPERSCRIPT[c]).join("");

function count(n) {
  const step = 10 ** Math.max(0, Math.floor(log10(n)) - 1);
  const rounded = Math.round(n / step) * step;
  if (rounded < 1e3) return String(rounded);
  const [size, unit] = rounded < 1e6 ? [1e3, "k"] : [1e6, "M"];
  return `${+(rounded / size).toPrecision(3)}${unit}`;
}

const ratio = (value) => `${value < 9.95 ? value.toFixed(1) : count(value)}×`;

/* First n at which a curve is at or under the level, between points in log-log. */
function reach(n, error, level) {
  for (let i = 0; i < n.length; i++) {
    if (error[i] > level) continue;
    if (i === 0) return n[0];
    const part = Math.log(error[i - 1] / level) / Math.log(error[i - 1] / error[i]);
    return n[i - 1] * (n[i] / n[i - 1]) ** part;
  }
  return null;
}

/* ---------- what the reader should notice ---------- */

function findings(payload, state) {
  const curves = payload.curves[cell(state)];
  const theory = payload.theory[cell(state)] ?? {};
  const kernels = payload.learners.filter((l) => l.family === "kernel");
  const best = (found) => found.filter((f) => f.n !== null)
    .reduce((a, b) => (a && a.n <= b.n ? a : b), null);
  const measured = kernels.filter((l) => curves[l.key])
    .map((l) => ({ ...l, n: reach(curves[l.key].n, curves[l.key].mean, payload.level) }));
  const predicted = kernels.filter((l) => theory[l.key])
    .map((l) => ({ ...l, n: reach(theory[l.key].n, theory[l.key].error, payload.level) }));
  const network = curves["one-step"];
  return {
    network: network ? reach(network.n, network.mean, payload.level) : null,
    networkLast: network ? network.n.at(-1) : null,
    kernel: best(measured),
    kernelLast: Math.max(...kernels.map((l) => curves[l.key]?.n.at(-1) ?? 0)),
    predicted: best(predicted),
    guides: payload.guides[cell(state)],
  };
}

function compare({ network, kernel, kernelLast, predicted }) {
  if (network === null) return { text: "–", words: "" };
  if (kernel) return { text: ratio(kernel.n / network), words: ratio(kernel.n / network) };
  if (predicted && predicted.n > kernelLast) {
    return { text: `≈ ${ratio(predicted.n / network)}`, words: "by theory" };
  }
  if (kernelLast <= network) return { text: "–", words: "the kernels' curves end too early" };
  return { text: `> ${ratio(kernelLast / network)}`, words: "at least" };
}

function sentence(payload, state, found) {
  const level = `${100 * payload.level} % error`;
  const at = `d = ${state.d}, r = ${state.r}, degree ${state.degree}`;
  const network = found.network !== null
    ? `the one-step network reaches ${level} at n ≈ ${count(found.network)}`
    : `the one-step network does not reach ${level} by n = ${count(found.networkLast)}`;
  const theory = found.predicted && found.predicted.n > found.kernelLast
    ? ` (theory: n ≈ ${count(found.predicted.n)})` : "";
  const kernel = found.kernel
    ? `the best kernel (${found.kernel.label.replace(" kernel", "")}) `
      + `at n ≈ ${count(found.kernel.n)}`
    : `no kernel reaches it by n = ${count(found.kernelLast)}${theory}`;
  return `${at}: ${network}, ${kernel}.`;
}

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
  plus: (x, y, s) => `M${x - 0.4 * s} ${y - 1.3 * s}h${0.8 * s}v${0.9 * s}h${0.9 * s}v${0.8 * s}`
    + `h${-0.9 * s}v${0.9 * s}h${-0.8 * s}v${-0.9 * s}h${-0.9 * s}v${-0.8 * s}h${0.9 * s}z`,
  cross: (x, y, s) => `M${x - s} ${y - s}l${s} ${0.5 * s}l${s} ${-0.5 * s}l${-0.5 * s} ${s}`
    + `l${0.5 * s} ${s}l${-s} ${-0.5 * s}l${-s} ${0.5 * s}l${0.5 * s} ${-s}z`,
  star: (x, y, s) => "M" + STAR.map(([u, v]) => `${(x + s * u).toFixed(1)} ${(y + s * v).toFixed(1)}`)
    .join("L") + "z",
};

const inked = (look) => `class="ink" style="--light:${look.light};--dark:${look.dark}"`;

const axisOf = (payload, state) => payload.axes.find((axis) => axis.key === state.axis);
const scaleOf = (axis, state, d) => d ** (axis.power ?? state.degree);
const titleOf = (axis, state) => axis.title.replace("ᵖ", power(state.degree));

function domain(payload, state) {
  const axis = axisOf(payload, state);
  const known = `${axis.key}-${axis.power ?? state.degree}`;
  if (!domains.has(payload)) domains.set(payload, new Map());
  const kept = domains.get(payload);
  if (kept.has(known)) return kept.get(known);
  let [low, high] = [Infinity, 0];
  for (const [key, curves] of Object.entries(payload.curves)) {
    const [d, , degree] = key.split("-").map(Number);
    if (axis.power === null && degree !== state.degree) continue;
    for (const { n } of Object.values(curves)) {
      low = Math.min(low, n[0] / scaleOf(axis, state, d));
      high = Math.max(high, n.at(-1) / scaleOf(axis, state, d));
    }
  }
  high = axis.power === 0 ? 10 ** Math.ceil(log10(high)) : high * 1.5;
  kept.set(known, [low / 1.2, high]);
  return kept.get(known);
}

function frame(payload, state, width) {
  const narrow = width < 560;
  const height = Math.round(clamp(0.58 * width, 320, 470));
  const box = { left: 46, right: width - (narrow ? 12 : 22), top: 52, bottom: height - 46 };
  const [low, high] = domain(payload, state).map(log10);
  const [floor, ceiling] = [payload.floor, TOP_ERROR].map(log10);
  return {
    ...box, width, height, narrow, low, high, floor,
    x: (v) => box.left + ((log10(v) - low) / (high - low)) * (box.right - box.left),
    y: (e) => box.bottom
      - ((log10(Math.max(e, 1e-12)) - floor) / (ceiling - floor)) * (box.bottom - box.top),
  };
}

const path = (points) => "M" + points.map((p) => p.map((v) => v.toFixed(1)).join(" ")).join("L");

function axes(f, title) {
  const [minor, major, grid, words] = [[], [], [], []];
  const decade = (k) => `10<tspan dy="-6" class="rl-power">${String(k).replace("-", "−")}</tspan>`;
  const skip = Math.ceil((f.high - f.low) / (f.narrow ? 5 : 10));
  for (let k = Math.floor(f.low); k <= f.high; k++) {
    for (let m = 1; m < 10; m++) {
      const x = f.x(m * 10 ** k).toFixed(1);
      if (x < f.left - 0.5 || x > f.right + 0.5) continue;
      (m === 1 ? major : minor).push(`M${x} ${f.bottom}v${m === 1 ? 6 : 3}`);
      if (m === 1 && k % skip === 0) {
        words.push(`<text x="${x}" y="${f.bottom + 21}" text-anchor="middle">${decade(k)}</text>`);
      }
    }
  }
  for (let k = f.floor; k <= 0; k++) {
    const y = f.y(10 ** k).toFixed(1);
    grid.push(`M${f.left} ${y}H${f.right}`);
    words.push(`<text x="${f.left - 8}" y="${+y + 4}" text-anchor="end">${decade(k)}</text>`);
    for (let m = 2; m < 10 && f.y(m * 10 ** k) > f.top - 1; m++) {
      minor.push(`M${f.left} ${f.y(m * 10 ** k).toFixed(1)}h-3`);
    }
  }
  return `<path class="rl-grid" d="${grid.join("")}"/><path class="rl-minor" d="${minor.join("")}"/>`
    + `<path class="rl-tick" d="${major.join("")}M${f.left} ${f.top}V${f.bottom}H${f.right}"/>${words.join("")}`
    + `<text class="rl-title" x="${f.right}" y="${f.height - 6}" text-anchor="end">${title} →</text>`
    + `<text class="rl-title" x="2" y="14">↑ test error / Var f*`
    + `${f.narrow ? "" : " (1: no better than the mean)"}</text>`;
}

function level(payload, f) {
  const y = f.y(payload.level);
  return `<path class="rl-level" d="M${f.left} ${y}H${f.right}"/>`
    + `<text class="rl-note" x="${f.left + 6}" y="${y - 5}">${100 * payload.level} % error</text>`;
}

function guides(payload, state, f, scale) {
  const { kernel, network } = payload.guides[cell(state)];
  const p = power(state.degree);
  const lines = [[network, `d²r + dr${p}`], [kernel, `d${p}`]].map(([n, name]) => {
    const label = `${name} = ${count(n)}`;
    return { x: f.x(n / scale), label, half: 3.6 * label.length };
  }).sort((a, b) => a.x - b.x);
  let free = f.left;
  return lines.map(({ x, label, half }, i) => {
    const outside = x > f.right;
    const text = outside ? `${label} →` : label;
    const after = i === 0 ? 2 * lines[1].half + 12 : 0;
    const middle = clamp(x, free + half, f.right - half - after);
    free = middle + half + 12;
    const line = x < f.left || outside ? "" : `<path class="rl-guide" d="M${x} ${f.top - 6}V${f.bottom}"/>`;
    return `${line}<text class="rl-note" x="${middle}" y="${f.top - 12}" text-anchor="middle">${text}</text>`;
  }).join("");
}

function curve(look, data, f, scale) {
  const xs = data.n.map((n) => f.x(n / scale));
  const line = xs.map((x, i) => [x, f.y(data.mean[i])]);
  const band = [...xs.map((x, i) => [x, f.y(data.high[i])]),
                ...xs.map((x, i) => [x, f.y(data.low[i])]).reverse()];
  const marks = line.map(([x, y]) => MARKERS[look.marker](+x.toFixed(1), +y.toFixed(1), 3.2));
  return `<g ${inked(look)} data-learner="${look.key}">`
    + `<path class="rl-band" d="${path(band)}Z"/>`
    + `<path class="rl-curve" stroke-dasharray="${look.dash.join(" ")}" d="${path(line)}"/>`
    + `<path class="rl-mark" d="${marks.join("")}"/></g>`;
}

function ghost(look, data, f, scale, d) {
  const line = data.n.map((n, i) => [f.x(n / scale), f.y(data.mean[i])]);
  const inside = line.filter(([x, y]) => y <= f.bottom && x <= f.right);
  const [x, y] = inside.at(-1) ?? [0, -99];
  return `<g ${inked(look)} data-ghost="${look.key}-${d}"><path class="rl-ghost" d="${path(line)}"/>`
    + `<text class="rl-small" x="${x + 3}" y="${y - 4}" clip-path="none">${d}</text></g>`;
}

function predicted(look, data, f, scale, kind) {
  const line = data.n.map((n, i) => [f.x(n / scale), f.y(data.error[i])]);
  return `<g ${inked(look)} data-theory="${look.key}"><path class="rl-theory ${kind}" `
    + `d="${path(line)}"/></g>`;
}

/* A drop line from where a curve meets the level down to the axis. */
function drop(look, n, f, scale, y, dashed) {
  const x = f.x(n / scale);
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
    return { look, x: Math.min(x + 10, f.width - wide), y: y + 4, wide };
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
  return labels.map(({ look, x, y }) => `<g ${inked(look)}><text class="rl-label" x="${x.toFixed(1)}" `
    + `y="${y.toFixed(1)}">${look.label}</text></g>`).join("");
}

function picture(payload, state, width, clip, found) {
  const f = frame(payload, state, width);
  const axis = axisOf(payload, state);
  const scale = scaleOf(axis, state, state.d);
  const looks = payload.learners.filter((l) => state.show.includes(l.key));
  const pick = (curves) => looks.filter((l) => curves[l.key]).map((look) => ({ look, data: curves[look.key] }));
  const shown = pick(payload.curves[cell(state)]);
  const theory = state.theory ? pick(payload.theory[cell(state)] ?? {}) : [];
  const others = state.all_d ? payload.knobs[0].values.filter((d) => d !== state.d
    && payload.curves[cell({ ...state, d })]) : [];
  const look = (key) => payload.learners.find((l) => l.key === key);
  const y = f.y(payload.level);
  const kernel = found.kernel ?? found.predicted;
  const clipped = [
    ...others.flatMap((d) => pick(payload.curves[cell({ ...state, d })])
      .map((c) => ghost(c.look, c.data, f, scaleOf(axis, state, d), d))),
    ...(state.theory ? others : []).flatMap((d) => pick(payload.theory[cell({ ...state, d })] ?? {})
      .map((c) => predicted(c.look, c.data, f, scaleOf(axis, state, d), "rl-faint"))),
    ...theory.map((c) => predicted(c.look, c.data, f, scale, "")),
    ...shown.map((c) => curve(c.look, c.data, f, scale)),
  ];
  const drops = [
    found.network !== null && state.show.includes("one-step")
      ? drop(look("one-step"), found.network, f, scale, y, false) : "",
    kernel && state.show.includes(kernel.key) && (found.kernel || state.theory)
      ? drop(kernel, kernel.n, f, scale, y, !found.kernel) : "",
  ];
  const points = shown.flatMap(({ look: l, data }) => data.n.map((n, i) => ({
    label: l.label, n, error: data.mean[i], low: data.low[i], high: data.high[i],
    x: f.x(n / scale), y: f.y(data.mean[i]) }))).filter((p) => p.y <= f.bottom + 4);
  const svg = `<clipPath id="${clip}"><rect x="${f.left}" y="${f.top - 4}" `
    + `width="${f.right - f.left + 4}" height="${f.bottom - f.top + 4}"/></clipPath>`
    + axes(f, titleOf(axis, state)) + level(payload, f)
    + (state.guides ? guides(payload, state, f, scale) : "")
    + `<g clip-path="url(#${clip})">${clipped.join("")}</g>${drops.join("")}`
    + (f.narrow ? "" : directLabels(shown, f, scale)) + '<g class="rl-hover"></g>';
  return { svg, height: f.height, points };
}
