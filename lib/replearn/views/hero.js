/* The hero: marks that move from frame to frame, under one slider or by themselves. All
 * frames are computed and drawn in Python (hero.py), as paths; between two of them their
 * numbers are.
 */

const MOVES_MS = 650; // from one frame to the next
const STANDS_MS = 550; // and so long a frame stands while it plays
const SETTLES_MS = 900; // so long, before its sentence is read out
const NUMBER = /-?\d+(?:\.\d+)?/g; // a path that is left half-way has decimals

function between(a, b, part) {
  const goals = b.match(NUMBER);
  let i = 0;
  return a.replace(NUMBER, (value) => (+value + part * (goals[i++] - value)).toFixed(1));
}

/* A panel as the page has it: what is drawn, and over it what is written. */
function field({ title, below, square, cross, zero: [x, y] }, marks) {
  const box = make("div", { class: "rl-field" });
  box.innerHTML = '<svg viewBox="0 0 1000 1000" preserveAspectRatio="none">'
    + (cross ? `<path class="rl-cross" d="M0 ${y}H1000M${x} 0V1000"/>` : "")
    + marks.filter((m) => m.drawn).map((m) => `<g ${inked(m)}><path data-mark="${m.i}" ${m.drawn}/></g>`).join("")
    + "</svg>" + marks.filter((m) => !m.drawn).map(({ at: [left, top], ...m }) => `<span data-mark="${m.i}" `
      + `${inked(m).slice(0, -1)};left:${left / 10}%;top:${top / 10}%;translate:${-m.shift}% -100%"></span>`).join("");
  return make("div", { class: `rl-panel ${square ? "rl-square" : ""}` },
    make("strong", {}, title), box, make("span", {}, below));
}

function render({ model, el }) {
  const { knob, panels, marks, frames, says, alt } = model.get("payload");
  const last = frames.length - 1;
  const unique = `${model.get("name")}-${Math.random().toString(36).slice(2)}`;
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  let [now, turn, pause, rest, playing] = [frames[model.get("at")], 0, 0, 0, false];
  let arrived = () => {}; // what follows when a frame is reached

  const own = marks.map((mark, i) => ({ ...mark, i }));
  const chart = make("div", { class: "rl-panels", role: "img", "aria-label": alt },
    ...panels.map((panel, k) => field(panel, own.filter((mark) => mark.panel === k))));
  const nodes = marks.map((_, i) => chart.querySelector(`[data-mark="${i}"]`));
  const said = make("p", { class: "rl-sentence" });
  const heard = make("p", { class: "rl-heard", "aria-live": "polite" });
  const play = make("button", { type: "button" });
  const control = slider(knob, `${unique}-at`, (wish) => {
    stop();
    go(knob.values.indexOf(wish[knob.name]));
  });

  function paint(shapes) {
    now = shapes;
    nodes.forEach((node, i) => {
      if (marks[i].drawn) node.setAttribute("d", now[i]);
      else node.textContent = now[i];
    });
  }

  /* To the present frame, by way of all that lies between. */
  function follow() {
    const at = model.get("at");
    control.show({ [knob.name]: knob.values[at] });
    said.textContent = says[at];
    clearTimeout(rest);
    rest = setTimeout(() => { heard.textContent = says[at]; }, SETTLES_MS);
    cancelAnimationFrame(turn);
    const [from, start, goal] = [now, performance.now(), frames[at]];
    const step = (time) => {
      const part = calm.matches ? 1 : clamp((time - start) / MOVES_MS, 0, 1);
      if (part === 1 || from === goal) {
        paint(goal);
        arrived();
        return;
      }
      const eased = part * part * (3 - 2 * part);
      paint(goal.map((shape, i) => (marks[i].drawn ? between(from[i], shape, eased) : shape)));
      turn = requestAnimationFrame(step);
    };
    step(start);
  }

  function go(at, then = () => {}) {
    arrived = then;
    model.set("at", at);
    model.save_changes();
  }

  function stop(plays = false) {
    playing = plays;
    arrived = () => {};
    clearTimeout(pause);
    play.textContent = playing ? "Pause" : "Play";
    play.dataset.sign = playing ? "❚❚" : "▶";
  }

  /* Once through to the last frame; from there, once more from the first. */
  const next = () => go((model.get("at") + 1) % frames.length, () => {
    if (model.get("at") === last) stop();
    else pause = setTimeout(next, STANDS_MS);
  });
  play.addEventListener("click", () => {
    stop(!playing);
    if (playing) next();
  });

  const root = make("div", { class: "rl rl-hero" }, chart,
    make("div", { class: "rl-moves" }, play, control.node), said, heard);
  el.append(root);
  // JupyterLab would take the arrow keys for the notebook.
  root.addEventListener("keydown", (event) => event.stopPropagation());
  stop();
  follow();
  model.on("change:at", follow);
  return () => {
    stop();
    cancelAnimationFrame(turn);
    clearTimeout(rest);
    model.off("change:at", follow);
  };
}

export default { render };
