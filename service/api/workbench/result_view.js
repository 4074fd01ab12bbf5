// The answer: a headline, a forest plot, the numbers, the assumptions, the warnings.

import { digitsOf, pText, rangeText, short } from "./axis.js";
import { byId, drawn, element, fill, tableOf } from "./dom.js";
import { MOST_DRAWN, forest, nameOf } from "./forest.js";
import { warnings } from "./problems_view.js";
import { assumed, claim, headline, plain, sentence, title, verdict } from "./words.js";

/** Fill the result part from an answer. */
export function resultShown(answer, catalogue) {
  const [first] = answer.estimates;
  fill(
    byId("result-body"),
    element("p", { class: "headline" }, headline(answer)),
    answer.estimates.length > 1 ? element("p", { class: "small" }, `The first of ${answer.estimates.length} estimates, which the verdict is about; the claim is that of the weakest.`) : null,
    element("div", { class: "cards" }, said("Verdict", first.verdict, verdict(answer)), said("Claim", answer.claim, claim(answer))),
    element("div", { id: "forest" }),
    answer.estimates.length > MOST_DRAWN ? element("p", { class: "small" }, `The first ${MOST_DRAWN} of ${answer.estimates.length} estimates are drawn; all are in the table.`) : null,
    element("details", {}, element("summary", {}, "The numbers"), numbers(answer), arms(answer)),
    element("h3", {}, "What this rests on"),
    assumptions(answer),
    element("h3", {}, `Warnings (${answer.warnings.length})`),
    warnings(answer.warnings, catalogue),
    element("details", {}, element("summary", {}, "Paragraph for a methods section"), element("p", { id: "report" }, answer.report)),
  );
  forestShown(answer);
}

/** Draw the forest plot at the width of its place. */
export function forestShown(answer) {
  const place = byId("forest");
  if (place) fill(place, drawn(forest(answer, Math.max(300, Math.min(920, place.clientWidth || 760)))));
}

function said(about, value, words) {
  return element("div", { class: `card ${value}` }, element("h3", {}, about), element("p", { class: "tag" }, title(value)), element("p", {}, words));
}

function numbers(answer) {
  const several = new Set(answer.estimates.map((each) => each.outcome)).size > 1;
  const header = ["estimate", "calibrated", "interval", "SE", "p", "humans only", "interval", "LLM only", "humans", "worth"];
  const adjusted = answer.applied.multiplicity !== "none";
  return tableOf(
    "Estimates",
    adjusted ? [...header, "p adjusted"] : header,
    answer.estimates.map((each) => [
      nameOf(each, several),
      short(each.estimate, digitsOf(each.interval, 4)),
      rangeText(each.interval),
      short(each.standard_error),
      bare(each.p_value),
      short(each.human_only.estimate, digitsOf(each.human_only.interval, 4)),
      rangeText(each.human_only.interval),
      each.llm_only ? short(each.llm_only.estimate, 4) : "–",
      short(each.human_sample_size, 6),
      short(each.effective_sample_size),
      ...(adjusted ? [bare(each.p_value_adjusted)] : []),
    ]),
  );
}

/** A p-value under the header “p”. */
function bare(value) {
  return pText(value).replace(/^p (?:= )?/, "");
}

function arms(answer) {
  if (answer.arms.length === 0) return null;
  return tableOf(
    "Arms",
    ["arm", "outcome", "humans", "LLM-only", "mean", "interval", "explained by the LLM"],
    answer.arms.map((arm) => [
      [arm.name, arm.component, arm.subgroup].filter((part) => part != null).join(" · "),
      arm.outcome,
      short(arm.n_human, 6),
      short(arm.n_llm_only, 6),
      arm.mean ? short(arm.mean.estimate, digitsOf(arm.mean.interval, 4)) : "–",
      arm.mean ? rangeText(arm.mean.interval) : "–",
      arm.r_squared === null ? "–" : `${Math.round(100 * arm.r_squared)} %`,
    ]),
  );
}

function assumptions(answer) {
  return element(
    "ul",
    { class: "assumptions" },
    answer.assumptions.map((each) => element("li", { class: each.status }, element("strong", {}, plain(each.name)), element("span", { class: "tag" }, assumed(each)), element("span", {}, sentence(each.statement)))),
  );
}
