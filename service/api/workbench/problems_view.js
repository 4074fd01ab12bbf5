// Problems and warnings, each with its place, what is wrong and what to do.

import { element } from "./dom.js";
import { placeOf } from "./request.js";

/** A refusal of the service: its problems beside the columns and rows they point at. */
export function refusal(problem, table, uses) {
  const errors = problem.errors.map((error) => entry({ ...error, message: error.detail }, placeOf(error.pointer, table, uses), table));
  const more = problem.errors_total > problem.errors.length ? element("p", {}, `${problem.errors_total} problems in all; the first ${problem.errors.length} are shown.`) : null;
  return element(
    "div",
    { class: "notice fail", tabindex: "-1", id: "refusal" },
    element("h3", {}, problem.title),
    problem.detail ? element("p", {}, problem.detail) : null,
    problem.advice ? element("p", { class: "advice" }, problem.advice) : null,
    errors.length > 0 ? element("ul", { class: "problems" }, errors) : null,
    more,
    problem.status > 0 ? element("p", { class: "small" }, "What this means: ", link(problem.code), problem.instance ? ` · request id ${problem.instance}` : "") : null,
  );
}

/** One problem with its place in words. */
function entry({ code, message, hint }, place, table) {
  return element(
    "li",
    {},
    where(place, table) ? element("strong", {}, where(place, table)) : null,
    element("span", {}, message),
    hint ? element("span", { class: "hint" }, `What to do: ${hint}`) : null,
    element("span", { class: "small" }, link(code)),
  );
}

/** “column trust, row 18 (line 19 of the file)”. */
export function where({ column, row, field }, table) {
  if (column === null) return field === null ? "" : `setting ${field.replaceAll("_", " ")}`;
  if (row === null) return `column ${column}`;
  const line = table.lines[row];
  return `column ${column}, row ${row + 1}${line === undefined ? "" : ` (line ${line} of the file)`}`;
}

/** Problems found in this page, before anything was sent. */
export function local(problems) {
  return element("div", { class: "notice fail" }, element("ul", { class: "problems" }, problems.map(({ message }) => element("li", {}, message))));
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
