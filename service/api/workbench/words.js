// The answer in plain words: what was found, how the LLM entered, what may be claimed, what it rests on.

import { digitsOf, pText, rangeText, short } from "./axis.js";
import { nameOf, reference } from "./forest.js";

const CLAIMS = {
  confirmatory: "You may report this as a result about people: humans were asked, and no assumption it rests on was rejected.",
  exploratory: "Treat this as exploratory: use it to decide what to study next, not as a result about people.",
};
const TITLES = {
  llm_used: "LLM answers used",
  human_only_chosen: "Humans alone: the LLM does not help",
  human_only_requested: "Humans alone, as asked",
  no_pool: "Humans alone: no LLM-only rows",
  no_llm: "Humans alone: no usable LLM column",
  confirmatory: "Confirmatory",
  exploratory: "Exploratory",
};
const STATUS = { assumed: "assumed", not_rejected: "tested, not rejected", rejected: "tested, rejected", not_testable: "could not be tested" };
const SUMMARY = { use: "Use the LLM answers", use_with_care: "Use the LLM answers with care", do_not_use: "Do not use the LLM answers" };
const CHECKS = { pass: "Passed", warn: "Warnings", fail: "Failed", not_testable: "Not testable" };

/** The first estimate as a sentence. */
export function headline(answer) {
  const [first] = answer.estimates;
  const several = new Set(answer.estimates.map((each) => each.outcome)).size > 1;
  const level = `${short(100 * first.interval.level, 4)} % interval`;
  const p = first.p_value_adjusted ?? first.p_value;
  const tested = p === null || reference(answer) === null ? "" : `, ${p === first.p_value ? "" : "adjusted "}${pText(p)}`;
  const about = several || first.component !== null || first.name === "all" ? "" : ` on ${first.outcome}`;
  return `${nameOf(first, several)}${about}: ${short(first.estimate, digitsOf(first.interval))} (${level} ${rangeText(first.interval)}${tested})`;
}

/** How the LLM entered the first estimate, and what that is worth. */
export function verdict(answer) {
  const [first] = answer.estimates;
  const humans = first.human_sample_size;
  const worth = first.effective_sample_size;
  if (first.verdict === "llm_used") {
    const more = worth === null ? "" : ` Your ${humans} humans with these LLM answers are as precise as ${Math.round(worth)} humans alone.`;
    return `The LLM answers were used.${more}`;
  }
  return {
    human_only_chosen: `The LLM answers were not used: they explain no more of the humans' answers than chance would. These are the ${humans} humans alone. Buy humans, or try another model on new people.`,
    human_only_requested: `As asked, these are the ${humans} humans alone.`,
    no_pool: "The LLM answers add nothing here: there are no LLM-only rows to learn from. These are the humans alone.",
    no_llm: "No LLM column could be used; the warnings say which and why. These are the humans alone.",
  }[first.verdict];
}

/** A verdict or claim in few words. */
export function title(value) {
  return TITLES[value] ?? plain(value);
}

/** What may be claimed. */
export function claim(answer) {
  return CLAIMS[answer.claim] ?? answer.claim;
}

/** An assumption's status in words. */
export function assumed({ status, p_value: p }) {
  return STATUS[status] + (p === null ? "" : ` (${pText(p)})`);
}

/** A sentence of the service for people: its names without underscores, a capital in front. */
export function sentence(words) {
  const said = words.replace(/\b[a-z]+(?:_[a-z]+)+\b/g, plain);
  return said.charAt(0).toUpperCase() + said.slice(1);
}

/** The verdict of a card. */
export function cardVerdict(card) {
  return SUMMARY[card.summary] ?? card.summary;
}

/** A check's status in words. */
export function checked(status) {
  return CHECKS[status] ?? status;
}

/** A name of the wire for people: fidelity_marginal -> fidelity marginal. */
export function plain(name) {
  return name.replaceAll("_", " ");
}

/** What a check's entry is about: outcome, model, arm, subgroup. */
export function about({ outcome, model, arm, subgroup }) {
  return [outcome, model, arm && arm !== "all" && `under ${arm}`, subgroup && `subgroup ${subgroup}`].filter(Boolean).join(" · ");
}

/** A measure with its interval and p-value. */
export function measured({ name, value, interval, p_value: p }) {
  const range = interval ? ` [${rangeText(interval)}]` : "";
  return `${plain(name)} ${short(value, digitsOf(interval))}${range}${p === null ? "" : `, ${pText(p)}`}`;
}
