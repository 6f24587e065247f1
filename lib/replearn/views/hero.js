/* The hero: marks that move from frame to frame, under one slider or by themselves. All
 * frames are computed in Python (hero.py); this draws them, and what lies between two.
 */

const MOVES_MS = 650; // from one frame to the next
const STANDS_MS = 550; // and so long a frame stands while it plays
const SETTLES_MS = 900; // so long, before its sentence is read out
const UNIT = 1000; // steps across a panel
const TITLE = 24;

/* Where the panels lie: left, top, width and height of each. */
function boxes(panels, width, height) {
  const gap = 20;
  const wide = (width - gap * (panels.length - 1)) / panels.length;
  return panels.map(({ square, below }, i) => {
    const high = height - TITLE - (below ? 22 : 4);
    const [w, h] = square ? [Math.min(wide, high), Math.min(wide, high)] : [wide, high];
    return { left: i * (wide + gap) + (wide - w) / 2, top: TITLE, w, h };
  });
}

const across = (box, value) => box.left + (box.w * value) / UNIT;
const down = (box, value) => box.top + box.h - (box.h * value) / UNIT;

function rows(numbers, columns) {
  return Array.from({ length: numbers.length / columns }, (_, i) =>
    numbers.slice(i * columns, (i + 1) * columns));
}

const points = (numbers, box) => rows(numbers, 2).map(([x, y]) => [across(box, x), down(box, y)]);

/* A line with a head, which is smaller where the arrow is short. */
function arrow([x0, y0], [x, y], most) {
  const long = Math.hypot(x - x0, y - y0);
  if (long < 1) return "";
  const [u, v] = [(x - x0) / long, (y - y0) / long];
  const head = Math.min(most, 0.6 * long);
  const [bx, by] = [x - head * u, y - head * v];
  const side = 0.36 * head;
  const at = (a, b) => `${a.toFixed(1)} ${b.toFixed(1)}`;
  return `M${at(x0, y0)}L${at(bx, by)}M${at(x, y)}L${at(bx - side * v, by + side * u)}`
    + `L${at(bx + side * v, by - side * u)}Z`;
}

const DRAW = {
  arrows: (numbers, box, mark, panel) => `<path class="rl-arrows" d="${
    points(numbers, box).map((tip) => arrow(points(panel.zero, box)[0], tip,
      clamp(box.w / 32, 5, 8))).join("")}"/>`,
  dots: (numbers, box) => `<path class="rl-dots" d="${points(numbers, box)
    .map(([x, y]) => `M${x.toFixed(1)} ${y.toFixed(1)}h0`).join("")}"/>`,
  curve: (numbers, box, mark) =>
    `<path class="rl-curve ${mark.faint ? "rl-thin" : ""}" d="${path(points(numbers, box))}"/>`,
  bars: (numbers, box, mark, panel) => `<path class="${mark.faint ? "rl-empty" : "rl-full"}" d="${
    rows(numbers, 3).map(([left, right, top]) => `M${across(box, left).toFixed(1)} `
      + `${down(box, panel.zero[1]).toFixed(1)}V${down(box, top).toFixed(1)}`
      + `H${across(box, right).toFixed(1)}V${down(box, panel.zero[1]).toFixed(1)}Z`).join("")}"/>`,
  grid: (numbers, box, mark) => {
    const cells = rows(numbers, mark.columns);
    const [w, h] = [box.w / mark.columns, box.h / cells.length];
    return cells.flatMap((row, i) => row.map((value, j) => `<rect class="${
      value < 0 ? "rl-under" : "rl-over"}" x="${(box.left + j * w + 0.5).toFixed(1)}" y="${
      (box.top + i * h + 0.5).toFixed(1)}" width="${(w - 1).toFixed(1)}" height="${
      (h - 1).toFixed(1)}" fill-opacity="${(0.04 + 0.0096 * Math.abs(value)).toFixed(3)}"/>`)).join("");
  },
  text: ([x, y, words], box, mark) => `<text class="rl-label" text-anchor="${mark.anchor}" `
    + `x="${across(box, x).toFixed(1)}" y="${down(box, y).toFixed(1)}">${safe(words)}</text>`,
};

function ground(panel, box) {
  const middle = (box.left + box.w / 2).toFixed(1);
  const [x, y] = points(panel.zero, box)[0].map((v) => v.toFixed(1));
  return `<text class="rl-title" text-anchor="middle" x="${middle}" y="14">${safe(panel.title)}</text>`
    + (panel.cross ? `<path class="rl-cross" d="M${box.left} ${y}h${box.w}M${x} ${box.top}v${box.h}"/>` : "")
    + `<text text-anchor="middle" x="${middle}" y="${box.top + box.h + 17}">${safe(panel.below)}</text>`;
}

const between = (a, b, part) => a.map((numbers, i) => numbers.map((value, j) =>
  (typeof value === "number" ? value + part * (b[i][j] - value) : b[i][j])));

function render({ model, el }) {
  const { knob, panels, marks, frames, says, alt } = model.get("payload");
  const last = frames.length - 1;
  const unique = `${model.get("name")}-${Math.random().toString(36).slice(2)}`;
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  let [places, now, size] = [[], null, ""];
  let [turn, pause, rest, playing] = [0, 0, 0, false];

  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", alt);
  const chart = make("div", { class: "rl-chart" }, svg);
  const said = make("p", { class: "rl-sentence" });
  const heard = make("p", { class: "rl-heard", "aria-live": "polite" });
  const play = make("button", { type: "button" });
  const control = slider(knob, `${unique}-at`, (wish) => {
    stop();
    go(knob.values.indexOf(wish[knob.name]));
  });

  const layers = () => [...svg.querySelectorAll("g.ink")];
  function paint(numbers) {
    now = numbers;
    layers().forEach((layer, i) => {
      const { kind, panel } = marks[i];
      layer.innerHTML = DRAW[kind](now[i], places[panel], marks[i], panels[panel]);
    });
  }

  /* To a frame, by way of all that lies between. */
  function move(goal) {
    cancelAnimationFrame(turn);
    const [from, start] = [now, performance.now()];
    const step = (time) => {
      const part = calm.matches ? 1 : clamp((time - start) / MOVES_MS, 0, 1);
      if (part === 1) {
        paint(goal);
        then();
        return;
      }
      paint(between(from, goal, part * part * (3 - 2 * part)));
      turn = requestAnimationFrame(step);
    };
    step(start);
  }

  function stand() {
    const at = model.get("at");
    control.show({ [knob.name]: knob.values[at] });
    said.textContent = says[at];
    clearTimeout(rest);
    rest = setTimeout(() => { heard.textContent = says[at]; }, SETTLES_MS);
  }

  let then = () => {}; // what follows when a frame is reached
  const follow = () => {
    stand();
    move(frames[model.get("at")]);
  };
  function go(at, next = () => {}) {
    then = next;
    if (model.get("at") === at) follow();
    model.set("at", at);
    model.save_changes();
  }

  function name() {
    play.textContent = playing ? "Pause" : "Play";
    play.dataset.sign = playing ? "❚❚" : "▶";
  }

  function stop() {
    playing = false;
    then = () => {};
    clearTimeout(pause);
    name();
  }

  /* Once through to the last frame; from there, once more from the first. */
  function next() {
    const at = model.get("at");
    go(at === last ? 0 : at + 1, () => {
      if (model.get("at") === last) stop();
      else pause = setTimeout(next, STANDS_MS);
    });
  }

  play.addEventListener("click", () => {
    if (playing) {
      stop();
      return;
    }
    playing = true;
    name();
    next();
  });

  const root = make("div", { class: "rl rl-hero" }, chart,
    make("div", { class: "rl-moves" }, play, control.node), said, heard);
  el.append(root);
  // JupyterLab would take the arrow keys for the notebook.
  root.addEventListener("keydown", (event) => event.stopPropagation());

  function lay() {
    const [width, height] = [chart.clientWidth || 680, svg.clientHeight || 260];
    if (size === `${width} ${height}`) return;
    size = `${width} ${height}`;
    places = boxes(panels, width, height);
    svg.setAttribute("viewBox", `0 0 ${size}`);
    svg.innerHTML = panels.map((panel, i) => ground(panel, places[i])).join("")
      + panels.map((_, i) => `<clipPath id="${unique}-${i}"><rect x="${places[i].left - 4}" y="${
        places[i].top - 2}" width="${places[i].w + 8}" height="${places[i].h + 4}"/></clipPath>`).join("")
      + marks.map((mark) => `<g ${inked(mark)} data-mark="${mark.kind}" ${
        ["text", "arrows"].includes(mark.kind) ? "" : `clip-path="url(#${unique}-${mark.panel})"`}></g>`).join("");
    paint(now);
  }

  now = frames[model.get("at")];
  name();
  stand();
  lay();
  const watcher = new ResizeObserver(lay);
  watcher.observe(chart);
  model.on("change:at", follow);
  return () => {
    watcher.disconnect();
    cancelAnimationFrame(turn);
    clearTimeout(rest);
    clearTimeout(pause);
    model.off("change:at", follow);
  };
}

export default { render };
