/* Mounts every explorer, hero and question of a built page: no kernel, no widget manager, no
 * network. A classic script, as a browser refuses module files opened by file://. */
(async function () {
  "use strict";

  // The reader's place, for a reload or a way back: the browser scrolls to where it was
  // on the page with live explorers, before they live and grow.
  const key = () => `replearn:${location.href}`;
  const top = (section) => (section ? section.getBoundingClientRect().top + scrollY : 0);
  function place() {
    const above = [...document.querySelectorAll("section[id]")]
      .filter((section) => top(section) <= scrollY).at(-1);
    return { id: above?.id, below: scrollY - top(above) };
  }
  let kept = null;
  try {
    const again = performance.getEntriesByType("navigation")[0]?.type !== "navigate";
    const found = JSON.parse(sessionStorage.getItem(key()));
    if (again) kept = found;
    addEventListener("pagehide", () => sessionStorage.setItem(key(), JSON.stringify(place())));
  } catch { /* no storage here: the place is the browser's */ }
  for (const kind of ["wheel", "touchmove", "keydown", "pointerdown"]) {
    addEventListener(kind, () => { kept = null; }, { once: true, passive: true }); // it is read already
  }

  function tinyModel(state) {
    const listeners = {};
    const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
    return {
      get: (key) => state[key],
      set(key, value) {
        if (same(state[key], value)) return;
        state[key] = value;
        for (const listener of listeners[`change:${key}`] ?? []) listener();
      },
      on: (event, listener) => { (listeners[event] ??= []).push(listener); },
      off(event, listener) {
        listeners[event] = (listeners[event] ?? []).filter((other) => other !== listener);
      },
      save_changes() {},
    };
  }

  // The module is run as a function: an import would come after all that the theme does
  // as the page loads, and on a slow device that is a second.
  const modules = new Map();
  function load(source) {
    if (!modules.has(source)) {
      modules.set(source, new Function(`"use strict";${source.replace(/^export default/m, "return")}`)());
    }
    return modules.get(source);
  }

  const styled = new Set();
  function style(css) {
    if (styled.has(css)) return;
    styled.add(css);
    document.head.append(Object.assign(document.createElement("style"), { textContent: css }));
  }

  function uniqueName(name) {
    let free = name;
    for (let i = 2; document.getElementById(free); i++) free = `${name}-${i}`;
    return free;
  }

  function mount(container) {
    const view = document.createElement("div");
    const figure = container.querySelector("figure");
    try {
      const { esm, css, state } = JSON.parse(
        container.querySelector("script[type='application/json']").textContent);
      const module = load(esm);
      style(css);
      const name = uniqueName(state.name);
      container.id = name;
      if (figure) figure.prepend(view);
      else container.append(view);
      module.render({ model: tinyModel({ ...state, name, address: true }), el: view });
      container.dataset.state = "live";
    } catch (problem) {
      view.remove();
      container.dataset.state = "failed";
      const sorry = Object.assign(document.createElement("p"), { className: "replearn-sorry" });
      sorry.textContent = "The controls could not start in this browser "
        + `(${problem.message})${figure ? "; the picture shows the default setting." : "."}`;
      container.append(sorry);
    }
  }

  // The theme lets the keyboard into what scrolls sideways, but looks for it only when
  // the window changes; a fold that opens brings new code into view.
  document.addEventListener("toggle", () => dispatchEvent(new Event("resize")), true);

  // The same for formulas, which the theme passes over; all are measured before any is
  // changed, or each would be laid out anew.
  function reachFormulas() {
    const formulas = [...document.querySelectorAll(".katex-display")];
    const wide = formulas.map((formula) => formula.scrollWidth > formula.clientWidth);
    for (const [i, formula] of formulas.entries()) {
      if (wide[i]) formula.tabIndex = 0;
      else formula.removeAttribute("tabindex");
    }
  }
  addEventListener("resize", reachFormulas);
  addEventListener("load", reachFormulas);

  // Paper is white, and nobody unfolds it.
  const root = document.documentElement;
  let folds = [], theme;
  addEventListener("beforeprint", () => {
    folds = [...document.querySelectorAll("article details:not([open])")];
    for (const fold of folds) fold.open = true;
    theme = root.dataset.theme;
    root.dataset.theme = "light";
  });
  addEventListener("afterprint", () => {
    for (const fold of folds) fold.open = false;
    root.dataset.theme = theme;
  });

  if (document.readyState === "loading") {
    await new Promise((ready) => addEventListener("DOMContentLoaded", ready, { once: true }));
  }
  for (const container of document.querySelectorAll(".replearn-explorer, .replearn-hero, .replearn-ask")) {
    mount(container);
    await new Promise((next) => setTimeout(next)); // what waits meanwhile comes first
  }
  if (document.readyState !== "complete") {
    await new Promise((ready) => addEventListener("load", ready, { once: true }));
  }
  await document.fonts.ready;
  await new Promise(requestAnimationFrame);
  if (kept) {
    const section = kept.id && document.getElementById(kept.id);
    scrollTo({ top: top(section) + kept.below, behavior: "instant" });
  }
})();
