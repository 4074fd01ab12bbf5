import assert from "node:assert/strict";
import { test } from "node:test";
import { describe, designRequest, frontier, humanAlone, whyNot } from "./workbench/frontier.js";

const reply = (more = {}) => ({
  design: { n_human: 197, n_llm_only: 178, cost: 1000, standard_error: 0.135 },
  human_only: { n_human: 200, cost: 1000, standard_error: 0.187 },
  frontier: [250, 500, 1000, 2000, 4000].map((cost) => ({ n_human: cost / 5, n_llm_only: cost / 5, cost, standard_error: 4.2 / Math.sqrt(cost) })),
  ...more,
});

test("the study as the pilot of the next", () => {
  const body = designRequest({ plan: { control: "c", costs: {}, compare: true }, data: { layout: "table", predictions: [] } }, { human: 5, llm: 0.1, budget: 100 });
  assert.deepEqual(body, { basis: { kind: "pilot", data: { layout: "table", predictions: [] }, plan: { control: "c" } }, costs: { human: 5, llm: 0.1 }, objective: { kind: "budget", budget: 100 } });
  assert.equal(designRequest({ plan: {}, data: { layout: "moments" } }, {}).basis.kind, "moments");
});

test("where no design is made", () => {
  assert.match(whyNot({ plan: { estimand: { type: "quantile" } }, data: {} }), /averages/);
  assert.match(whyNot({ plan: {}, data: { layout: "table", predictions: [] } }), /LLM answer/);
  assert.equal(whyNot({ plan: {}, data: { layout: "moments", predictions: [{}] } }), null);
});

test("humans alone by the square root of the money", () => {
  assert.equal(humanAlone(reply(), 4000), 0.187 / 2);
  assert.equal(humanAlone(reply({ human_only: { n_human: null, cost: null, standard_error: null } }), 10), null);
});

test("a picture at every width", () => {
  for (const width of [300, 640]) assert.doesNotMatch(frontier(reply(), width), /NaN|undefined/);
  assert.doesNotMatch(frontier(reply({ human_only: { n_human: null, cost: null, standard_error: null } })), /NaN/);
  assert.match(describe(reply()), /^For 1,000: 197 humans and 178 LLM-only units, standard error 0.135. Humans alone: 200/);
});

test("many rows go as their moments, where these say the same", () => {
  const data = { layout: "table", outcomes: { y: [1, 2, 3, ...Array(100_000).fill(null)] }, predictions: [{ model: "m", values: Array(100_003).fill(1) }] };
  assert.deepEqual(designRequest({ plan: {}, data }, {}).basis.data.arms.map(({ n }) => n), [3]);
  assert.equal(designRequest({ plan: {}, data: { ...data, weight: [] } }, {}).basis.kind, "pilot");
});
