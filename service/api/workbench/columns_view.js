// The second part: which column is what. Every guess can be changed.

import { short } from "./axis.js";
import { ROLES, armsOf, describePredictions, designOf } from "./columns.js";
import { byId, choice, element, fill } from "./dom.js";
import { alike } from "./names.js";
import { repeatedPeople } from "./repeated.js";
import { isShares } from "./request.js";

const HEAD = ["column", "contents", "is", "about the LLM answer"];
const MOST_UNFOLDED = 30;

/** Draw the table of columns; in a long one those that are not used are folded up. `changed` is called after every change, with the uses as they are then. */
export function columnsPart(table, uses, settings, changed) {
  const arms = armsOf(uses);
  const outcomes = table.header.filter((name) => uses.get(name).role === "outcome");
  const shared = arms.length > 1 && settings.design === "shared";
  const redraw = (focus) => {
    columnsPart(table, uses, settings, changed);
    changed();
    byId(focus)?.focus();
  };
  const rows = new Map(table.header.map((name, j) => [name, row({ name, j, use: uses.get(name), arms, outcomes, shared, table, uses, settings, redraw, changed })]));
  const folded = table.header.length > MOST_UNFOLDED ? table.header.filter((name) => uses.get(name).role === "ignore") : [];
  const open = byId("columns").querySelector("details")?.open ?? folded.length === table.header.length;
  fill(
    byId("columns"),
    columnsTable("Which column is what", table.header.filter((name) => !folded.includes(name)).map((name) => rows.get(name))),
    folded.length > 0 ? element("details", { open }, element("summary", {}, `${folded.length} columns that are not used`), columnsTable("Columns that are not used", folded.map((name) => rows.get(name)))) : null,
  );
  drawsShown(table, uses);
}

function columnsTable(caption, rows) {
  return element(
    "table",
    { class: "columns" },
    element("caption", { class: "hidden" }, caption),
    element("thead", {}, element("tr", {}, HEAD.map((name) => element("th", { scope: "col" }, name)))),
    element("tbody", {}, rows),
  );
}

function row(each) {
  const { name, j, use, table, uses, settings, redraw } = each;
  const setRole = (event) => {
    use.role = event.target.value;
    use.said = true;
    describePredictions(table.header, uses);
    if (!settings.designSaid) settings.design = designOf(uses);
    redraw(`role-${j}`);
  };
  return element(
    "tr",
    { class: use.role },
    element("th", { scope: "row" }, name),
    element("td", { class: "contents" }, contents(use.profile)),
    element("td", {}, choice({ id: `role-${j}`, "aria-label": `${name} is`, onchange: setRole }, ROLES, use.role)),
    element("td", {}, use.role === "prediction" ? about(each) : ""),
  );
}

function about({ name, j, use, arms, outcomes, shared, table, uses, settings, changed }) {
  const set = (field) => (event) => {
    use[field] = event.target.value.trim();
    use.told = [...use.told, field];
    drawsShown(table, uses);
    changed();
  };
  const options = (first, values) => [...first, ...values.map((value) => ({ value, name: value }))];
  const categories = isShares(table, uses, settings) ? uses.get(use.outcome || outcomes[0]).profile.levels : [];
  return element(
    "div",
    { class: "fields" },
    element("label", {}, "model", element("input", { id: `model-${j}`, ".value": use.model, size: "10", "aria-label": `model of ${name}`, onchange: set("model") })),
    shared ? element("label", {}, "asked under", choice({ id: `arm-${j}`, "aria-label": `condition ${name} was asked under`, onchange: set("arm") }, options([{ value: "", name: "no condition" }], arms), use.arm)) : null,
    outcomes.length > 1 ? element("label", {}, "of outcome", choice({ id: `of-${j}`, "aria-label": `outcome that ${name} predicts`, onchange: set("outcome") }, options([], outcomes), use.outcome)) : null,
    categories.length > 0 ? element("label", {}, "is", choice({ id: `category-${j}`, "aria-label": `what ${name} says`, onchange: set("category") }, [{ value: "", name: "the answer" }, ...categories.map((value) => ({ value, name: `the probability of ${value}` }))], use.category)) : null,
    element("label", {}, "draw", element("input", { id: `draw-${j}`, ".value": use.draw, size: "3", inputmode: "numeric", "aria-label": `draw of ${name}: a number where the model was asked several times`, onchange: set("draw") })),
  );
}

/** Which draw a column is, is asked where another one is of the same model, condition, outcome and category. */
function drawsShown(table, uses) {
  const key = ({ role, model, arm, outcome, category }) => JSON.stringify([role, model, arm, outcome, category]);
  const keys = table.header.map((name) => key(uses.get(name)));
  table.header.forEach((name, j) => {
    const field = byId(`draw-${j}`);
    if (field) field.parentElement.hidden = uses.get(name).draw === "" && keys.filter((each) => each === keys[j]).length < 2;
  });
}

/** Say so where the same people seem to stand in several rows, or one arm under two names; nothing is said twice to those who listen. */
export function doubtShown(table, uses, reading) {
  const [found, arms] = [repeatedPeople(table, uses, reading), alike(armsOf(uses))];
  const words = [found && repeatedWords(found), arms && alikeWords(arms)].filter(Boolean).join(" ");
  const place = byId("doubt");
  place.hidden = words === "";
  if (place.textContent !== words) place.textContent = words;
}

function alikeWords([first, second]) {
  return `“${first}” and “${second}” are read as two arms: write them alike in the file if they are one.`;
}

function repeatedWords({ person, people, rows, within, levels }) {
  const [many, of] = [rows, people].map((count) => count.toLocaleString("en-US"));
  const few = `${levels.slice(0, 3).join(", ")}${levels.length > 3 ? ", …" : ""}`;
  return `This looks like one row per “${person}” and “${within}”: ${many} rows repeat the human answers of ${of} people, and every answer would be counted once per row. Make it one row per “${person}”, with a column of LLM answers for each “${within}” (${few}).`;
}

/** What is in a column, in a few words. */
export function contents({ kind, missing, distinct, min, max, levels, count, texts, firstText, percents, firstPercent }) {
  if (kind === "empty") return "empty";
  const empty = missing > 0 ? `, ${missing.toLocaleString("en-US")} of ${count.toLocaleString("en-US")} empty` : "";
  if (percents > 0) return `percentages such as ${firstPercent}, which are words${empty}`;
  if (kind === "numbers") return `numbers ${short(min)} to ${short(max)}${empty}`;
  if (texts < (count - missing) / 2) {
    const cells = texts === 1 ? `the cell of row ${firstText + 1} is no number` : `${texts.toLocaleString("en-US")} cells are no numbers, the first in row ${firstText + 1}`;
    return `numbers ${short(min)} to ${short(max)}, but ${cells}${empty}`;
  }
  const few = levels.slice(0, 4).join(", ");
  return `${distinct >= 1000 ? "1000 or more values" : distinct === 1 ? "1 value" : `${distinct} values`}: ${few.length > 60 ? `${few.slice(0, 59)}…` : few}${distinct > 4 ? ", …" : ""}${empty}`;
}
