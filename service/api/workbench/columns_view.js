// The second part: which column is what. Every guess can be changed.

import { short } from "./axis.js";
import { ROLES, armsOf, describePredictions } from "./columns.js";
import { byId, choice, element, fill } from "./dom.js";

/** Draw the table of columns; `changed` is called after every change, with the uses as they are then. */
export function columnsPart(table, uses, settings, changed) {
  const arms = armsOf(uses);
  const outcomes = table.header.filter((name) => uses.get(name).role === "outcome");
  const shared = arms.length > 1 && settings.design === "shared";
  const redraw = (focus) => {
    columnsPart(table, uses, settings, changed);
    changed();
    byId(focus)?.focus();
  };
  const head = ["column", "contents", "is", "about the LLM answer"];
  fill(
    byId("columns"),
    element(
      "table",
      { class: "columns" },
      element("caption", { class: "hidden" }, "Which column is what"),
      element("thead", {}, element("tr", {}, head.map((name) => element("th", { scope: "col" }, name)))),
      element("tbody", {}, table.header.map((name, j) => row({ name, j, use: uses.get(name), arms, outcomes, shared, table, uses, redraw, changed }))),
    ),
  );
}

function row(each) {
  const { name, j, use, table, uses, arms, redraw } = each;
  const setRole = (event) => {
    Object.assign(use, { role: event.target.value });
    if (use.role === "prediction") describePredictions(table.header, uses, arms);
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

function about({ name, j, use, arms, outcomes, shared, changed }) {
  const set = (field) => (event) => {
    use[field] = event.target.value.trim();
    changed();
  };
  return element(
    "div",
    { class: "fields" },
    element("label", {}, "model", element("input", { id: `model-${j}`, ".value": use.model, size: "10", "aria-label": `model of ${name}`, onchange: set("model") })),
    shared
      ? element("label", {}, "asked under", choice({ id: `arm-${j}`, "aria-label": `condition ${name} was asked under`, onchange: set("arm") }, [{ value: "", name: "no condition" }, ...arms.map((arm) => ({ value: arm, name: arm }))], use.arm))
      : null,
    outcomes.length > 1
      ? element("label", {}, "of outcome", choice({ id: `of-${j}`, "aria-label": `outcome that ${name} predicts`, onchange: set("outcome") }, outcomes.map((value) => ({ value, name: value })), use.outcome))
      : null,
  );
}

/** What is in a column, in a few words. */
export function contents({ kind, missing, distinct, min, max, levels, count, texts, firstText }) {
  if (kind === "empty") return "empty";
  const empty = missing > 0 ? `, ${missing.toLocaleString("en-US")} of ${count.toLocaleString("en-US")} empty` : "";
  if (kind === "numbers") return `numbers ${short(min)} to ${short(max)}${empty}`;
  if (texts < (count - missing) / 2) {
    const cells = texts === 1 ? `the cell of row ${firstText + 1} is no number` : `${texts.toLocaleString("en-US")} cells are no numbers, the first in row ${firstText + 1}`;
    return `numbers ${short(min)} to ${short(max)}, but ${cells}${empty}`;
  }
  const few = levels.slice(0, 4).join(", ");
  return `${distinct >= 1000 ? "1000 or more" : distinct} values: ${few.length > 60 ? `${few.slice(0, 59)}…` : few}${distinct > 4 ? ", …" : ""}${empty}`;
}
