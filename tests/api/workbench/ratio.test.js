import assert from "node:assert/strict";
import { test } from "node:test";
import { answersPerUnit, describe, pointsOf, ratioCurve, ratioRequests } from "./workbench/ratio.js";

const shared = { plan: {}, data: { layout: "table", prediction_design: "shared", predictions: [{ model: "m", arm: "a", outcome: "y", values: [] }, { model: "m", arm: "b", outcome: "y", values: [] }, { model: "m", arm: "a", outcome: "z", values: [] }] } };
const design = (n_human, n_llm_only, standard_error) => ({ design: { n_human, n_llm_only, sampling_ratio: n_llm_only / n_human, standard_error }, human_only: { standard_error: 0.2 } });

test("a twin is asked under every condition, a row under its own", () => {
  assert.equal(answersPerUnit(shared), 2);
  assert.equal(answersPerUnit({ data: { prediction_design: "independent", predictions: [{ model: "m" }, { model: "n" }] } }), 2);
  assert.equal(answersPerUnit({ data: { layout: "moments", predictions: [{ model: "m" }] } }), 1);
});

test("fewer LLM-only units than best by a limit on them, more by a limit on humans", () => {
  const asked = ratioRequests(shared, { human: 5, llm: 0.02, budget: 1000 }, 4);
  assert.deepEqual(asked[0].constraints, { max_llm_only: 0 });
  assert.ok(asked.some(({ constraints }) => "max_human" in constraints));
  assert.ok(asked.every(({ basis, objective }) => basis.kind === "pilot" && objective.budget === 1000));
});

test("no design of fewer than two humans is asked for", () => {
  assert.deepEqual(ratioRequests(shared, { human: 5, llm: 5, budget: 10 }, 0.2), []);
});

test("points stand in order, each ratio once", () => {
  assert.deepEqual(pointsOf([design(100, 400, 0.1), design(120, 0, 0.15), design(100, 400, 0.1)]).map(({ ratio }) => ratio), [0, 4]);
});

test("one point is no curve", () => {
  const only = design(200, 0, 0.1);
  assert.equal(describe(pointsOf([only, only]), only), "At this budget every sampling ratio comes to the same design, with 0 LLM-only units per human.");
});

test("a picture and its words", () => {
  const points = pointsOf([design(100, 400, 0.1), design(120, 0, 0.15), design(10, 900, 0.3)]);
  for (const width of [300, 700]) assert.doesNotMatch(ratioCurve(points, design(100, 400, 0.1), width), /NaN|undefined/);
  assert.equal(describe(points, design(100, 400, 0.1)), "At this budget the standard error is least, 0.1, with 4 LLM-only units per human; with 90 it is 0.3.");
});
