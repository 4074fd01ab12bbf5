import assert from "node:assert/strict";
import { test } from "node:test";
import { about, assumed, cardVerdict, checked, claim, headline, measured, sentence, title, verdict } from "./workbench/words.js";

const answer = (more = {}) => ({
  claim: "confirmatory",
  applied: { estimand: { type: "mean_difference" }, contrasts: { "b - a": { b: 1, a: -1 } }, null_value: 0 },
  estimates: [{ name: "b - a", outcome: "trust", component: null, subgroup: null, estimate: 0.7027, interval: { level: 0.95, lower: 0.3476, upper: 1.0578 }, p_value: 0.00017, human_sample_size: 120, effective_sample_size: 222.07, verdict: "llm_used", ...more }],
});

test("the first estimate as a sentence", () => {
  assert.equal(headline(answer()), "b − a on trust: 0.703 (95 % interval 0.348 to 1.06, p < 0.001)");
  assert.match(headline(answer({ p_value: 0.017, p_value_adjusted: 0.03 })), /, adjusted p = 0.030\)$/);
  assert.equal(headline(answer({ p_value: null, component: "yes" })), "b − a · trust · yes: 0.703 (95 % interval 0.348 to 1.06)");
});

test("a level is not tested against 0", () => {
  const level = { ...answer({ name: "all" }), applied: { estimand: { type: "mean" }, contrasts: { all: { all: 1 } }, null_value: 0 } };
  assert.equal(headline(level), "trust: 0.703 (95 % interval 0.348 to 1.06)");
});

test("how the LLM entered", () => {
  assert.equal(verdict(answer()), "The LLM answers were used. Your 120 humans with these LLM answers are as precise as 222 humans alone.");
  for (const each of ["human_only_chosen", "human_only_requested", "no_pool", "no_llm"]) assert.match(verdict(answer({ verdict: each })), /humans alone/);
});

test("claims, assumptions, checks", () => {
  assert.match(claim({ claim: "exploratory" }), /exploratory/);
  assert.match(claim({ claim: "confirmatory" }), /result about people/);
  assert.equal(assumed({ status: "not_rejected", p_value: 0.0766 }), "tested, not rejected (p = 0.077)");
  assert.equal(assumed({ status: "assumed", p_value: null }), "assumed");
  assert.deepEqual([cardVerdict({ summary: "do_not_use" }), checked("warn")], ["Do not use the LLM answers", "Warnings"]);
  assert.equal(about({ outcome: "y", model: "gpt", arm: "a", subgroup: null }), "y · gpt · under a");
  assert.equal(measured({ name: "pool_shift", value: 0.226, interval: null, p_value: 0.0766 }), "pool shift 0.226, p = 0.077");
});

test("names of the wire for people", () => {
  assert.deepEqual([title("human_only_chosen"), title("something_new")], ["Humans alone: the LLM does not help", "something new"]);
  assert.equal(sentence("fidelity_marginal warned, none failed"), "Fidelity marginal warned, none failed");
});
