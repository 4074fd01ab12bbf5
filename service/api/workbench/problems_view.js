// Problems and warnings, each with its place, what is wrong and what to do.

import { byId, element } from "./dom.js";
import { placeOf } from "./request.js";

const FIELDS = { confidence_level: "level", estimand: "estimand", control: "control", margin: "margin", alternative: "alternative", multiplicity: "multiplicity", missing: "missing", prediction_design: "design" };

/** What to do about a cell, in the words of a file. */
const CELLS = {
  wrong_type: "Write a number, or leave the cell empty where it is missing.",
  number_as_string: "Write numbers like 1.5 or 1.5e3: a decimal point, no blanks, no thousands separators.",
  r_na_string: "Leave the cell empty, or tick “read them as missing” above.",
  r_logical: "Write 1 and 0.",
  null_not_allowed: "The cell is empty; every row needs a value here.",
  mixed_column: "A column is all numbers or all words.",
};
const MISSING_WORD = "This is read as missing: untick that under “1. Your data” if it is a word.";
const NO_NUMBER = "This is no number.";

/** Nothing is asked with rows once they are to stay. */
export function kept() {
  return element("p", { class: "notice" }, "Your rows stay on this machine now. Press “Calibrate” to ask with their means and covariances.");
}

/** A refusal of the service: its problems with the columns, rows and settings they point at. */
export function refusal(problem, table, uses) {
  const errors = problem.errors.map((error) => {
    const place = placeOf(error.pointer, table, uses);
    return entry({ ...error, message: saidOf(error, place) }, place, table);
  });
  const more = problem.errors_total > problem.errors.length ? element("p", {}, `${problem.errors_total} problems in all; the first ${problem.errors.length} are shown.`) : null;
  return element(
    "div",
    { class: "notice fail" },
    element("h3", {}, problem.title),
    problem.detail && errors.length === 0 ? element("p", {}, problem.detail) : null,
    problem.advice ? element("p", { class: "advice" }, problem.advice) : null,
    errors.length > 0 ? element("ul", { class: "problems" }, errors) : null,
    more,
    problem.status > 0 && errors.length === 0 && problem.code !== "unknown" ? element("p", { class: "small" }, "What this means: ", link(problem.code)) : null,
    problem.instance ? element("p", { class: "small" }, `Request id ${problem.instance}`) : null,
  );
}

/** What is wrong; of a cell, in the words of a file. */
function saidOf({ code, detail }, { row }) {
  return row !== null && code === "wrong_type" ? NO_NUMBER : detail;
}

/** One problem with its place in words, which leads there. */
function entry({ code, message, hint: said }, place, table) {
  const hint = place.row === null ? said : readAsMissing(code, place, table) ? MISSING_WORD : (CELLS[code] ?? said);
  const words = where(place, table);
  const target = targetOf(place, table);
  const told = target === null ? words : element("a", { href: `#${target}` }, words);
  return element(
    "li",
    {},
    words ? element("strong", {}, told) : null,
    element("span", {}, message, shownCell(place, table)),
    hint ? element("span", { class: "hint" }, `What to do: ${hint}`) : null,
    element("span", { class: "small" }, link(code)),
  );
}

/** Whether something is missing where a word stands that is read so. */
function readAsMissing(code, { column, row }, table) {
  return /^missing_|^null_/.test(code) && column !== null && (table.columns.get(column)[row] ?? "").trim() !== "";
}

/** The field of the page that a place is set by: its id, or null. */
function targetOf({ column, field }, table) {
  if (column !== null) return `role-${table.header.indexOf(column)}`;
  if (field === null) return null;
  const known = FIELDS[field] === "design" ? "field-design" : `set-${FIELDS[field] ?? "extra"}`;
  return byId(known) ? known : null;
}

/** What stands in the cell; the person's own file, shown to the person alone. */
function shownCell({ column, row }, table) {
  const cell = column === null || row === null ? undefined : table.columns.get(column)[row];
  if (cell === undefined || cell.trim() === "") return "";
  return ` The cell says “${cell.length > 40 ? `${cell.slice(0, 39)}…` : cell}”.`;
}

/** Mark the fields that a refusal is about, and say beside each column what is wrong there; none to clear. */
export function marked(problem, table, uses) {
  for (const old of document.querySelectorAll(".beside")) old.remove();
  for (const old of document.querySelectorAll("[aria-invalid]")) {
    old.removeAttribute("aria-invalid");
    old.removeAttribute("aria-errormessage");
  }
  for (const error of problem?.errors ?? []) {
    const place = placeOf(error.pointer, table, uses);
    const said = saidOf(error, place);
    mark(targetOf(place, table), place.column === null ? null : place.row === null ? said : `Row ${place.row + 1}: ${said}`);
  }
}

/** Mark one field and unfold what it is in; words, where there are any, stand beside it. */
function mark(target, words) {
  const field = byId(target ?? "");
  if (!field?.matches("input, select, textarea")) return;
  field.setAttribute("aria-invalid", "true");
  field.closest("details")?.setAttribute("open", "");
  if (words === null || byId(`${target}-problem`)) return;
  field.setAttribute("aria-errormessage", `${target}-problem`);
  field.after(element("p", { class: "beside small", id: `${target}-problem` }, words));
}

/** “column trust, row 18 (line 19 of the file)”. */
export function where({ column, row, field }, table) {
  if (column === null) return field === null ? "" : `setting ${field.replaceAll("_", " ")}`;
  if (row === null) return `column ${column}`;
  const line = table.lines[row];
  return `column ${column}, row ${row + 1}${line === undefined ? "" : ` (line ${line} of the file)`}`;
}

/**
 * Problems found in this page, before anything was sent; each leads to the field it is about, which is marked.
 * What only some columns stand in the way of can be had without them: `leaveOut(columns)`.
 */
export function local(problems, table, leaveOut) {
  const entries = problems.map(({ message, column, field, without }) => {
    const target = column === undefined ? (byId(`set-${field}`)?.id ?? field ?? null) : `role-${table.header.indexOf(column)}`;
    mark(target, null);
    if (without) return element("li", {}, message, element("div", {}, element("button", { type: "button", onclick: () => leaveOut(without) }, "Leave them out")));
    return element("li", {}, message, byId(target ?? "") ? [" ", element("a", { href: `#${target}` }, "Go there")] : null);
  });
  return element("div", { class: "notice fail" }, element("ul", { class: "problems" }, entries));
}

/** Warnings of an answer with what the catalogue says to do about each. */
export function warnings(found, catalogue) {
  if (found.length === 0) return element("p", {}, "No warnings.");
  return element(
    "ul",
    { class: "problems" },
    found.map(({ code, message }) => {
      const known = catalogue.get(code);
      return element(
        "li",
        {},
        known ? element("strong", {}, known.title) : null,
        element("span", {}, message),
        known ? element("span", { class: "hint" }, `What to do: ${known.action}`) : null,
        element("span", { class: "small" }, link(code)),
      );
    }),
  );
}

function link(code) {
  return element("a", { href: `v1/problems/${encodeURIComponent(code)}`, target: "_blank", rel: "noopener" }, code, element("span", { class: "hidden" }, " (opens in a new tab)"));
}
