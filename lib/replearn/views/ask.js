/* Predictions and questions: one module for two hosts, Jupyter and the built page.
 *
 * The model holds `questions`, as experiments/questions.py packs them, and `recall`: whether
 * they are told again, and not asked. The browser keeps what was answered, page by page. */

const ANSWERED = "replearn:answered";
const memory = (globalThis.replearnAnswers ??= {}); // serves where nothing may be stored
const place = (name) => `replearn:${location.pathname}:${name}`;

/* The answer that was given; one that is no longer offered is none. */
function kept({ name, choices, unit }) {
  let text = memory[name];
  try {
    text ??= localStorage.getItem(place(name));
  } catch { /* no storage here */ }
  return text && (choices.length ? choices.includes(text) : numbers(text, unit).length) ? text : "";
}

function keep(name, text) {
  memory[name] = text;
  try {
    localStorage.setItem(place(name), text);
  } catch { /* no storage here */ }
  document.dispatchEvent(new CustomEvent(ANSWERED, { detail: name }));
}

const HIGH = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const NUMBER = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;
const power = (text) => text.split("^").map((part) => (NUMBER.test(part) ? Number(part) : NaN))
  .reduceRight((above, base) => base ** above);
const product = (text) => text.split("*").map(power).reduce((a, b) => a * b);
const quotient = (text) => text.split("/").map(product).reduce((a, b) => a / b);

/* What a text can mean: "2 500", "2.5e3", "2^3", "4 × 10³", "1/3", "2,5". A comma before
 * three digits may part thousands or begin decimals: "2,500" has two meanings. */
function numbers(text, unit) {
  const plain = text.replace(/[⁰¹²³⁴⁵⁶⁷⁸⁹]+/g, (s) => `^${[...s].map((c) => HIGH.indexOf(c)).join("")}`)
    .replace(unit, "").replace(/[\s'_]|^[≈~=]/g, "").replaceAll("**", "^").replace(/−/g, "-")
    .replace(/[×·]|x(?=\d)/g, "*");
  const found = [plain.replace(/,(?=\d{3}(?!\d))/g, ""), plain.replace(/\.(?=\d{3}.*,)/g, "")]
    .map((s) => quotient(s.replace(",", ".")));
  return [...new Set(found)].filter(Number.isFinite);
}

const strong = (text) => make("strong", {}, text);

/* Whether a question is done with, and what is said of an answer. */
function judge(question, text) {
  const { part, where, at, choices, replies, unit, within } = question;
  if (part === "predict") {
    const link = at ? [make("a", { href: at }, "To the figure.")] : [];
    return [true, "Your prediction: ", strong(text), `. ${where} `, ...link];
  }
  const near = ([value]) => (choices.length ? text === value
    : numbers(text, unit).some((n) => Math.abs(n - value) <= within * Math.abs(value)));
  const more = numbers(text, unit)[0] < replies[0][0];
  const said = replies.find(near)?.[1] ?? `It should be ${more ? "larger" : "smaller"}.`;
  return near(replies[0]) ? [true, strong("Right. "), said] : [false, strong("Not yet. "), said];
}

function told(question) {
  const node = make("p");
  const start = (text) => (text ? `You predicted: ${text}; found: ` : "Found: ");
  return { node, show: () => node.replaceChildren(start(kept(question)), strong(question.measured), ".") };
}

function asked(question, id) {
  const { name, choices, unit } = question;
  const predicted = question.part === "predict";
  const inputs = choices.length ? choices.map((value) => make("input", { type: "radio", name: id, value }))
    : [make("input", { inputmode: "decimal", autocomplete: "off", size: 9 })];
  const labels = inputs.map((input, i) => make("label", {},
    ...(choices.length ? [input, choices[i]] : ["a number: ", input, ` ${unit}`])));
  const button = make("button", { type: "button" });
  const said = make("p", { class: "rl-said", role: "status", "aria-live": "polite" });
  const fold = make("details", {}, make("summary", {}, "the answer"),
    make("p", {}, strong(`${question.told}. `), question.replies?.[0][1] ?? ""));
  const node = make("fieldset", {}, make("legend", {}, question.text),
    make("div", { class: "rl-choices" }, ...labels), said, button, fold);
  let done = false;

  function show() {
    const given = kept(question);
    const [end, ...words] = given ? judge(question, given) : [false];
    done = end;
    for (const input of inputs) {
      if (choices.length) input.checked = input.value === given;
      else input.value = given;
      input.disabled = done;
    }
    node.toggleAttribute("data-done", done);
    button.textContent = done ? "start again" : predicted ? "lock it in" : "check";
    fold.hidden = done || !given;
    said.replaceChildren(...words);
  }

  function act() {
    const given = (choices.length ? inputs.find((input) => input.checked) : inputs[0])?.value.trim();
    const usable = choices.length ? given : numbers(given, unit).length;
    if (done || usable) keep(name, done ? "" : given); // whoever listens shows it
    else said.replaceChildren(choices.length ? "Choose one first." : "Write a number: 2500, 2.5e3 or 2^3, say.");
    if (done) button.focus();
    else if (!kept(question)) inputs[0].focus();
  }
  button.addEventListener("click", act);
  node.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !inputs.includes(event.target)) return;
    event.preventDefault(); // else it would press what has the focus then
    act();
  });
  return { node, show };
}

/* Predictions leave the first screen to the figure that stands below them. The line that
 * stays says how many are answered. */
function folded(list, questions) {
  const line = make("summary");
  const many = questions.length > 1 ? `${questions.length} questions` : "a question";
  const show = () => {
    const done = questions.filter(kept).length;
    const some = questions.length > 1 ? `${done} answered` : "answered";
    line.textContent = `Predict first: ${many}${done ? `, ${some}` : ""}`;
  };
  return { node: make("details", { class: "rl-first" }, line, list), show };
}

function render({ model, el }) {
  const questions = model.get("questions")
    .map((question) => (model.get("address") ? question : { ...question, at: "" })); // Jupyter has no places
  const again = model.get("recall");
  const unique = `${model.get("name")}-${Math.random().toString(36).slice(2)}`;
  const shown = questions.map((question, i) => (again ? told(question) : asked(question, `${unique}-${i}`)));
  const part = again ? "recall" : questions[0].part;
  const list = make("div", { class: `rl-ask rl-${part}` }, ...shown.map(({ node }) => node));
  const fold = part === "predict" ? folded(list, questions) : { node: list, show() {} };
  const root = fold.node;
  const follow = ({ detail }) => {
    questions.forEach(({ name }, i) => { if (name === detail) shown[i].show(); });
    fold.show();
  };
  for (const { show } of [...shown, fold]) show();
  document.addEventListener(ANSWERED, follow);
  root.toggleAttribute("open", !model.get("address")); // the page keeps room for its figure
  root.addEventListener("keydown", (event) => event.stopPropagation()); // JupyterLab would take them
  el.append(root);
  return () => document.removeEventListener(ANSWERED, follow);
}

export default { render };
