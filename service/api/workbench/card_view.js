// May these LLM answers be relied on: the card of POST /v1/diagnostics.

import { byId, element, fill } from "./dom.js";
import { refusal, warnings } from "./problems_view.js";
import { outcomeNamed } from "./request.js";
import { post } from "./service.js";
import { about, cardVerdict, checked, measured, plain, sentence } from "./words.js";

const ORDER = ["fail", "warn", "pass", "not_testable"];
const OPEN = ["fail", "warn"];

/** Ask for the card of this data and show it; what cannot be asked is said. */
export async function cardShown(request, { key, rows, table, uses, catalogue, signal }) {
  const place = byId("card-body");
  if (request.data.predictions.length === 0) {
    fill(place, element("p", {}, "There are no LLM answers to check."));
    return null;
  }
  fill(place, element("p", {}, "Checking the LLM answers…"));
  const { answer, problem, aborted } = await post("v1/diagnostics", { data: request.data }, { key, signal });
  if (aborted) {
    fill(place, element("p", {}, "Not checked: something was changed before the answer was there."));
    return null;
  }
  if (problem) {
    fill(place, refusal(problem, table, uses));
    return null;
  }
  const checks = outcomeNamed(answer.checks, request, rows);
  const untested = checks.filter((check) => check.status === "not_testable").length;
  fill(
    place,
    element("p", { class: `headline ${answer.status}` }, cardVerdict(answer)),
    element("p", {}, `${sentence(answer.reason)}.`),
    request.data.layout === "moments"
      ? element("p", { class: "notice" }, `Your rows stay on this machine: of ${untested} checks that could not be made some need rows (copies, distributions, subgroups), and others were made from means and spreads alone. Send rows, or run “rectifier diagnose” on your own machine, to have them.`)
      : null,
    ORDER.map((status) => group(status, checks.filter((check) => check.status === status))),
    answer.warnings.length > 0 ? warnings(answer.warnings, catalogue) : null,
  );
  return answer;
}

function group(status, checks) {
  if (checks.length === 0) return null;
  const entries = checks.map((check) =>
    element(
      "li",
      {},
      element("strong", {}, plain(check.name)),
      element("span", { class: "small" }, about(check)),
      element("span", {}, sentence(check.statement)),
      OPEN.includes(status) || status === "not_testable" ? element("span", { class: "hint" }, `What to do: ${check.action}`) : null,
      check.measures.length > 0 ? element("details", {}, element("summary", {}, element("span", { class: "hidden" }, `${plain(check.name)} ${about(check)}: `), "numbers"), element("ul", {}, check.measures.map((each) => element("li", {}, measured(each))))) : null,
    ),
  );
  return element("details", { class: `checks ${status}`, open: OPEN.includes(status) }, element("summary", {}, `${checked(status)} (${checks.length})`), element("ul", { class: "problems" }, entries));
}
