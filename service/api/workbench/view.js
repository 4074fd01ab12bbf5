// The page: data -> columns -> plan -> answer. State lives here and is gone when the page is closed.

import { cardShown } from "./card_view.js";
import { ONCE, describePredictions, designOf, guess } from "./columns.js";
import { columnsPart, doubtShown } from "./columns_view.js";
import { dataPart } from "./data_view.js";
import { designPart } from "./design_view.js";
import { byId, debounced, fill } from "./dom.js";
import { planPart, planShown } from "./plan_view.js";
import { local, marked, refusal } from "./problems_view.js";
import { unfoldedOnPaper } from "./print_view.js";
import { DEFAULTS, obstaclesBefore, outcomeNamed, requestOf, rowsRequest } from "./request.js";
import { forestShown, resultShown } from "./result_view.js";
import { catalogue, post } from "./service.js";
import { takeShown } from "./take_view.js";
import { settled } from "./unanswered.js";
import { cardVerdict } from "./words.js";

const ASKED = ["columns", "plan"];
const ANSWERS = ["result", "card", "design", "take"];
const state = { table: null, uses: null, reading: null, shown: null, running: null, settings: { ...DEFAULTS }, catalogue: new Map() };
const key = () => byId("key").value.trim();
const design = designPart(() => state.shown);

function taken(table, source, fresh) {
  hideAnswers();
  for (const id of ASKED) byId(`${id}-part`).hidden = table === null;
  if (table === null) return;
  state.table = table;
  state.reading = source.reading;
  state.uses = guessed(table, source.reading, fresh ? null : state.uses);
  const { local } = state.settings; // where rows may go is the person's word, whatever the file
  if (fresh) Object.assign(state.settings, DEFAULTS, { local, pool: false, design: designOf(state.uses) }, source.settings);
  drawn();
}

/** Fresh guesses; columns of which something was said keep it, and what one column can be is guessed of no other. */
function guessed(table, reading, before) {
  const found = guess(table.header, table.columns, reading);
  const said = [...(before ?? [])].filter(([name, use]) => found.has(name) && (use.said || use.told.length > 0));
  for (const [name, use] of said) found.set(name, { ...use, profile: found.get(name).profile });
  const taken = new Set(said.map(([, { role }]) => role).filter((role) => ONCE.includes(role)));
  for (const use of found.values()) if (taken.has(use.role) && !use.said) use.role = "ignore";
  if (said.length > 0) describePredictions(table.header, found);
  return found;
}

function drawn() {
  columnsPart(state.table, state.uses, state.settings, changed);
  partsShown();
}

/** What follows from what is said. */
function partsShown() {
  doubtShown(state.table, state.uses, state.reading);
  planShown(state.settings, state.table, state.uses, state.reading);
}

/** Something was said anew: what was answered is about something else, and stays where it is. */
function changed(name) {
  state.running?.abort();
  announce("");
  stale(state.shown !== null);
  partsShown();
  if (name === "design" || name === "estimand") columnsPart(state.table, state.uses, state.settings, changed);
}

/** Nothing above the button moves, or a click on it would be lost. */
function stale(yes) {
  byId("stale").hidden = !yes;
  for (const id of ANSWERS) byId(`${id}-part`).classList.toggle("stale", yes);
}

function hideAnswers() {
  state.running?.abort();
  state.shown = null;
  stale(false);
  for (const id of ANSWERS) byId(`${id}-part`).hidden = true;
  fill(byId("refused"));
  announce("");
}

/** Tell those who listen; those who see, only while something is being waited for. */
function announce(words, waiting = false) {
  const place = byId("status");
  place.textContent = words;
  place.classList.toggle("hidden", !waiting);
}

async function calibrated() {
  hideAnswers();
  marked(null);
  const before = [...state.table.problems, ...obstaclesBefore(state.table, state.uses, state.settings, state.reading)];
  if (before.length > 0) return refused(local(before, state.table));
  const said = structuredClone({ uses: state.uses, settings: state.settings, reading: state.reading }); // whatever is changed later
  const { reading } = said;
  const { table, uses, settings } = settled(state.table, said);
  const { body, problems } = requestOf(table, uses, settings, reading);
  if (body === null) return refused(local(problems, table, withoutColumns));
  announce("Calibrating…", true);
  state.running = new AbortController();
  const { signal } = state.running;
  const found = await post("v1/calibrations", body, { key: key(), signal });
  if (found.aborted) return undefined;
  if (found.problem) {
    announce("");
    marked(found.problem, table, uses);
    return refused(refusal(found.problem, table, uses));
  }
  if (state.catalogue.size === 0 && found.answer.warnings.length > 0) state.catalogue = await catalogue();
  if (signal.aborted) return undefined;
  const rows = settings.local ? rowsRequest(table, uses, settings, reading) : body;
  const [estimates, arms] = [found.answer.estimates, found.answer.arms].map((parts) => outcomeNamed(parts, body, rows));
  state.shown = { answer: { ...found.answer, estimates, arms }, text: found.text, request: body, rows, table, uses, reading, key, withheld, catalogue: state.catalogue };
  return answered(signal);
}

/** Ask without these columns. */
function withoutColumns(names) {
  for (const name of names) state.uses.get(name).role = "ignore";
  drawn();
  return calibrated();
}

/** Whether the person keeps rows here since an answer that was asked for with rows. */
function withheld() {
  return state.settings.local && state.shown.request.data.layout !== "moments";
}

function refused(words) {
  fill(byId("refused"), words);
  Object.assign(words, { id: "refusal", tabIndex: -1 });
  words.focus();
  words.scrollIntoView({ block: "nearest" });
}

async function answered(signal) {
  for (const id of ANSWERS) byId(`${id}-part`).hidden = false;
  resultShown(state.shown.answer, state.catalogue);
  takeShown(state.shown, design.reply);
  byId("result-title").focus();
  announce("The result is below.");
  design.ask();
  const card = await cardShown(state.shown.request, { ...state.shown, key: key(), signal });
  if (card) announce(`Checked: ${cardVerdict(card)}.`);
}

function start() {
  dataPart(taken);
  planPart(state.settings, changed);
  byId("go").addEventListener("click", calibrated);
  byId("theme").addEventListener("change", (event) => document.documentElement.setAttribute("data-theme", event.target.value));
  const redraw = debounced(120, () => {
    if (state.shown) forestShown(state.shown.answer);
    design.redraw();
  });
  addEventListener("resize", redraw);
  unfoldedOnPaper(byId("result-body"));
  document.documentElement.classList.add("ready");
}

start();
