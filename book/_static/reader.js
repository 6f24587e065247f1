/* Folds that open for whoever is sent into them, and a look at what a link leads to
 * without going there: under the mouse, on focus, at a first tap. */
(function () {
  "use strict";
  const find = (hash) => document.getElementById(hash.slice(1));
  const create = (tag, options) => Object.assign(document.createElement(tag), options);

  function reveal() {
    const target = find(location.hash);
    let fold = target?.querySelector(":scope > details") ?? target?.closest("details");
    if (!fold) return;
    for (; fold; fold = fold.parentElement.closest("details")) fold.open = true;
    target.scrollIntoView();
    // what was skipped so far takes its room on the way
    requestAnimationFrame(() => requestAnimationFrame(() => target.scrollIntoView()));
  }
  addEventListener("hashchange", reveal);
  reveal();

  const folds = [...document.querySelectorAll("details[data-part=basement]")];
  const anyShut = () => folds.some((fold) => !fold.open);
  const button = create("button", { type: "button", className: "fold-all", textContent: "Open all" });
  button.addEventListener("click", () => { const open = anyShut(); for (const fold of folds) fold.open = open; });
  document.addEventListener("toggle", () => { button.textContent = anyShut() ? "Open all" : "Close all"; }, true);
  folds[0]?.parentElement.before(button);

  const LINKS = "article a.internal[href*='#']";
  const box = create("div", { id: "preview", role: "tooltip", tabIndex: 0, hidden: true });
  document.querySelector("main")?.append(box);
  for (const cited of document.querySelectorAll(`${LINKS}[title]`)) cited.removeAttribute("title"); // shown twice
  const carried = [...document.querySelector("template#previews")?.content.children ?? []];
  let shown = null, waiting = 0, finger = false;

  function lookUp(link) { // what the build put into the page, or a copy of what is on it
    const there = link.getAttribute("href"), target = there.startsWith("#") && find(there);
    const known = carried.filter((part) => part.dataset.for === there);
    if (target && target.matches("dt, .proof, .math, .citation")) known.push(target);
    if (target && target.matches("dt")) known.push(target.parentElement.querySelector(`#${CSS.escape(target.id)} ~ dd`));
    return known.map((part) => {
      const copy = part.cloneNode(true);
      for (const named of [copy, ...copy.querySelectorAll("[id]")]) named.removeAttribute("id");
      for (const mark of copy.querySelectorAll(".headerlink")) mark.remove();
      for (const inner of copy.querySelectorAll("a")) inner.replaceWith(...inner.childNodes);
      return copy;
    });
  }
  function hide() {
    clearTimeout(waiting);
    shown?.removeAttribute("aria-describedby");
    [shown, box.hidden] = [null, true];
  }
  function show(link) { // whether there is anything to show that is not shown already
    const parts = link === shown ? [] : lookUp(link);
    if (!parts.length) return false;
    hide();
    box.replaceChildren(...parts, ...finger ? [create("p", { textContent: "Tap again to go there." })] : []);
    box.hidden = false;
    const [at] = link.getClientRects(), { width, height } = box.getBoundingClientRect();
    box.style.left = `${Math.max(8, Math.min(at.left, document.documentElement.clientWidth - width - 8))}px`;
    box.style.top = `${at.bottom + height + 8 < innerHeight ? at.bottom + 4 : Math.max(8, at.top - height - 6)}px`;
    link.setAttribute("aria-describedby", "preview");
    return Boolean(shown = link);
  }
  const linkOf = (event) => event.target.closest?.(LINKS), within = (event) => box.contains(event.target);
  addEventListener("pointerdown", (event) => { finger = event.pointerType === "touch"; }, true);
  document.addEventListener("pointerover", (event) => {
    clearTimeout(waiting);
    if (event.pointerType === "touch") return;
    if (linkOf(event)) waiting = setTimeout(show, 150, linkOf(event));
    else if (!within(event)) waiting = setTimeout(hide, 250);
  });
  document.addEventListener("focusin", (event) => {
    if (linkOf(event)?.matches(":focus-visible")) show(linkOf(event));
    else if (!finger && !within(event)) hide();
  });
  document.addEventListener("click", (event) => {
    const link = linkOf(event);
    if (link && finger && show(link)) event.preventDefault();
    else if (!within(event)) hide();
    if (link?.hash && link.hash === location.hash) setTimeout(reveal); // no change of address
  });
  addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
  addEventListener("scroll", (event) => { if (shown && !within(event)) hide(); }, { capture: true, passive: true });
})();
