import assert from "node:assert/strict";
import { test } from "node:test";
import { MOST_DRAWN, forest, nameOf, panelsOf, reference, rowsOf } from "./workbench/forest.js";

const interval = (lower, upper) => ({ method: "t", level: 0.95, lower, upper });
export const estimate = (more = {}) => ({
  name: "treatment - control", outcome: "trust", component: null, subgroup: null, estimate: 0.7, interval: interval(0.3, 1.1), p_value: 0.01,
  human_only: { estimate: 0.3, interval: interval(-0.1, 0.8) }, llm_only: { estimate: 1.1 }, ...more,
});
const answer = (estimates, applied = { estimand: { type: "mean_difference" }, contrasts: { x: { a: 1, b: -1 } }, null_value: 0 }) => ({ estimates, applied });

test("three marks for an estimate, none for an LLM that says nothing", () => {
  assert.deepEqual(rowsOf(answer([estimate()]))[0].marks.map(({ label, interval: i }) => [label, i !== null]), [["Humans only", true], ["LLM only", false], ["Calibrated", true]]);
  assert.equal(rowsOf(answer([estimate({ llm_only: null })]))[0].marks.length, 2);
});

test("names say what tells estimates apart", () => {
  assert.equal(nameOf(estimate()), "treatment − control");
  assert.equal(nameOf(estimate({ component: "yes", subgroup: "f" })), "treatment − control · trust · yes · subgroup f");
});

test("at every width a whole picture without a number that is none", () => {
  for (const width of [300, 390, 619, 620, 860]) {
    const svg = forest(answer([estimate(), estimate({ interval: interval(null, 1), human_only: { estimate: 0, interval: interval(0, null) } })]), width);
    assert.match(svg, /^<svg [^]*<\/svg>$/);
    assert.doesNotMatch(svg, /NaN|undefined|Infinity/);
    assert.match(svg, /<title id="forest-title">/);
  }
});

test("names are text, never markup", () => {
  const svg = forest(answer([estimate({ name: '<script>alert("x")</script>' })]));
  assert.doesNotMatch(svg, /<script/);
});

test("one value, all alike", () => {
  const flat = estimate({ estimate: 1, interval: interval(1, 1), human_only: { estimate: 1, interval: interval(1, 1) }, llm_only: { estimate: 1 } });
  assert.doesNotMatch(forest(answer([flat], { estimand: { type: "mean" }, contrasts: null, null_value: 0 })), /NaN/);
});

test("not more than can be read", () => {
  assert.equal(rowsOf(answer(Array.from({ length: 100 }, () => estimate()))).length, MOST_DRAWN);
});

test("no effect is a line for differences and coefficients, not for levels", () => {
  const of = (type, contrasts) => reference({ applied: { estimand: { type }, contrasts, null_value: 0.1 } });
  assert.deepEqual([of("mean_difference", { x: { a: 1, b: -1 } }), of("mean", { all: { all: 1 } }), of("linear", { all: { all: 1 } })], [0.1, null, 0.1]);
});

test("outcomes have axes of their own, and so do components whose scales are far apart", () => {
  const at = (outcome, component, from, to) => estimate({ outcome, component, estimate: (from + to) / 2, interval: interval(from, to), human_only: { estimate: from, interval: interval(from, to) } });
  const shown = (...estimates) => panelsOf(rowsOf(answer(estimates))).map((panel) => panel.map((row) => row.component ?? row.outcome));
  assert.deepEqual(shown(at("euros", null, 100, 900), at("trust", null, 0.1, 0.4)), [["euros"], ["trust"]]);
  assert.deepEqual(shown(at("vote", "left", 0.1, 0.2), at("vote", "right", 0.3, 0.5)), [["left", "right"]]);
  assert.deepEqual(shown(at("pay", "intercept", 1000, 2000), at("pay", "age", 1, 2)), [["intercept"], ["age"]]);
  const svg = forest(answer([at("euros", null, 100, 900), at("trust", null, 0.1, 0.4)]));
  assert.match(svg, />800</);
  assert.match(svg, />0\.75</);
});

test("what the interval tells is told", () => {
  const svg = forest(answer([estimate({ estimate: 1984.6476, interval: interval(1984.594, 1984.701), human_only: { estimate: 36.9608, interval: interval(36.94, 36.98) } })]));
  assert.match(svg, />1,984\.65 {2}\[1,984\.59 to 1,984\.7\]</);
  assert.match(svg, />36\.961 {2}\[36\.94 to 36\.98\]</);
});
