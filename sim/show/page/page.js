// The page: a setting of levers, its effect from the response table, charts, and confirmation by the server if there is one.
"use strict";
(() => {
const $ = (id) => document.getElementById(id);
const C = JSON.parse($("contents").textContent);
const T = C.table, LEVERS = new Map(C.levers.map((lever) => [lever.key, lever]));
const COUNTRIES = T.countries, HUBS = T.hubs, BANDS = T.band_years, LAST = T.start + T.years;
const FIRST_HUB = COUNTRIES.map((c) => T.hub_country.indexOf(c));
const TOKEN = document.querySelector("meta[name=talentflow-token]").content;
const CALM = matchMedia("(prefers-reduced-motion: reduce)");
const TABS = { why: "Why", table: "Table", map: "Map", ranks: "Ranks", beliefs: "Beliefs", saved: "Saved runs" };
const A = {}; // arrays of the table, in agents

// --- words and numbers ---------------------------------------------------------------------------

function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value != null) made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}
const grouped = (value) => String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ",");
// a half goes to the even neighbour, as in the sentences of the terminal
const even = (x) => (Math.abs(x % 1) === .5 ? 2 * Math.round(x / 2) : Math.round(x));
// to two figures
function persons(value) {
  const size = even(Math.abs(value)), unit = 10 ** Math.max(String(size).length - 2, 0);
  return grouped(even(size / unit) * unit);
}
const signed = (value) => (persons(value) === "0" ? "0" : (value > 0 ? "+" : "−") + persons(value));
const minus = (text) => text.replace("-", "−");
const points = (value, digits = 2) => {
  const text = (value >= 0 ? "+" : "") + value.toFixed(digits);
  return minus(/[1-9]/.test(text) ? text : text.slice(1));
};
const begin = (text) => text.charAt(0).toUpperCase() + text.slice(1);
const listed = (words) => (words.length > 1 ? `${words.slice(0, -1).join(", ")} and ${words.at(-1)}` : words.join(""));
const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;

function valueWords(lever, value) {
  if (lever.switch) return lever.stops[value ? 1 : 0][1];
  if (lever.unit === "USD") return `$${grouped(value)}`;
  if (lever.unit === "share") return `${+(100 * value).toFixed(0)} %`;
  if (lever.unit === "times") return `× ${+value.toFixed(2)}`;
  if (lever.unit === "points") return minus((value > 0 ? "+" : "") + +value.toFixed(1)) + " points";
  return `${grouped(value)} ${lever.unit}`;
}

const settingWords = (values) => Object.entries(values).map(([key, value]) => `${LEVERS.get(key).title}: ${valueWords(LEVERS.get(key), value)}`).join("; ");

// --- the state, its history and the address ------------------------------------------------------

const EMPTY = { v: {}, base: "2025", place: "", year: LAST, open: [], tab: "why", share: false, pin: null, beliefs: {} };
let state = structuredClone(EMPTY), past = [], future = [], dragged = null;

function clean(values) {
  const found = {};
  for (const lever of C.levers) {
    let value = Number(values[lever.key] ?? lever.present);
    if (!Number.isFinite(value)) continue;
    value = Math.min(Math.max(value, lever.nodes[0]), lever.nodes.at(-1));
    if (lever.switch) value = Math.round(value);
    if (value !== lever.present) found[lever.key] = value;
  }
  return found;
}
function toHash(s) {
  const q = new URLSearchParams();
  for (const [key, value] of Object.entries(s.v)) q.set(key, String(value));
  if (s.base !== EMPTY.base) q.set("base", s.base);
  if (s.place) q.set("place", s.place);
  if (s.year !== LAST) q.set("year", s.year);
  if (s.open.length) q.set("open", s.open.join("."));
  if (s.tab !== EMPTY.tab) q.set("tab", s.tab);
  if (s.share) q.set("show", "share");
  for (const [name, value] of Object.entries(s.pin ?? {})) q.set(`pin.${name}`, String(value));
  for (const [name, value] of Object.entries(s.beliefs)) q.set(`belief.${name}`, String(value));
  return q.toString() || "start";
}
function fromHash(text) {
  const q = new URLSearchParams(text.replace(/^#/, "")), s = structuredClone(EMPTY), pin = {};
  s.v = clean(Object.fromEntries(q));
  if (q.get("base") === "law") s.base = "law";
  if (Object.hasOwn(C.places, q.get("place"))) s.place = q.get("place");
  const year = Number(q.get("year"));
  if (Number.isInteger(year) && year > T.start && year <= LAST) s.year = year;
  s.open = (q.get("open") ?? "").split(".").filter((c) => COUNTRIES.includes(c));
  if (Object.hasOwn(TABS, q.get("tab"))) s.tab = q.get("tab");
  s.share = q.get("show") === "share";
  for (const [key, value] of q) {
    if (key.startsWith("pin.")) pin[key.slice(4)] = value;
    const belief = C.beliefs?.find((row) => `belief.${row.name}` === key);
    if (belief && Number(value) >= belief.low && Number(value) <= belief.high && value !== "") s.beliefs[belief.name] = Number(value);
  }
  if ([...q.keys()].some((key) => key.startsWith("pin."))) s.pin = clean(pin);
  return s;
}
const address = () => `#${toHash(state)}`;
// a step that undo takes back; while a slider is dragged the whole drag is one step.
// A visit (another scenario, place or view) has an address of its own, to which the browser's back button returns.
function change(made, { step = true, visit = false } = {}) {
  if (dragged === "opening") { dragged = null; if (visit) state.v = clean(C.opening); } // somebody acts while the first picture moves
  if (visit) history.replaceState(null, "", address());
  if (step && !dragged) { past.push(structuredClone(state)); past = past.slice(-200); future = []; }
  Object.assign(state, made);
  if (visit && location.hash !== address()) history.pushState(null, "", address());
  draw();
  if (!dragged) settled();
}
function restore(s) { state = structuredClone(s); draw({ sort: true }); settled(); }
function undo() { if (past.length) { future.push(structuredClone(state)); restore(past.pop()); } }
function redo() { if (future.length) { past.push(structuredClone(state)); restore(future.pop()); } }
let timer = 0;
// the setting stands still: address, order of rows, spoken result, confirmation
function settled() {
  clearTimeout(timer);
  timer = setTimeout(() => {
    history.replaceState(null, "", address());
    draw({ sort: true });
    $("spoken").textContent = `${$("big").textContent}. ${$("sentence").textContent}`;
    confirmLater();
  }, 350);
}

// --- the table: cells, weights, sums -------------------------------------------------------------

function weightsOf(values) {
  const found = new Map();
  let offset = 0;
  for (const keys of C.blocks) {
    let corners = [[0, 1]], size = 1;
    for (const key of keys) {
      const { nodes, present } = LEVERS.get(key), value = values[key] ?? present;
      let below = nodes.length - 1;
      while (below > 0 && nodes[below] > value) below--;
      const gap = below + 1 < nodes.length ? nodes[below + 1] - nodes[below] : 0, part = gap ? (value - nodes[below]) / gap : 0;
      const ends = part ? [[below, 1 - part], [below + 1, part]] : [[below, 1]];
      corners = corners.flatMap(([at, w]) => ends.map(([k, v]) => [at * nodes.length + k, w * v]));
      size *= nodes.length;
    }
    if (keys.some((key) => key in values)) for (const [at, w] of corners) found.set(offset + at, w);
    offset += size;
  }
  return found;
}
function sum(name, weights, start) {
  const array = A[name], size = array.shape.slice(1).reduce((a, b) => a * b, 1), total = new Float64Array(size);
  if (start) total.set(start);
  for (const [cell, weight] of weights) {
    const at = cell * size, w = weight * T.weight;
    for (let k = 0; k < size; k++) total[k] += w * array.data[at + k];
  }
  return total;
}
const lawOf = (base) => (base === "law" ? C.law : {});
// effects (pair by pair, persons) and the baseline of a setting, as plain arrays
function fromTable(values, base) {
  const weights = weightsOf(values), theirs = weightsOf(lawOf(base));
  for (const [cell, weight] of theirs) weights.set(cell, (weights.get(cell) ?? 0) - weight);
  for (const [cell, weight] of weights) if (Math.abs(weight) < 1e-12) weights.delete(cell);
  return {
    pairs: T.replicates, exact: weights.size === 0,
    country: sum("country", weights), hub: sum("hub_sum", weights).map((x) => x / T.replicates),
    causes: sum("causes", weights).map((x) => x / T.replicates),
    spread: spreadOf(weights), money: sum("money", weights).map((x) => x / T.weight),
    baseCountry: sum("country", theirs, BASE.country), baseHub: baseHubOf(theirs),
  };
}
function baseHubOf(weights) { // of every 1 January, the start included, on which all settings are alike
  const total = Float64Array.from(BASE.hub);
  if (weights.size) sum("hub_sum", weights).forEach((x, k) => { total[NH + k] += x / T.replicates; });
  return total;
}
function spreadOf(weights) {
  const array = A.hub_sd, size = BANDS.length * HUBS.length, total = new Float64Array(size);
  for (const [cell, weight] of weights) for (let k = 0; k < size; k++) total[k] += (weight * T.weight * array.data[cell * size + k]) ** 2;
  return total.map(Math.sqrt);
}
let BASE = null;
function moves(values, base) { // blocks that differ from the baseline, each alone, with its levers
  const law = lawOf(base), found = [];
  for (const keys of C.blocks) {
    const of = (from) => Object.fromEntries(keys.filter((key) => key in from).map((key) => [key, from[key]]));
    const mine = of(values), theirs = of(law);
    if (keys.some((key) => (mine[key] ?? null) !== (theirs[key] ?? null))) found.push({ keys: keys.filter((k) => mine[k] !== theirs[k]), mine, theirs });
  }
  return found;
}
function effectOfBlock({ mine, theirs }) {
  const weights = weightsOf(mine);
  for (const [cell, weight] of weightsOf(theirs)) weights.set(cell, (weights.get(cell) ?? 0) - weight);
  return sum("country", weights);
}
const NC = COUNTRIES.length, NB = BANDS.length, NH = HUBS.length;
const placed = new Map();
function members(label) {
  if (!placed.has(label)) placed.set(label, newMembers(label));
  return placed.get(label);
}
const newMembers = (label) => {
  const hubs = new Set(C.places[label].hubs), whole = C.places[label].countries.every((c) => C.places[c].hubs.every((h) => hubs.has(h)));
  return { hubs: HUBS.map((h, k) => k).filter((k) => hubs.has(HUBS[k])), countries: whole ? C.places[label].countries.map((c) => COUNTRIES.indexOf(c)) : null };
};
const quantile = (sorted, q) => { // the Weibull way: of n values the k-th lies at k / (n + 1)
  const at = Math.min(Math.max(q * (sorted.length + 1), 1), sorted.length), low = Math.floor(at);
  return sorted[low - 1] + (at - low) * ((sorted[low] ?? sorted[low - 1]) - sorted[low - 1]);
};
function statistics(values, needed) {
  const average = mean(values), sorted = [...values].sort((a, b) => a - b);
  const same = values.filter((x) => x !== 0 && Math.sign(x) === Math.sign(average)).length;
  return { effect: average, low: quantile(sorted, .05), high: quantile(sorted, .95), same, differs: values.some((x) => x !== 0), settled: values.length >= 10 && same >= (needed[values.length] ?? Infinity) };
}
// people and shares of a place on 1 January of a year; a range where pairs are kept
function rowOf(answer, label, year, lead = false) {
  answer.rows ??= new Map();
  const key = `${label} ${year} ${lead}`;
  if (!answer.rows.has(key)) answer.rows.set(key, newRow(answer, label, year, lead));
  return answer.rows.get(key);
}
function worldOf(answer, at) { // everybody in one pair and year: without the policy, and the change
  answer.worlds ??= new Map();
  if (!answer.worlds.has(at)) {
    let W = 0, D = 0;
    for (let c = 0; c < NC; c++) { W += answer.baseCountry[at + c]; D += answer.country[at + c]; }
    answer.worlds.set(at, { W, D });
  }
  return answer.worlds.get(at);
}
function newRow(answer, label, year, lead) {
  const { hubs, countries } = members(label), at = year - T.start - 1, band = BANDS.indexOf(year - T.start);
  const without = hubs.reduce((s, h) => s + answer.baseHub[(at + 1) * NH + h], 0), effect = at < 0 ? 0 : hubs.reduce((s, h) => s + answer.hub[at * NH + h], 0);
  let world = 0, worldEffect = 0;
  for (let h = 0; h < NH; h++) { world += answer.baseHub[(at + 1) * NH + h]; if (at >= 0) worldEffect += answer.hub[at * NH + h]; }
  const row = { ...C.places[label], label, without, effect, share: 100 * without / world, shareWith: 100 * (without + effect) / (world + worldEffect), hubs };
  row.points = row.shareWith - row.share;
  if (band >= 0 && countries) {
    const people = [], before = [], after = [];
    for (let p = 0; p < answer.pairs; p++) {
      const at = (p * NB + band) * NC, { W, D } = worldOf(answer, at);
      let d = 0, b = 0;
      for (const c of countries) { b += answer.baseCountry[at + c]; d += answer.country[at + c]; }
      people.push(Math.abs(d) < 1e-6 ? 0 : d); before.push(100 * b / W); after.push(100 * (b + d) / (W + D));
    }
    const shares = after.map((x, k) => x - before[k]);
    row.share = mean(before); row.shareWith = mean(after);
    row.people = statistics(people, lead ? C.needed.one : C.needed.all);
    row.inPoints = statistics(shares.map((x) => (Math.abs(x) < 1e-9 ? 0 : x)), lead ? C.needed.one : C.needed.all);
    row.points = row.inPoints.effect;
  } else if (band >= 0) {
    const sd = Math.sqrt(hubs.reduce((s, h) => s + answer.spread[band * NH + h] ** 2, 0));
    row.people = { effect, low: effect - 1.64 * sd, high: effect + 1.64 * sd, approximate: true, settled: Math.abs(effect) > 1.64 * sd, differs: effect !== 0 };
  }
  return row;
}
// how far the table may be from runs: nothing at its nodes, else measured parts of the effects that it adds up
function errorOf(label) {
  const blocks = moves(state.v, state.base), { countries, hubs } = members(label);
  const between = blocks.some(({ keys, mine }) => keys.some((key) => key in mine && !LEVERS.get(key).nodes.includes(mine[key])));
  if (!between && blocks.length < 2) return 0;
  const kind = T.error[blocks.length > 1 ? "several" : "one"], of = countries ?? [...new Set(hubs.map((h) => COUNTRIES.indexOf(T.hub_country[h])))];
  let size = 0;
  for (const block of blocks) {
    const effect = effectOfBlock(block);
    for (const c of of) { let total = 0; for (let p = 0; p < T.replicates; p++) total += effect[(p * NB + NB - 1) * NC + c]; size += Math.abs(total / T.replicates); }
  }
  return Math.max(kind.part * size, Math.min(kind.people, size));
}

// --- sentences, in the words of the terminal -----------------------------------------------------

function span(p) {
  if (p.low >= 0 && p.effect > 0) return `${persons(p.low)} to ${persons(p.high)}`;
  if (p.high <= 0 && p.effect < 0) return `${persons(p.high)} to ${persons(p.low)}`;
  return bounds(p, "to");
}
function bounds(p, to) {
  if (p.low < 0 && p.high > 0) return `${persons(p.low)} fewer ${to} ${persons(p.high)} more`;
  return p.high <= 0 ? `${persons(p.high)} ${to} ${persons(p.low)} fewer` : `${persons(p.low)} ${to} ${persons(p.high)} more`;
}
// how far a row settles a direction: of people, of the share alone, or not; "number" where no runs are kept or too few
function verdict(r, pairs) {
  const p = r.people;
  if (!p ? !r.effect : !p.differs) return "none";
  if (!p || pairs < 10 || p.settled) return "number";
  if (p.approximate) return "open";
  if (r.inPoints?.settled && r.label !== "world") return "share";
  return Math.max(Math.abs(p.low), Math.abs(p.high)) < .01 * r.without ? "small" : "open";
}
function headline(r, year, pairs) {
  const has = r.plural ? "have" : "has", p = r.people, digits = Math.abs(r.points) >= .2 ? 1 : 2;
  const world = r.label === "world", [after, before] = [r.shareWith, r.share].map((x) => x.toFixed(digits));
  const levels = after === before ? `still ${after} % of the world's` : `${after} % of the world's instead of ${before} %`;
  const change = `${begin(r.spoken)} ${has} ${persons(r.effect)} ${r.effect > 0 ? "more" : "fewer"} AI engineers in ${year} than without the policy`;
  if (!p) return `${change}${world ? "" : `: ${levels}`}.`;
  if (!p.differs) return `Nothing changes for ${r.spoken}: in every pair ${r.plural ? "they have" : "it has"} as many AI engineers in ${year} as without the policy.`;
  if (p.approximate) return `${change} (about ${span(p)}): ${levels}.`;
  const agree = `${p.same === pairs ? `All ${pairs}` : `${p.same} of ${pairs}`} paired runs agree that ${r.plural ? "they" : "it"} ${p.effect > 0 ? "gain" : "lose"}${r.plural ? "" : "s"}`;
  if (pairs < 10) return `${change} (${span(p)})${world ? "" : `: ${levels}`}. Fewer than ten pairs settle no direction: run at least ten.`;
  if (p.settled) return `${change} (${span(p)})${world ? "" : `: ${levels}`}. ${agree}.`;
  const i = r.inPoints, settles = verdict(r, pairs), most = i ? Math.max(Math.abs(i.low), Math.abs(i.high)) : 0;
  if (settles === "share") return `${begin(r.spoken)} ${has} a ${i.effect > 0 ? "larger" : "smaller"} share: ${levels} in ${year} (${points(i.low)} to ${points(i.high)} points; ${i.same} of ${pairs} paired runs agree). How many AI engineers it gains or loses is not settled (${bounds(p, "to")}).`;
  if (settles === "small") return `No measurable effect on ${r.spoken}: 90 % of runs lie between ${bounds(p, "and")} AI engineers in ${year}${world ? "" : `, at most ${most >= .01 ? most.toFixed(2) : most.toPrecision(1)} points of ${r.share.toFixed(digits)} % of the world's`}.`;
  return `Whether ${r.spoken} ${r.plural ? "gain or lose" : "gains or loses"} is not settled: 90 % of runs lie between ${bounds(p, "and")} AI engineers in ${year}${world ? "" : ` (${points(i.low)} to ${points(i.high)} points of ${r.share.toFixed(digits)} % of the world's)`}.`;
}
// public money: what it costs, and an extra engineer-year by Fieller's interval, in the words of the terminal
function dollars(millions) {
  const size = Number(Math.abs(millions).toPrecision(2));
  if (size < 1) return grouped(1e6 * size);
  return size >= 1000 ? `${+(size / 1000).toPrecision(6)} billion` : `${+size.toPrecision(6)} million`;
}
function fieller(top, bottom) {
  const n = top.length, x = mean(top), y = mean(bottom), cov = (u, v) => u.reduce((s, a, k) => s + (a - mean(u)) * (v[k] - mean(v)), 0) / (n - 1) / n;
  const a = y * y - C.student * cov(bottom, bottom), b = x * y - C.student * cov(top, bottom), c = x * x - C.student * cov(top, top);
  if (n < 10 || !(y > 2 * Math.sqrt(cov(bottom, bottom))) || a <= 0) return null;
  const root = Math.sqrt(Math.max(b * b - a * c, 0));
  return { value: x / y, low: (b - root) / a, high: (b + root) / a };
}
function moneyWords(answer, place) {
  const { countries, hubs } = members(place), of = countries ?? [...new Set(hubs.map((h) => COUNTRIES.indexOf(T.hub_country[h])))];
  const world = place === "world", whose = world ? "all countries" : countries ? C.places[place].spoken : C.places[COUNTRIES[of[0]]].spoken;
  const part = (k) => d3.range(answer.pairs).map((p) => of.reduce((s, c) => s + answer.money[(p * 3 + k) * NC + c], 0));
  const c = statistics(part(0), C.needed.one), least = .005;
  if (!c.differs) return "";
  if (Math.abs(c.low) < least && Math.abs(c.high) < least) return `Nothing measurable for the public purse of ${whose}.`;
  const range = c.low >= 0 ? ` (90 % of runs ${dollars(c.low)} to ${dollars(c.high)})` : ` (90 % of runs ${dollars(c.high)} to ${dollars(c.low)})`;
  const said = c.low < 0 && c.high > 0 ? `Public money of ${whose}: not settled, between a gain of ${dollars(c.low)} and a cost of ${dollars(c.high)} USD a year`
    : c.effect > 0 ? `It costs the public of ${whose} ${dollars(c.effect)} USD a year${range}` : `The public of ${whose} gains ${dollars(c.effect)} USD a year${range}`;
  const ratio = fieller(part(1), part(2));
  if (countries && ratio && c.high < 0) return `${said}: it pays for itself.`;
  return `${said}${countries && ratio && ratio.value > 0 ? `; ${dollars(ratio.value)} USD an extra engineer-year${ratio.low > 0 ? ` (${dollars(ratio.low)} to ${dollars(ratio.high)})` : ""}` : ""}.`;
}
const bareName = (label) => begin(C.places[label].spoken.replace(/^the /, ""));
function causesOf(answer, label) {
  const { countries, hubs } = members(label), of = countries ?? [...new Set(hubs.map((h) => COUNTRIES.indexOf(T.hub_country[h])))];
  return T.causes.map((_, k) => of.reduce((s, c) => s + answer.causes[k * NC + c], 0));
}
// the place that the result is about: the chosen one, else that of the first lever moved, else the largest change
function subject(answer) {
  if (state.place) return state.place;
  const key = moves(state.v, state.base).flatMap((block) => block.keys).find((k) => LEVERS.get(k).subject);
  if (key) return LEVERS.get(key).subject;
  const rows = COUNTRIES.map((c) => rowOf(answer, c, LAST));
  return rows.some((r) => r.effect) ? rows.reduce((a, b) => (Math.abs(b.points) > Math.abs(a.points) ? b : a)).label : "world";
}

// --- drawing -------------------------------------------------------------------------------------

let order = [], answer = null, confirmed = null, shown = [], queued = 0, later = 0, data = {};
const held = () => Object.keys(state.beliefs).length > 0;
const requestKey = (s) => JSON.stringify([s.v, s.base, s.beliefs]);
function draw(options = {}) {
  drawLevers();
  answer = confirmed && confirmed.key === requestKey(state) ? confirmed.answer : fromTable(state.v, state.base);
  const place = subject(answer);
  drawBanner(place);
  if (options.sort || !order.length) order = COUNTRIES.map((c) => rowOf(answer, c, state.year)).sort((a, b) => b.effect - a.effect || COUNTRIES.indexOf(a.label) - COUNTRIES.indexOf(b.label)).map((r) => r.label);
  drawRows(place);
  drawLines(place);
  // table, map and ranks follow when the lever rests for a moment
  clearTimeout(later);
  if (dragged && state.tab !== "why") later = setTimeout(() => drawPanel(place), 90); else drawPanel(place);
  $("undo").disabled = !past.length; $("redo").disabled = !future.length;
  $("base").value = state.base;
  $("year").value = state.year; $("year-shown").textContent = state.year;
  $("pin").setAttribute("aria-pressed", String(state.pin !== null));
  $("measure").setAttribute("aria-pressed", String(state.share));
  const at = C.presets.findIndex(({ values }) => JSON.stringify(clean(values)) === JSON.stringify(clean(state.v)));
  $("preset").value = Object.keys(state.v).length ? (at < 0 ? "own" : String(at)) : "none";
  document.documentElement.dataset.drawn = String(++queued);
}
function drawBanner(place) {
  const r = rowOf(answer, place, state.year, true), digits = Math.abs(r.points) >= .2 ? 1 : 2, settles = verdict(r, answer.pairs);
  const words = { none: "no change", small: "no measurable effect", open: "not settled", share: r.points > 0 ? "larger share" : "smaller share" };
  const number = words[settles] ?? `${persons(r.effect)} ${r.effect > 0 ? "more" : "fewer"}`, [before, after] = [r.share, r.shareWith].map((x) => x.toFixed(digits));
  const share = place === "world" ? "" : before === after ? `; share ${after} %` : `; share ${before} to ${after} %`;
  $("big").replaceChildren(`${bareName(place)}: `, el("span", { class: settles !== "number" ? "" : r.effect > 0 ? "gain" : "loss" }, number),
    el("small", {}, `AI engineers on 1 January ${state.year}${share}`));
  const moved = moves(state.v, state.base);
  $("sentence").textContent = !moved.length && !held() ? (state.base === "law" ? "Today's law against itself: move a lever, or choose a scenario." : "Nothing is moved: the world under the rules of mid-2025. Move a lever, or choose a scenario.") : headline(r, state.year, answer.pairs);
  $("money").textContent = moved.length || held() ? moneyWords(answer, place) : "";
  const badge = $("badge"), error = errorOf(place);
  badge.classList.toggle("confirmed", answer === confirmed?.answer);
  const pinned = state.pin ? `Grey marks: ${settingWords(state.pin) || "nothing moved"}.` : "";
  if (!moved.length && !held()) { badge.textContent = "the baseline"; $("difference").textContent = pinned; return; }
  if (answer === confirmed?.answer) {
    const told = rowOf(fromTable(state.v, state.base), place, state.year).effect, gap = r.effect - told;
    badge.textContent = `confirmed by ${answer.pairs} paired runs${held() ? " under your beliefs" : ""}`;
    $("difference").textContent = Math.round(Math.abs(gap)) ? `The table said ${signed(told)}; the runs say ${signed(r.effect)} (difference ${signed(gap)}). ${pinned}` : `The table said the same. ${pinned}`;
  } else {
    badge.textContent = error ? `from the table, ± ${persons(error)} people` : `from the table: ${answer.pairs} paired runs of ${grouped(T.population)} engineers`;
    const compute = moved.some((b) => b.keys.some((k) => LEVERS.get(k).compute));
    const parts = [requestKey(state) === asked ? progressWords : "", held() ? "Your beliefs act only in confirmed results." : "", compute ? "How strongly compute draws people has no causal evidence." : "", pinned];
    $("difference").textContent = parts.filter(Boolean).join(" ");
  }
}
// widths and heights, read once: a reading after a change makes the browser lay the page out anew
const sizes = new Map();
function sizeOf(target) {
  if (!sizes.has(target.id)) sizes.set(target.id, { width: target.clientWidth, height: target.clientHeight });
  return sizes.get(target.id);
}
let colours = {}; // of the theme, read once
const css = (name) => (colours[name] ??= getComputedStyle(document.documentElement).getPropertyValue(name).trim());
function chartInto(target, options, label) {
  const svg = Plot.plot({ style: { background: "transparent", color: "currentColor", fontFamily: "inherit" }, ...options });
  svg.setAttribute("role", "img"); svg.setAttribute("aria-label", label);
  for (const part of svg.querySelectorAll("[aria-label]")) part.removeAttribute("aria-label");
  target.replaceChildren(svg);
}
function drawRows(place) {
  const pin = state.pin && fromTable(state.pin, state.base), list = [];
  for (const c of order) {
    const several = C.places[c].hubs.length > 1;
    list.push({ ...rowOf(answer, c, state.year), several, hub: false });
    if (several && state.open.includes(c)) for (const h of C.places[c].hubs) list.push({ ...rowOf(answer, h, state.year), hub: true });
  }
  shown = list;
  const key = JSON.stringify([list.map((r) => r.label), state.open]), target = $("rows");
  if (target.dataset.key !== key) {
    const focused = document.activeElement?.dataset?.row;
    target.dataset.key = key;
    sizes.delete("bars"); // the names take the width that they need
    target.replaceChildren(el("div", { class: "axis" }), ...list.map((r) => el("div", { class: r.hub ? "row hub" : "row" },
      r.several ? el("button", { type: "button", class: "unfold", "data-row": `u-${r.label}`, "aria-expanded": String(state.open.includes(r.label)), "aria-label": `Hubs of ${r.spoken}`,
        onclick: () => change({ open: state.open.includes(r.label) ? state.open.filter((c) => c !== r.label) : [...state.open, r.label] }, { step: false }) }, state.open.includes(r.label) ? "▾" : "▸") : el("span", { class: "unfold" }),
      el("button", { type: "button", class: "pick", "data-row": r.label, onclick: () => change({ place: state.place === r.label ? "" : r.label }, { step: false, visit: true }) }, r.name))));
    if (focused) target.querySelector(`[data-row="${focused}"]`)?.focus();
  }
  const byLabel = new Map(list.map((r) => [r.label, r]));
  for (const button of target.querySelectorAll(".pick")) {
    const r = byLabel.get(button.dataset.row);
    button.setAttribute("aria-pressed", String(r.label === place));
    button.setAttribute("aria-label", `${r.name}, ${signed(r.effect)} people, ${points(r.points)} points`);
    button.title = `${r.name}: ${signed(r.effect)} people, ${points(r.points)} points`;
  }
  if (!sizes.has("row")) sizes.set("row", parseFloat(getComputedStyle(target.querySelector(".row")).height));
  const height = sizes.get("row"), width = Math.max(sizeOf($("bars")).width, 120);
  const most = Math.max(1, ...list.flatMap((r) => [Math.abs(r.effect), Math.abs(r.people?.low ?? 0), Math.abs(r.people?.high ?? 0)]));
  scaleTo = most > scaleTo || !dragged ? most : scaleTo; // the axis only grows while a lever is dragged
  const label = (r) => r.label, color = (r) => (r.effect > 0 ? css("--gain") : css("--loss"));
  data.gains = list.map((r) => ({ place: r.name, level: r.hub ? "hub" : "country", year: state.year, people_without: Math.round(r.without), people_change: Math.round(r.effect), low: r.people ? Math.round(r.people.low) : "", high: r.people ? Math.round(r.people.high) : "", share_without: r.share.toFixed(3), points: r.points.toFixed(4), pairs_same_sign: r.people?.same ?? "" }));
  chartInto($("bars"), {
    width, height: 20 + height * list.length, marginLeft: 30, marginRight: 46, marginTop: 20, marginBottom: 0,
    x: { domain: [-scaleTo * 1.02, scaleTo * 1.02], axis: "top", ticks: width < 260 ? 3 : 5, tickFormat: (x) => minus(d3.format("+~s")(x)).replace("+0", "0"), label: null },
    y: { domain: list.map(label), axis: null, paddingInner: .22, paddingOuter: .11, round: false },
    marks: [
      Plot.ruleX([0], { stroke: css("--grey") }),
      Plot.barX(list, { x: "effect", y: label, fill: color, fillOpacity: (r) => (r.people && !r.people.settled ? .35 : r.hub ? .65 : 1) }),
      Plot.ruleY(list.filter((r) => r.people?.differs), { x1: (r) => r.people.low, x2: (r) => r.people.high, y: label, stroke: "currentColor", strokeWidth: 1, strokeDasharray: (r) => (r.hub ? "2,2" : null) }),
      ...(pin ? [Plot.tickX(list, { x: (r) => rowOf(pin, r.label, state.year).effect, y: label, stroke: css("--grey"), strokeWidth: 3 })] : []),
      Plot.text(list, { x: (r) => Math.max(r.effect, r.people?.high ?? 0, 0), y: label, text: (r) => (Math.abs(r.effect) >= .5 ? signed(r.effect) + (r.people && !r.people.settled ? " ?" : "") : ""), textAnchor: "start", dx: 4, fontSize: 10, fill: "currentColor" }),
    ],
  }, `Change of AI engineers by country on 1 January ${state.year}: ${list.filter((r) => !r.hub && r.people?.settled).slice(0, 3).map((r) => `${r.name} ${signed(r.effect)}`).join(", ")}`);
}
let scaleTo = 1;
function drawLines(place) {
  const years = d3.range(T.start, LAST + 1), name = C.places[place].spoken, pin = state.pin && fromTable(state.pin, state.base);
  const rows = years.map((year) => ({ year, ...rowOf(answer, place, year, true) })), box = $("lines-plot");
  const bands = [{ year: T.start, low: 0, high: 0 }, ...rows.filter((r) => r.people).map((r) => ({ year: r.year, low: r.people.low, high: r.people.high }))];
  const title = state.share ? `Share of the world's engineers in ${name}, %` : `${begin(name)}: engineers more or fewer, by year`;
  if ($("lines-title").textContent !== title) { $("lines-title").textContent = title; sizes.delete(box.id); } // a longer title leaves less height
  data.lines = rows.map((r) => ({ place: r.name, year: r.year, people_without: Math.round(r.without), people_change: Math.round(r.effect), low: r.people ? Math.round(r.people.low) : "", high: r.people ? Math.round(r.people.high) : "", share_without: r.share.toFixed(3), share_with: r.shareWith.toFixed(3) }));
  const color = rows.at(-1).effect > 0 ? css("--gain") : css("--loss"), now = rows.find((r) => r.year === state.year);
  const pinned = pin ? years.map((year) => ({ year, ...rowOf(pin, place, year) })) : [];
  const common = { width: Math.max(sizeOf(box).width, 200), height: Math.max(sizeOf(box).height - 2, 180), marginLeft: 52, marginRight: 72, marginTop: 14, marginBottom: 22, x: { tickFormat: "d", label: null, ticks: years.filter((y) => (y - T.start) % (sizeOf(box).width < 330 ? 5 : 2) === 0) } };
  const marks = state.share ? [
    Plot.line(rows, { x: "year", y: "share", stroke: css("--grey"), strokeDasharray: "4,3" }),
    Plot.line(pinned, { x: "year", y: "shareWith", stroke: css("--grey") }),
    Plot.line(rows, { x: "year", y: "shareWith", stroke: color, strokeWidth: 2.5 }), Plot.dot([now], { x: "year", y: "shareWith", fill: color, r: 4 }),
    Plot.text([rows.at(-1)], { x: "year", y: "shareWith", text: () => "with", dx: 6, textAnchor: "start", fill: color, dy: rows.at(-1).points < 0 ? 7 : -7 }), Plot.text([rows.at(-1)], { x: "year", y: "share", text: () => "without", dx: 6, textAnchor: "start", fill: "currentColor", dy: rows.at(-1).points < 0 ? -7 : 7 }),
  ] : [
    Plot.ruleY([0], { stroke: css("--grey") }),
    Plot.areaY(bands, { x: "year", y1: "low", y2: "high", fill: color, fillOpacity: .18 }),
    Plot.line(pinned, { x: "year", y: "effect", stroke: css("--grey"), strokeWidth: 2 }),
    Plot.line(rows, { x: "year", y: "effect", stroke: color, strokeWidth: 2.5 }), Plot.dot([now], { x: "year", y: "effect", fill: color, r: 4 }),
    Plot.text([now], { x: "year", y: "effect", text: (r) => signed(r.effect) + (r.people && !r.people.settled ? " ?" : ""), dy: now.effect < 0 ? 14 : -12, dx: state.year > LAST - 2 ? 8 : 0, textAnchor: state.year > LAST - 2 ? "start" : "middle", fill: "currentColor", fontWeight: 600, fontSize: 12 }),
  ];
  const flat = !state.share && !rows.some((r) => Math.abs(r.effect) >= 1);
  chartInto(box, { ...common, y: { label: null, ticks: 5, ...(flat ? { domain: [-100, 100] } : {}), grid: true, zero: !state.share, tickFormat: state.share ? undefined : (x) => minus(d3.format("~s")(x)) }, marks },
    `${begin(name)}, change of AI engineers: ${rows.filter((r) => [1, 5, T.years].includes(r.year - T.start)).map((r) => `${r.year} ${signed(r.effect)}`).join(", ")}`);
}
function drawPanel(place) {
  for (const tab of $("tabs").children) {
    const on = tab.dataset.tab === state.tab;
    tab.setAttribute("aria-selected", String(on)); tab.tabIndex = on ? 0 : -1;
  }
  $("panel").setAttribute("aria-labelledby", `tab-${state.tab}`);
  ({ why: drawWhy, table: drawTable, map: drawMap, ranks: drawRanks, beliefs: drawBeliefs, saved: drawSaved })[state.tab](place);
}
function waterfall(box, steps, title, panelWidth) {
  let at = 0;
  const bars = steps.map(([name, value]) => { const bar = { name, value, from: at, to: at + value }; at += value; return bar; });
  bars.push({ name: "change", value: at, from: 0, to: at, total: true });
  const width = Math.max(panelWidth, 240), most = Math.max(1, ...bars.flatMap((b) => [Math.abs(b.from), Math.abs(b.to)]));
  const plot = el("div"); box.append(el("h3", {}, title), plot);
  chartInto(plot, { width, height: 22 * bars.length + 8, marginLeft: Math.min(16 + 5.9 * Math.max(...bars.map((b) => b.name.length)), width * .6), marginRight: 54, marginTop: 2, marginBottom: 2,
    x: { axis: null, domain: [Math.min(0, ...bars.map((b) => Math.min(b.from, b.to))), Math.max(0, ...bars.map((b) => Math.max(b.from, b.to)))].map((x, k) => x || (most < 2 ? (k ? 1 : -1) : x)) }, y: { domain: bars.map((b) => b.name), label: null, tickSize: 0, padding: .25 },
    marks: [Plot.ruleX([0], { stroke: css("--grey") }), Plot.barX(bars, { x1: "from", x2: "to", y: "name", fill: (b) => (b.total ? css("--text") : b.value > 0 ? css("--gain") : css("--loss")) }),
      Plot.text(bars, { x: (b) => Math.max(b.from, b.to), y: "name", text: (b) => signed(b.value), textAnchor: "start", dx: 4, fill: "currentColor" })] },
  `${title}: ${bars.map((b) => `${b.name} ${signed(b.value)}`).join(", ")}`);
  return bars;
}
function drawWhy(place) {
  const panel = $("panel"), two = el("div", { class: "two" }), left = el("div"), right = el("div"), isHub = !members(place).countries, country = isHub ? C.places[place].countries[0] : place;
  panel.replaceChildren(two); two.append(left, right);
  const whole = sizeOf(panel).width, panelWidth = innerWidth > 820 ? (whole - 20) / 2 : whole;
  const [arrivals, departures, entrants, exits] = causesOf(answer, country), name = C.places[country].spoken;
  const steps = [[arrivals >= 0 ? "more move in" : "fewer move in", arrivals], [departures > 0 ? "more move out" : "fewer move out", -departures], [entrants >= 0 ? "more enter the occupation" : "fewer enter the occupation", entrants], [exits > 0 ? "more leave the occupation" : "fewer leave the occupation", -exits]];
  data.more = waterfall(left, steps, `Why, for ${name}: moves, entries and exits ${T.start} to ${LAST - 1}`, panelWidth).map((b) => ({ place: name, part: b.name, people: Math.round(b.value) }));
  const blocks = moves(state.v, state.base);
  if (blocks.length > 1) {
    const of = members(country).countries;
    const alone = blocks.map((block) => {
      const effect = effectOfBlock(block); let total = 0;
      for (let p = 0; p < T.replicates; p++) for (const c of of) total += effect[(p * NB + NB - 1) * NC + c];
      return [block.keys.map((k) => LEVERS.get(k).title).join(" with "), total / T.replicates];
    });
    const all = rowOf(answer, country, LAST).effect, rest = all - alone.reduce((s, [, x]) => s + x, 0);
    if (Math.abs(rest) >= .5) alone.push(["together, beyond the sum", rest]);
    data.more.push(...waterfall(right, alone, `Which lever, for ${name} in ${LAST}`, panelWidth).map((b) => ({ place: name, part: b.name, people: Math.round(b.value) })));
  } else {
    const changed = COUNTRIES.map((c) => rowOf(answer, c, state.year)).filter((r) => r.label !== country && r.people?.settled);
    const side = (rows, verb) => { const few = rows.slice(0, 3).map((r) => r.spoken), more = rows.length - few.length; if (more) few.push(more > 1 ? `${more} others` : "another"); return rows.length ? `${begin(listed(few))} ${verb}${rows.length === 1 && !rows[0].plural ? "s" : ""}. ` : ""; };
    const sorted = changed.sort((a, b) => Math.abs(b.points) - Math.abs(a.points));
    right.append(el("h3", {}, "Who else"), el("p", {}, side(sorted.filter((r) => r.effect > 0), "gain") + side(sorted.filter((r) => r.effect < 0), "lose") || (state.year - T.start && !BANDS.includes(state.year - T.start) ? `Directions are kept for ${listed(BANDS.map((b) => String(T.start + b)))}.` : "No other country's direction is settled.")));
    for (const key of Object.keys(state.v)) right.append(el("p", { class: "quiet" }, `${LEVERS.get(key).title}: ${LEVERS.get(key).about}`));
  }
}
function drawTable() {
  const rows = COUNTRIES.map((c) => rowOf(answer, c, state.year)).sort((a, b) => b.without - a.without), cell = (text, kind) => el("td", { class: kind }, text);
  data.more = data.gains;
  $("panel").replaceChildren(el("table", {}, el("caption", { class: "unseen" }, `AI engineers by country on 1 January ${state.year}`),
    el("thead", {}, el("tr", {}, ...["Country", "Without", "With", "Change", "90 % of runs", "Share without, %", "Points", "Runs that agree"].map((t) => el("th", { scope: "col" }, t)))),
    el("tbody", {}, ...rows.map((r) => el("tr", {}, el("th", { scope: "row" }, r.name), cell(persons3(r.without)), cell(persons3(r.without + r.effect)), cell(signed(r.effect), r.effect > 0 ? "gain" : r.effect < 0 ? "loss" : ""),
      cell(r.people ? `${signed(r.people.low)} to ${signed(r.people.high)}` : "–"), cell(r.share.toFixed(2)), cell(points(r.points)), cell(r.people ? `${r.people.same} of ${answer.pairs}` : "–"))))));
}
const persons3 = (value) => { const unit = 10 ** Math.max(String(Math.round(value)).length - 3, 0); return grouped(Math.round(value / unit) * unit); };
let coast = null;
function drawMap() {
  const rows = HUBS.map((h) => ({ ...rowOf(answer, h, state.year), x: C.coordinates[h][0], y: C.coordinates[h][1] })), box = $("panel");
  data.more = rows.map((r) => ({ hub: r.name, longitude: r.x, latitude: r.y, year: state.year, people_without: Math.round(r.without), people_change: Math.round(r.effect) }));
  coast ??= C.land.flatMap((ring, z) => ring.map(([x, y]) => ({ x, y, z })));
  // a phone's panel is as tall as what it showed before: the map keeps its shape
  const room = Math.max(sizeOf(box).width - 4, 260), height = Math.max(Math.min(sizeOf(box).height - 8, room / 2.2), 170), width = Math.min(room, height * 3.4), most = Math.max(1, ...rows.map((r) => Math.abs(r.effect)));
  // labels of the largest changes: one a country, no rests, and none over another
  const label = [], words = (r) => `${r.name.split(" (")[0]} ${signed(r.effect)}`, wide = (r) => 6 * words(r).length;
  const over = (a, b) => Math.abs(a.x - b.x) * width / 358 < (wide(a) + wide(b)) / 2 && Math.abs(a.y - b.y) * height / 122 < 13;
  for (const r of [...rows].sort((a, b) => Math.abs(b.effect) - Math.abs(a.effect))) {
    const taken = label.some((o) => o.countries[0] === r.countries[0] || over(o, r));
    if (label.length < 5 && Math.abs(r.effect) >= 1 && !/^rest_of/.test(r.label) && !taken) label.push(r);
  }
  // a name that would leave the map begins or ends at its hub
  const anchor = (r) => { const at = (r.x + 172) * width / 358; return at < wide(r) / 2 ? "start" : at > width - wide(r) / 2 ? "end" : "middle"; };
  const target = el("div"); box.replaceChildren(target);
  chartInto(target, { width, height, margin: 0, x: { domain: [-172, 186], axis: null }, y: { domain: [-46, 76], axis: null }, r: { domain: [0, most], range: [0, 22] },
    marks: [Plot.line(coast, { x: "x", y: "y", z: "z", fill: css("--line"), fillOpacity: .55, stroke: null, clip: true }),
      Plot.dot(rows, { x: "x", y: "y", r: (r) => Math.abs(r.effect), fill: (r) => (r.effect > 0 ? css("--gain") : css("--loss")), fillOpacity: .55, stroke: (r) => (r.effect > 0 ? css("--gain") : css("--loss")), title: (r) => `${r.name}: ${signed(r.effect)}` }),
      ...["start", "middle", "end"].map((textAnchor) => Plot.text(label.filter((r) => anchor(r) === textAnchor), { x: "x", y: "y", text: words, textAnchor, dy: -12, fontSize: 10, fill: "currentColor", stroke: css("--back"), strokeWidth: 3 }))] },
  `Map of changes by hub: ${label.map((r) => `${r.name} ${signed(r.effect)}`).join(", ")}`);
}
function drawRanks() {
  const rows = HUBS.filter((h) => !/^rest_of/.test(h)).map((h) => rowOf(answer, h, state.year)), box = $("panel"), n = 14;
  const ranked = (value) => new Map([...rows].sort((a, b) => value(b) - value(a)).map((r, k) => [r.label, k + 1]));
  const before = ranked((r) => r.without), after = ranked((r) => r.without + r.effect), some = rows.filter((r) => before.get(r.label) <= n || after.get(r.label) <= n);
  data.more = rows.map((r) => ({ hub: r.name, year: state.year, rank_without: before.get(r.label), rank_with: after.get(r.label) }));
  const ends = some.flatMap((r) => [{ r, at: "without", rank: before.get(r.label) }, { r, at: "with", rank: after.get(r.label) }]), changed = (r) => before.get(r.label) - after.get(r.label);
  const target = el("div"); box.replaceChildren(target);
  chartInto(target, { width: Math.min(Math.max(sizeOf(box).width - 4, 260), 760), height: Math.max(15 * n + 18, 160), marginLeft: 190, marginRight: 190, marginTop: 16, marginBottom: 4, x: { type: "point", domain: ["without", "with"], axis: "top", label: null, padding: .05, tickSize: 0 }, y: { reverse: true, axis: null },
    marks: [Plot.line(ends, { x: "at", y: "rank", z: (d) => d.r.label, stroke: (d) => (changed(d.r) > 0 ? css("--gain") : changed(d.r) < 0 ? css("--loss") : css("--grey")), strokeWidth: (d) => (changed(d.r) ? 2.5 : 1) }),
      ...["without", "with"].map((at) => Plot.text(ends.filter((d) => d.at === at), { x: "at", y: "rank", text: (d) => `${d.rank} ${d.r.name.split(" (")[0]}`, textAnchor: at === "with" ? "start" : "end", dx: at === "with" ? 8 : -8, fill: "currentColor", fontSize: 10.5 }))] },
  `Ranks of metropolitan hubs by AI engineers on 1 January ${state.year}: ${some.filter(changed).map((r) => `${r.name} ${before.get(r.label)} to ${after.get(r.label)}`).join(", ") || "none changes"}`);
}
function drawBeliefs() {
  const panel = $("panel"), chosen = panel.querySelector("select")?.value ?? "";
  if (panel.querySelector("#beliefs") && panel.contains(document.activeElement)) return;
  data.more = Object.entries(state.beliefs).map(([name, value]) => ({ assumption: name, value }));
  const pick = el("select", { "aria-label": "Assumption" }, ...C.beliefs.map((b) => el("option", { value: b.name }, `${begin(b.meaning.split(/[:,;(]/)[0].trim())} (${b.name}, grade ${b.grade})`)));
  if (chosen) pick.value = chosen;
  const number = el("input", { type: "number", step: "any", "aria-label": "Your value" }), about = el("p", { class: "quiet" });
  const tell = () => { const b = C.beliefs.find((x) => x.name === pick.value); number.min = b.low; number.max = b.high; number.value = state.beliefs[b.name] ?? b.central; about.textContent = `${b.meaning}. From ${b.low} to ${b.high}; talentflow's centre ${b.central} ${b.unit}.`; };
  pick.addEventListener("change", tell); tell();
  panel.replaceChildren(el("div", { id: "beliefs" }, el("p", {}, TOKEN ? "A belief holds an assumption at your value. It acts in confirmed results: the runs take a few seconds." : "A belief holds an assumption at your value; only talentflow explore, which can run the model, shows what it changes."),
    pick, " ", number, " ", el("button", { type: "button", onclick: () => { if (number.reportValidity()) { number.blur(); document.activeElement.blur(); change({ beliefs: { ...state.beliefs, [pick.value]: Number(number.value) } }); } } }, "Hold it"), about,
    el("ul", {}, ...Object.entries(state.beliefs).map(([name, value]) => el("li", {}, `${name} = ${value} `, el("button", { type: "button", onclick: (event) => { event.currentTarget.blur(); const left = { ...state.beliefs }; delete left[name]; change({ beliefs: left }); } }, "Give up"))))));
}
let savedList = null;
function drawSaved() {
  data.more = [];
  const panel = $("panel");
  if (!TOKEN) return panel.replaceChildren(el("p", {}, "Saved runs are opened by talentflow explore, from the folder outputs."));
  if (savedList) return panel.replaceChildren(savedList.length ? el("ul", {}, ...savedList.map((r) => el("li", {}, el("a", { href: `saved/${encodeURIComponent(r.folder)}`, target: "_blank", rel: "noopener" }, r.title), ` (${r.folder})`))) : el("p", {}, "No saved run lies in the folder."));
  panel.replaceChildren(el("p", {}, "Looking for saved runs."));
  return fetch("saved", { headers: { "X-Talentflow": TOKEN } }).then((r) => r.json()).then((list) => { savedList = list; if (state.tab === "saved") drawSaved(); }).catch(() => panel.replaceChildren(el("p", {}, "The server does not answer.")));
}

// --- levers --------------------------------------------------------------------------------------

const controls = new Map();
function buildLevers() {
  for (const [group, title] of Object.entries(C.groups)) {
    const box = el("details", { name: "levers", open: group === "visas", "data-group": group }, el("summary", {}, title, " ", el("small")));
    for (const lever of C.levers.filter((l) => l.group === group)) box.append(buildLever(lever));
    $("groups").append(box);
  }
}
const setLever = (key, value) => change({ v: clean({ ...state.v, [key]: value }) });
function buildLever(lever) {
  const id = `lever-${lever.key}`, row = el("div", { class: "lever", title: lever.about });
  if (lever.switch) {
    const buttons = lever.stops.map(([value, words]) => el("button", { type: "button", role: "radio", "aria-checked": "false", onclick: () => setLever(lever.key, value) }, words));
    const group = el("div", { class: "choice", role: "radiogroup", "aria-labelledby": id, onkeydown: (event) => {
      if (!/^Arrow/.test(event.key)) return;
      event.preventDefault(); const next = /Right|Down/.test(event.key) ? 1 : 0; setLever(lever.key, next); buttons[next].focus();
    } }, ...buttons);
    row.append(el("div", { class: "name", id }, lever.title), group);
    controls.set(lever.key, (value) => buttons.forEach((b, k) => { b.setAttribute("aria-checked", String(k === value)); b.tabIndex = k === value ? 0 : -1; }));
    return row;
  }
  const low = lever.nodes[0], high = lever.nodes.at(-1), whole = high > 100, step = whole ? Math.pow(10, Math.floor(Math.log10((high - low) / 40))) : lever.unit === "points" ? .5 : .01;
  const input = el("input", { type: "range", id, min: low, max: high, step: "any" }), output = el("output", { for: id });
  // a step of its own: arrow keys move by two steps in a hundred, and values snap to the stops
  const snap = (raw) => { const near = [...lever.stops.map(([v]) => v), lever.present].find((v) => Math.abs(v - raw) < (high - low) * .012); return near ?? +(Math.round(raw / step) * step).toFixed(4); };
  input.addEventListener("input", () => { if (!dragged || dragged === "opening") { past.push(structuredClone(state)); past = past.slice(-200); future = []; dragged = lever.key; } setSoon(lever.key, snap(Number(input.value))); });
  input.addEventListener("change", () => { flush(); dragged = null; draw(); settled(); });
  input.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 5, PageDown: -5 }[event.key], value = state.v[lever.key] ?? lever.present, stride = Math.max(step, Math.round((high - low) / 40 / step) * step);
    const to = by ? Math.min(Math.max(value + by * stride, low), high) : event.key === "Home" ? low : event.key === "End" ? high : null;
    if (to === null) return;
    event.preventDefault(); setLever(lever.key, +(Math.round(to / step) * step).toFixed(4));
  });
  row.append(el("div", { class: "top" }, el("label", { for: id }, lever.title), output), input,
    el("div", { class: "stops" }, ...lever.stops.map(([value, words]) => el("button", { type: "button", "aria-label": `${lever.title}: ${words}`, onclick: () => setLever(lever.key, value) }, minus(words)))));
  // each stop stands below its value; those near the left end begin there, clear of the first
  row.querySelectorAll(".stops button").forEach((button, k) => { const part = (lever.stops[k][0] - low) / (high - low); Object.assign(button.style, { left: `${100 * part}%`, transform: `translateX(${part < .2 ? 0 : -100 * part}%)` }); });
  controls.set(lever.key, (value) => { if (dragged !== lever.key) input.value = value; output.textContent = valueWords(lever, value); input.setAttribute("aria-valuetext", valueWords(lever, value)); });
  return row;
}
// moves that come faster than frames: only the last one is drawn
let soon = null, frame = 0;
function setSoon(key, value) { soon = [key, value]; frame ||= requestAnimationFrame(flush); }
function flush() { cancelAnimationFrame(frame); frame = 0; if (soon) { const [key, value] = soon; soon = null; change({ v: clean({ ...state.v, [key]: value }) }, { step: false }); } }
function drawLevers() {
  const counts = {};
  for (const lever of C.levers) {
    const value = state.v[lever.key] ?? lever.present;
    controls.get(lever.key)(value);
    if (lever.key in state.v) counts[lever.group] = (counts[lever.group] ?? 0) + 1;
    (lever.row ??= $(`lever-${lever.key}`).closest(".lever")).classList.toggle("moved", lever.key in state.v);
  }
  for (const box of $("groups").children) box.querySelector("small").textContent = counts[box.dataset.group] ? `${counts[box.dataset.group]} moved` : "";
}

// --- confirmation by the server ------------------------------------------------------------------

let progressWords = "", wanted = 0, asked = "", stream = null, lastBeat = 0;
const TAB = [...crypto.getRandomValues(new Uint8Array(12))].map((b) => b.toString(16).padStart(2, "0")).join("");
function listen() {
  if (!TOKEN) return;
  stream = new EventSource(`events?tab=${TAB}&token=${TOKEN}`);
  stream.onopen = () => { asked = ""; gone(false); };
  stream.onerror = () => gone(true);
  // every event is a sign of life: beats come only where nothing else does, and a laptop may have slept
  for (const kind of ["beat", "progress", "problem", "answer"]) stream.addEventListener(kind, () => gone(false));
  stream.addEventListener("progress", (event) => { const d = JSON.parse(event.data); if (d.id === wanted) tell(`Being confirmed: ${d.done} of ${d.total} paired runs.`); });
  stream.addEventListener("problem", (event) => { const d = JSON.parse(event.data); if (d.id === wanted) tell(d.words); });
  stream.addEventListener("answer", (event) => {
    const d = JSON.parse(event.data);
    if (d.id !== wanted) return;
    progressWords = "";
    confirmed = { key: asked, answer: { pairs: d.pairs, country: d.country, hub: d.hub, causes: d.causes, spread: d.spread, money: d.money, baseCountry: d.base_country, baseHub: d.base_hub } };
    draw({ sort: true });
    $("spoken").textContent = `Confirmed by ${d.pairs} paired runs. ${$("big").textContent}.`;
  });
  setInterval(() => { if (lastBeat && Date.now() - lastBeat > 40000) gone(true); }, 5000);
}
function tell(words) { progressWords = words; drawBanner(subject(answer)); }
let isGone = null; // not known yet
function gone(yes) {
  if (!yes) lastBeat = Date.now();
  if (yes === isGone) return;
  isGone = yes;
  $("notice").textContent = yes ? "The server has stopped: the page goes on with its table. Start talentflow explore again to confirm results." : $("notice").dataset.stale ?? "";
  if (yes) tell(""); else confirmLater();
}
function confirmLater() {
  if (isGone !== false || !A.country) return;
  const key = requestKey(state);
  if (key === asked || confirmed?.key === key || (!moves(state.v, state.base).length && !held())) return;
  asked = key; wanted++;
  const body = JSON.stringify({ tab: TAB, id: wanted, values: state.v, base: lawOf(state.base), beliefs: state.beliefs });
  fetch("confirm", { method: "POST", headers: { "Content-Type": "application/json", "X-Talentflow": TOKEN }, body })
    .then(async (r) => { if (!r.ok) tell((await r.text()).slice(0, 300)); }).catch(() => gone(true));
}

// --- downloads -----------------------------------------------------------------------------------

function save(name, content, type) {
  const link = el("a", { href: URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type })), download: name });
  document.body.append(link); link.click(); link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
const citation = () => `talentflow ${C.version}, ${answer === confirmed?.answer ? "" : "response table of "}${answer.pairs} paired runs of ${grouped(T.population)} simulated engineers, seed ${T.seed}, ${T.start} to ${LAST}`;
function svgText(svg) {
  const copy = svg.cloneNode(true), box = svg.getBoundingClientRect(), width = Math.ceil(box.width), height = Math.ceil(box.height) + 34;
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg"); copy.setAttribute("width", width); copy.setAttribute("height", height); copy.setAttribute("viewBox", `0 -18 ${width} ${height}`);
  copy.setAttribute("color", css("--text")); copy.setAttribute("font-family", "sans-serif"); copy.setAttribute("font-size", "10");
  for (const [x, y, words, size] of [[4, -6, svg.closest(".chart").querySelector("h2,h3")?.textContent ?? "", 12], [4, height - 22, `Source: ${citation()}.`, 8]]) {
    const text = document.createElementNS("http://www.w3.org/2000/svg", "text");
    text.setAttribute("x", x); text.setAttribute("y", y); text.setAttribute("font-size", size); text.setAttribute("fill", css("--text")); text.textContent = words; copy.append(text);
  }
  return { text: new XMLSerializer().serializeToString(copy), width, height };
}
function download(chart, kind) {
  const name = `talentflow-${chart}`, rows = data[chart] ?? [];
  if (kind === "CSV") {
    const cell = (x) => (/[",\n]/.test(x) ? `"${String(x).replaceAll('"', '""')}"` : String(x)), heads = [...new Set(rows.flatMap(Object.keys))];
    return save(`${name}.csv`, `# ${citation()}\n${[heads.join(","), ...rows.map((r) => heads.map((h) => cell(r[h] ?? "")).join(","))].join("\n")}\n`, "text/csv");
  }
  const charts = [...$(chart === "more" ? "panel" : chart).querySelectorAll("svg")];
  for (const [k, svg] of charts.entries()) {
    const { text, width, height } = svgText(svg), file = charts.length > 1 ? `${name}-${k + 1}` : name;
    if (kind === "SVG") { save(`${file}.svg`, text, "image/svg+xml"); continue; }
    const image = new Image();
    image.onload = () => { const canvas = el("canvas", { width: 2 * width, height: 2 * height }), pen = canvas.getContext("2d"); pen.scale(2, 2); pen.fillStyle = css("--back"); pen.fillRect(0, 0, width, height); pen.drawImage(image, 0, 0, width, height); canvas.toBlob((blob) => save(`${file}.png`, blob), "image/png"); };
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  }
  return undefined;
}
function scenarioToml() {
  const quoted = (text) => JSON.stringify(text), values = Object.entries(state.v), policies = [];
  const own = ["selection", "nl_new", ...("fee" in state.v ? ["fee"] : [])];
  for (const [key, value] of values) {
    if (key === "law") { policies.push(own.includes("fee") ? C.lawToml.split(/\n(?=\[\[policy\]\])/).filter((p) => !p.includes("special_fee_usd")).join("\n") : C.lawToml); continue; }
    for (const [path, operation, amount] of LEVERS.get(key).rows) {
      const given = amount === null ? value : amount;
      policies.push(`[[policy]]\nlever = ${quoted(path)}\n${operation} = ${typeof given === "string" ? quoted(given) : given}\nsource = "moved in the explorer (size assumed, grade D)"\n`);
    }
  }
  const title = settingWords(state.v).slice(0, 110) || "Rules of mid-2025";
  return `title = ${quoted(title)}\nquestion = ${quoted(`What changes if: ${title}?`)}\n\n${policies.join("\n")}`;
}

// --- the start -----------------------------------------------------------------------------------

async function readArrays() {
  const text = atob($("arrays").textContent.trim()), bytes = new Uint8Array(text.length);
  for (let k = 0; k < text.length; k++) bytes[k] = text.charCodeAt(k);
  const buffer = await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
  const kinds = { int8: Int8Array, int16: Int16Array, int32: Int32Array, float32: Float32Array };
  for (const { name, type, shape, offset } of T.arrays) A[name] = { shape, data: new kinds[type](buffer, offset, shape.reduce((a, b) => a * b, 1)) };
  BASE = { country: Float64Array.from(A.base_country.data, (x) => x * T.weight), hub: Float64Array.from(A.base_hub.data, (x) => x * T.weight / T.replicates) };
}
function buildPage() {
  $("preset").append(el("option", { value: "none" }, "nothing moved"), ...C.presets.map(({ title }, k) => el("option", { value: k }, title)), el("option", { value: "own", disabled: true }, "your own"));
  $("preset").addEventListener("change", (event) => { const k = event.target.value; change({ v: k === "none" ? {} : clean(C.presets[k].values), place: "" }, { visit: true }); openGroup(); });
  $("base").addEventListener("change", (event) => {
    const law = event.target.value === "law", v = law ? { ...C.law, ...state.v } : Object.fromEntries(Object.entries(state.v).filter(([k, x]) => C.law[k] !== x));
    change({ base: event.target.value, v: clean(v) }, { visit: true });
  });
  // the address holds the setting: the link to the result moves the focus alone
  document.querySelector(".skip").addEventListener("click", (event) => { event.preventDefault(); $("result").focus(); });
  $("undo").addEventListener("click", undo); $("redo").addEventListener("click", redo);
  $("reset").addEventListener("click", () => change({ v: clean(lawOf(state.base)), place: "", pin: null, year: LAST, beliefs: {} }, { visit: true }));
  $("pin").addEventListener("click", () => change({ pin: state.pin ? null : { ...state.v } }));
  $("share").addEventListener("click", async () => {
    history.replaceState(null, "", address());
    try { await navigator.clipboard.writeText(location.href); $("share").textContent = "Link copied"; } catch { $("share").textContent = "Copy it from the address bar"; }
    setTimeout(() => { $("share").textContent = "Copy link"; }, 2500);
  });
  $("scenario-file").addEventListener("click", () => save("explored.toml", scenarioToml(), "application/toml"));
  addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || /^(text|number)$/.test(document.activeElement?.type ?? "")) return;
    const key = event.key.toLowerCase();
    if (key === "z" || key === "y") { event.preventDefault(); (key === "y" || event.shiftKey ? redo : undo)(); }
  });
  Object.assign($("year"), { min: T.start + 1, max: LAST });
  $("year").addEventListener("input", (event) => change({ year: Number(event.target.value) }, { step: false }));
  $("measure").addEventListener("click", () => change({ share: !state.share }, { step: false, visit: true }));
  let player = 0;
  const stop = () => { clearInterval(player); player = 0; $("play").textContent = "Play"; $("play").setAttribute("aria-pressed", "false"); };
  $("play").addEventListener("click", () => {
    if (player) { stop(); return; }
    let year = state.year === LAST ? T.start : state.year;
    $("play").textContent = "Stop"; $("play").setAttribute("aria-pressed", "true");
    player = setInterval(() => { year++; change({ year }, { step: false }); if (year >= LAST) stop(); }, 450);
  });
  for (const [tab, title] of Object.entries(TABS)) $("tabs").append(el("button", { type: "button", role: "tab", id: `tab-${tab}`, "data-tab": tab, "aria-controls": "panel", onclick: () => change({ tab }, { step: false, visit: true }) }, title));
  $("tabs").addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key], all = Object.keys(TABS);
    if (!by) return;
    const tab = all[(all.indexOf(state.tab) + by + all.length) % all.length]; change({ tab }, { step: false }); $(`tab-${tab}`).focus();
  });
  for (const box of document.querySelectorAll(".downloads")) for (const kind of ["PNG", "SVG", "CSV"]) box.append(el("button", { type: "button", "aria-label": `Download ${{ gains: "gains and losses", lines: "lines", more: "this tab" }[box.dataset.chart]} as ${kind}`, onclick: () => download(box.dataset.chart, kind) }, kind));
  $("sheet").addEventListener("click", () => { const open = $("sheet").getAttribute("aria-expanded") === "true"; $("sheet").setAttribute("aria-expanded", String(!open)); $("sheet").textContent = open ? "Levers" : "Close levers"; });
  $("source").textContent = `talentflow ${C.version}: ${T.replicates} paired runs of ${grouped(T.population)} simulated engineers, ${T.start} to ${LAST}, seed ${T.seed}; chance and assumptions.`;
  const e = T.error;
  $("reading").append(...[
    "Each number is the difference between a world with the policy and the same world without it: same people, same chance, same beliefs about behaviour.",
    `Bars show people on 1 January of the year chosen; thin lines hold 90 % of the paired runs, kept for ${listed(BANDS.map((b) => String(T.start + b)))}. A pale bar with a question mark is a change whose direction too few runs agree on. Ranges of hubs, dotted, are approximate.`,
    `The table holds runs at several values of each lever. Between them it is interpolated, and effects of several levers are added, except fee, places and selection of the H-1B, which were run together. Against runs at random settings, nine in ten countries differ by at most ${persons(e.one.people)} people with one lever (${(100 * e.one.part).toFixed(0)} % of the effects added up, where they are 300 people or more) and ${persons(e.several.people)} with several (${(100 * e.several.part).toFixed(0)} %).`,
    C.joint.length ? `Every two levers were also run together, both far from where they stand. Largest departures from the sum: ${C.joint.join("; ")}.` : "Every two levers were also run together; none departs clearly from the sum.",
    "The area in the chart over time joins its four years by straight lines.",
    `Cite as: talentflow ${C.version}, response table, seed ${T.seed}.`,
  ].map((words) => el("p", {}, words)));
  $("notice").dataset.stale = $("notice").textContent;
  // back, forward, and an address that somebody edits
  addEventListener("popstate", () => { const s = fromHash(location.hash); if (toHash(s) !== toHash(state)) { past.push(structuredClone(state)); restore(s); } });
  // a longer sentence in the banner takes height from the charts
  const resized = new ResizeObserver(() => requestAnimationFrame(() => { sizes.clear(); draw(); }));
  for (const id of ["result", "banner"]) resized.observe($(id));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { colours = {}; draw(); });
}
function openGroup() {
  const key = Object.keys(state.v)[0];
  if (key) for (const box of $("groups").children) if (box.dataset.group === LEVERS.get(key).group) box.open = true;
}
// the first picture moves: the fee rises from nothing, unless the address says what to show or motion is unwelcome
function opening() {
  const [key] = Object.keys(C.opening), target = C.opening[key], started = performance.now();
  if (CALM.matches) { state.v = clean(C.opening); draw({ sort: true }); settled(); return; }
  dragged = "opening";
  const step = (now) => {
    if (dragged !== "opening") return; // somebody has moved a lever already
    const part = Math.min(Math.max((now - started) / 1400, 0), 1);
    state.v = clean({ [key]: Math.round(target * part) }); draw({ sort: part === 1 });
    if (part < 1) requestAnimationFrame(step); else { dragged = null; draw({ sort: true }); settled(); }
  };
  requestAnimationFrame(step);
}
readArrays().then(() => {
  buildPage(); buildLevers();
  const given = location.hash.length > 1;
  if (given) { state = fromHash(location.hash); openGroup(); draw({ sort: true }); settled(); } else { draw(); opening(); }
  document.documentElement.dataset.ready = "yes";
  listen();
}).catch((error) => { $("notice").textContent = `The page cannot start: ${error.message}`; throw error; });
})();
