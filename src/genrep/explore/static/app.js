// The page: one latent, one class and one epoch, shown by one or two models.

import * as api from "./api.js";
import { COLOURS, Plane } from "./plane.js";
import { Paint } from "./paint.js";

const $ = (id) => document.getElementById(id);
const WAY = 9; // pictures between two picks
const MOST_EPOCHS = 12; // pictures in the gallery

const state = { a: null, b: null, z: [], label: 0, epoch: null, base: [], picks: {}, directions: [] };
const plane = new Plane($("plane"), (z) => moved(z, "plane"));
const paint = new Paint($("paint"), $("cell"), (z) => moved(z, "paint"));

// -- showing ------------------------------------------------------------------------------------------------------------

const status = (text, bad = false) => { $("status").textContent = text; $("status").classList.toggle("bad", bad); };

const redraw = api.latestOnly(async () => {
  const { a, b, z, label, epoch } = state;
  if (!a) return;
  const started = performance.now();
  try {
    api.show($("picture-a"), await api.decode(a.id, [z], [a.classes.length ? label : 0], epoch));
    const spent = Math.round(performance.now() - started);
    if (b) await redrawBeside(b, z, label);
    status(`decoded in ${spent} ms`);
    $("picture-a").dataset.drawn = String(Number($("picture-a").dataset.drawn ?? 0) + 1);
  } catch (error) {
    api.blank($("picture-a")); // the old picture would be taken for the new latent's
    status(error.message, true);
  }
});

async function redrawBeside(b, z, label) {
  if (b.latent !== state.a.latent) {
    $("caption-b").textContent = `${b.title}: has ${b.latent} latents, not ${state.a.latent}; it cannot show the same one`;
    api.blank($("picture-b"));
    return;
  }
  const scaled = z.map((value) => value / state.a.deviation * b.deviation); // the same point of both priors
  api.show($("picture-b"), await api.decode(b.id, [scaled], [b.classes.length ? Math.min(label, b.classes.length - 1) : 0], null));
}

function moved(z, source) {
  state.z = z;
  if (source !== "directions") { state.base = [...z]; resetSliders(); }
  if (source !== "plane" && z.length === 2) { plane.z = [...z]; plane.draw(); }
  if (source !== "paint") paint.set(z);
  redraw();
  galleryLater();
}

// -- the model and its controls -----------------------------------------------------------------------------------------

async function choose(id) {
  const a = await api.describe(id);
  Object.assign(state, { a, label: 0, epoch: null, picks: {} });
  $("caption-a").textContent = `${a.kind} on ${a.data}, ${a.latent} latents`;
  $("results").hidden = !a.report;
  $("results").href = `/report?run=${encodeURIComponent(a.id)}`;
  $("plane-card").hidden = a.latent !== 2;
  $("paint-card").hidden = a.latent === 2;
  $("epochs-card").hidden = a.epochs.length < 2;
  buildClasses();
  plane.reset(a.deviation);
  plane.setDots(a.points ? await api.points(id) : { points: [], labels: [] });
  buildLegend(a);
  paint.reset(a.latent, a.deviation);
  await buildDirections(a);
  showPicks();
  $("gallery").replaceChildren();
  remember();
  random();
  if ($("backdrop").checked) drawBackdrop();
}

// The class is for both models; where only the second is told one, the choices are its own.
function buildClasses() {
  const a = state.a.classes.length || !state.b ? state.a : state.b;
  const named = a.attributes.length === 0;
  $("classes").hidden = !a.classes.length || !named;
  $("attributes").hidden = !a.attributes.length;
  $("classes").lastElementChild.replaceChildren(...(named ? a.classes : []).map((name, i) => {
    const chip = document.createElement("label");
    chip.className = "chip";
    chip.innerHTML = "<input type=radio name=class><span></span>";
    chip.firstChild.value = i;
    chip.firstChild.checked = i === 0;
    chip.lastChild.textContent = name;
    chip.addEventListener("change", () => setLabel(i));
    return chip;
  }));
  $("attributes").lastElementChild.replaceChildren(...a.attributes.map((name, i) => {
    const label = document.createElement("label");
    label.innerHTML = "<input type=checkbox role=switch><span></span>";
    label.lastChild.textContent = name.replaceAll("_", " ").toLowerCase();
    label.addEventListener("change", (event) => setLabel(event.target.checked ? state.label | 1 << i : state.label & ~(1 << i)));
    return label;
  }));
}

function setLabel(label) {
  state.label = label;
  redraw();
  galleryLater();
  if ($("backdrop").checked) drawBackdrop();
  drawWay();
}

function buildLegend(a) {
  const seen = [...new Set(plane.dots.labels)].sort((x, y) => x - y);
  $("legend").replaceChildren(...seen.map((label) => {
    const item = document.createElement("span");
    item.innerHTML = "<i></i><b></b>";
    item.firstChild.style.background = COLOURS[label % COLOURS.length];
    item.lastChild.textContent = a.classes[label] ?? label;
    return item;
  }));
}

const drawBackdrop = api.latestOnly(async () => {
  plane.tiles = null;
  if ($("backdrop").checked && state.a.latent === 2) {
    const centres = plane.tileCentres();
    try {
      plane.tiles = await api.decode(state.a.id, centres, [state.a.classes.length ? state.label : 0], state.epoch);
    } catch (error) { status(error.message, true); }
  }
  plane.draw();
});

async function buildDirections(a) {
  $("directions-card").hidden = a.latent === 2;
  state.directions = a.latent === 2 ? [] : await api.directions(a.id);
  $("directions").replaceChildren(...state.directions.map((_, k) => slider(`${k + 1}`, -6, 6, 0.1, () => followSliders())));
}

function slider(name, min, max, step, onInput) {
  const label = document.createElement("label");
  label.className = "slider";
  label.innerHTML = "<span></span><input type=range><output>0</output>";
  const [title, input, output] = label.children;
  title.textContent = name;
  Object.assign(input, { min, max, step, value: 0 });
  input.setAttribute("aria-label", `direction ${name}`);
  input.addEventListener("input", () => { output.textContent = input.value; onInput(); });
  return label;
}

function followSliders() {
  const shifts = [...$("directions").querySelectorAll("input")].map((input) => Number(input.value) * state.a.deviation);
  moved(state.base.map((value, i) => value + shifts.reduce((sum, s, k) => sum + s * state.directions[k][i], 0)), "directions");
}

function resetSliders() {
  for (const label of $("directions").children) { label.children[1].value = 0; label.children[2].textContent = "0"; }
}

const gaussian = () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
const random = () => moved(Array.from({ length: state.a.latent }, () => state.a.uniform ? 2 * Math.random() - 1 : state.a.deviation * gaussian()));
const zero = () => moved(new Array(state.a.latent).fill(0));

// -- from one pick to another -------------------------------------------------------------------------------------------

function pick(which) {
  state.picks[which] = [...state.z];
  showPicks();
}

function showPicks() {
  const { start, end } = state.picks;
  const both = Boolean(start && end);
  $("way").hidden = $("share-label").hidden = !both;
  $("way-hint").textContent = both ? "" : start || end ? `Kept the ${start ? "start" : "end"}; now move on and keep the other.` : "Keep two latents; then a slider runs between them.";
  if (both) drawWay();
}

const between = (share) => state.picks.start.map((value, i) => value + share * (state.picks.end[i] - value));

const drawWay = api.latestOnly(async () => {
  if (!state.picks.start || !state.picks.end) return;
  try {
    const points = Array.from({ length: WAY }, (_, k) => between(k / (WAY - 1)));
    api.show($("way"), await api.decode(state.a.id, points, [state.a.classes.length ? state.label : 0], state.epoch));
  } catch (error) { status(error.message, true); }
});

// -- over the epochs ----------------------------------------------------------------------------------------------------

const gallery = api.latestOnly(async () => {
  const { a, z, label } = state;
  if (!a || a.epochs.length < 2) return;
  const step = Math.max(1, (a.epochs.length - 1) / (MOST_EPOCHS - 1));
  const chosen = [...new Set(Array.from({ length: Math.min(MOST_EPOCHS, a.epochs.length) }, (_, k) => a.epochs[Math.round(k * step)]))];
  const tiles = $("gallery").childElementCount === chosen.length ? [...$("gallery").children] : chosen.map(galleryTile);
  if (tiles[0].parentElement !== $("gallery")) $("gallery").replaceChildren(...tiles);
  for (const [k, epoch] of chosen.entries()) {
    if (a !== state.a) return;
    try {
      api.show(tiles[k].firstElementChild, await api.decode(a.id, [z], [a.classes.length ? label : 0], epoch));
    } catch (error) { status(error.message, true); return; }
  }
});

let galleryTimer = 0;
function galleryLater() {
  clearTimeout(galleryTimer);
  galleryTimer = setTimeout(gallery, 150); // not while one drags
}

function galleryTile(epoch) {
  const tile = document.createElement("button");
  tile.type = "button";
  tile.innerHTML = "<canvas></canvas><span></span>";
  tile.lastChild.textContent = `epoch ${epoch}`;
  tile.setAttribute("aria-pressed", "false");
  tile.addEventListener("click", () => {
    state.epoch = state.epoch === epoch ? null : epoch;
    for (const other of $("gallery").children) other.setAttribute("aria-pressed", String(state.epoch !== null && other === tile));
    $("caption-a").textContent = `${state.a.kind} on ${state.a.data}, ${state.a.latent} latents${state.epoch === null ? "" : `, after epoch ${epoch}`}`;
    redraw();
    drawWay();
    if ($("backdrop").checked) drawBackdrop();
  });
  return tile;
}

// -- beginnings ---------------------------------------------------------------------------------------------------------

async function beside(id) {
  state.b = id ? await api.describe(id) : null;
  $("figure-b").hidden = !state.b;
  $("caption-b").textContent = state.b ? state.b.title : "";
  if (!state.a.classes.length) { state.label = 0; buildClasses(); }
  remember();
  redraw();
}

function remember() {
  const hash = new URLSearchParams({ run: state.a.id, ...(state.b ? { beside: state.b.id } : {}) });
  history.replaceState(null, "", `#${hash}`);
}

const guarded = (action) => async (...args) => { try { await action(...args); } catch (error) { status(error.message, true); } };

async function begin() {
  const { runs, skipped, report } = await api.listRuns();
  const option = (run) => new Option(run.title, run.id);
  $("model-a").replaceChildren(...runs.map(option));
  $("model-b").replaceChildren(new Option("nothing", ""), ...runs.map(option));
  $("report").hidden = !report;
  $("skipped").hidden = !skipped.length;
  $("skipped").firstElementChild.textContent = `${skipped.length} run${skipped.length > 1 ? "s" : ""} cannot be opened`;
  $("skipped").lastElementChild.replaceChildren(...skipped.map(({ id, reason }) => {
    const item = document.createElement("li");
    item.textContent = `${id}: ${reason}`;
    return item;
  }));
  const wanted = new URLSearchParams(location.hash.slice(1));
  const known = (id) => runs.some((run) => run.id === id);
  const first = known(wanted.get("run")) ? wanted.get("run") : (runs.find((run) => run.latent === 2 && !run.told) ?? runs.find((run) => run.latent === 2) ?? runs[0]).id;
  $("model-a").value = first;
  await choose(first);
  if (known(wanted.get("beside"))) { $("model-b").value = wanted.get("beside"); await beside(wanted.get("beside")); }
}

// A model that cannot be opened leaves the one that is shown, and the choice says so.
const chosenFrom = (list, action, shown) => list.addEventListener("change", guarded(async () => {
  try { await action(list.value); } finally { list.value = shown()?.id ?? ""; }
}));
chosenFrom($("model-a"), choose, () => state.a);
chosenFrom($("model-b"), beside, () => state.b);
$("random").addEventListener("click", random);
$("zero").addEventListener("click", zero);
$("pick-start").addEventListener("click", () => pick("start"));
$("pick-end").addEventListener("click", () => pick("end"));
$("backdrop").addEventListener("change", drawBackdrop);
$("share").addEventListener("input", () => { $("share-value").textContent = `${$("share").value} %`; moved(between(Number($("share").value) / 100)); });
const showBrush = () => { paint.brush = Number($("brush").value); $("brush-value").textContent = `${paint.brush} sd`; };
$("brush").addEventListener("input", showBrush);
document.addEventListener("keydown", (event) => {
  if (event.target.matches("input, select") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "r") random();
  if (event.key === "0") zero();
});
showBrush();
guarded(begin)();
