/* The state of an explorer, and how the address of the page names it. */

const SETTING = /^[^:=]+:/; // "name:d=40,...", an explorer's part of the address

function plain(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return ""; // a malformed escape: somebody else's address
  }
}

/* Settings stand after the #; where that names a section, in the query, which links
 * within the page keep. */
const queries = () => location.search.slice(1).split("&").filter(Boolean);
const segments = () => [location.hash.slice(1), ...queries()]
  .flatMap((part) => plain(part).split(";")).filter((part) => SETTING.test(part));
const opensAt = (name) => plain(location.hash).startsWith(`#${name}:`);

/* The state that the address names, and what in it the explorer does not know. */
function readAddress(name, payload) {
  const own = segments().find((part) => part.startsWith(`${name}:`));
  if (own === undefined) return null;
  const [state, unknown] = [{ ...payload.defaults }, []];
  for (const pair of own.slice(name.length + 1).split(",").filter(Boolean)) {
    const [key, value = ""] = pair.split("=");
    const knob = payload.knobs.find(({ short }) => short === key);
    if (key === "stage" && payload.stages[value - 1]) {
      Object.assign(state, payload.stages[value - 1].state);
    } else if (knob?.words.includes(value)) {
      state[knob.name] = knob.values[knob.words.indexOf(value)];
    } else if (key === "x" && payload.axes.some((axis) => axis.key === value)) {
      state.axis = value;
    } else if (key === "show") {
      const asked = value.split("+").filter(Boolean);
      const known = payload.learners.map((l) => l.key).filter((k) => asked.includes(k));
      unknown.push(...asked.filter((k) => !known.includes(k)).map((k) => `show=${k}`));
      if (known.length || !asked.length) state.show = known;
    } else if (payload.switches.some((item) => item.name === key) && /^[01]$/.test(value)) {
      state[key] = value === "1";
    } else unknown.push(pair);
  }
  return [state, unknown];
}

const setting = (name, payload, state) => `${name}:${[
  ...payload.knobs.map((knob) => `${knob.short}=${word(knob, state)}`),
  `x=${state.axis}`, `show=${state.show.join("+")}`,
  ...payload.switches.map(({ name: key }) => `${key}=${+state[key]}`)]}`;

/* Writes a setting into the address; "" takes it out. One that was moved comes first, as
 * the page opens there, and its entry of the history is marked: whoever comes back to it
 * keeps the place on the page. One that is carried leaves the address its goal. */
function writeAddress(name, own, carried = false) {
  const others = segments().filter((part) => !part.startsWith(`${name}:`));
  const all = encodeURI((carried ? [...others, own] : [own, ...others]).filter(Boolean).join(";"))
    .replaceAll("&", "%26");
  const section = carried && !SETTING.test(plain(location.hash)) ? location.hash : "";
  const query = [...queries().filter((part) => !SETTING.test(plain(part))),
    ...(section && all ? [all] : [])].join("&");
  const mark = carried && others.length && !section ? {} : { replearn: true };
  history.replaceState({ ...history.state, ...mark }, "",
    location.pathname + (query && `?${query}`) + (section || (all && `#${all}`)));
}

/* The computed cell nearest to a wish; the control just moved weighs most. */
function nearest(payload, wish, moved) {
  if (payload.cells[cell(payload, wish)]) return wish;
  const distance = ({ values }) => payload.knobs.reduce((sum, knob, i) => sum
    + (knob.name === moved ? 100 : 1)
    * Math.abs(knob.values.indexOf(values[i]) - knob.values.indexOf(wish[knob.name])), 0);
  const { values } = Object.values(payload.cells)
    .reduce((a, b) => (distance(b) < distance(a) ? b : a));
  return { ...wish, ...Object.fromEntries(payload.knobs.map((k, i) => [k.name, values[i]])) };
}
