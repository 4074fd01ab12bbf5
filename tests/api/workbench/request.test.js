import assert from "node:assert/strict";
import { test } from "node:test";
import { guess } from "./workbench/columns.js";
import { parseCsv } from "./workbench/csv.js";
import { DEFAULTS, extraPlan, obstaclesBefore, outcomeNamed, placeOf, requestOf, rowsRequest } from "./workbench/request.js";

const READING = { na: false, comma: "" };
const of = (text, changes = {}, reading = READING) => {
  const table = parseCsv(text);
  const uses = guess(table.header, table.columns, reading);
  for (const [name, use] of Object.entries(changes)) Object.assign(uses.get(name), use);
  return [table, uses];
};
const TWINS = "arm,trust,gpt_control,gpt_treatment,age\ncontrol,3,4,5,20\ntreatment,4,3,6,30\n,,4,5,40\n";

test("twins", () => {
  const { plan, data } = rowsRequest(...of(TWINS), { ...DEFAULTS, design: "shared", control: "treatment" }, READING);
  assert.deepEqual(plan, { control: "treatment", identification: "exchangeability" });
  assert.deepEqual(data, {
    layout: "table", prediction_design: "shared", arm: ["control", "treatment", null], outcomes: { trust: [3, 4, null] },
    predictions: [{ model: "gpt", arm: "control", values: [4, 3, 4] }, { model: "gpt", arm: "treatment", values: [5, 6, 5] }],
    covariates: { age: [20, 30, 40] },
  });
});

test("contrasts that are written take the place of the control", () => {
  const settings = { ...DEFAULTS, control: "control", extra: '{"contrasts": [{"name": "d", "weights": {"control": -1, "treatment": 1}}]}' };
  assert.deepEqual(Object.keys(rowsRequest(...of(TWINS), settings, READING).plan), ["contrasts"]);
});

test("nothing is said where the default is meant", () => {
  const { plan, data } = rowsRequest(...of("y,llm\n1,2\n2,3\n,4\n"), DEFAULTS, READING);
  assert.deepEqual([plan, data], [{}, { layout: "table", outcomes: { y: [1, 2, null] }, predictions: [{ model: "llm", values: [2, 3, 4] }] }]);
});

test("every setting has its place in the plan", () => {
  const settings = { ...DEFAULTS, estimand: "quantile", quantiles: "0.25 0.5", level: "0.9", alternative: "equivalence", margin: "0.2", multiplicity: "holm", extra: '{"seed": 7}' };
  const { plan } = rowsRequest(...of("y,llm\n1,2\n"), settings, READING);
  assert.deepEqual(plan, { estimand: { type: "quantile", q: [0.25, 0.5] }, confidence_level: 0.9, alternative: "equivalence", margin: 0.2, multiplicity: "holm", seed: 7 });
});

test("what is said of people who did not answer is sent with a column that says who was asked", () => {
  const settings = { ...DEFAULTS, missing: "drop_unit" };
  const text = "y,llm,asked\n1,2,TRUE\n2,3,TRUE\n,3,TRUE\n,3,FALSE\n";
  assert.deepEqual(rowsRequest(...of(text), settings, READING).plan, { missing: "drop_unit" });
  assert.deepEqual(rowsRequest(...of(text, { asked: { role: "ignore" } }), settings, READING).plan, {});
});

test("answers that are words are shares of categories", () => {
  assert.deepEqual(rowsRequest(...of("vote,llm\nyes,no\nno,no\n", { vote: { role: "outcome" } }), DEFAULTS, READING).plan, { estimand: { type: "proportions" } });
});

test("survey columns", () => {
  const [table, uses] = of("y,llm,w,h,asked\n1,2,.5,1,TRUE\n2,3,1.5,1,FALSE\n", { w: { role: "weight" }, h: { role: "cluster" }, asked: { role: "human" } });
  const { data } = rowsRequest(table, uses, DEFAULTS, READING);
  assert.deepEqual([data.weight, data.cluster, data.human], [[0.5, 1.5], [1, 1], [true, false]]);
});

test("predictions name their outcome where there are several", () => {
  const { data } = rowsRequest(...of("trust,liking,trust_llm,liking_llm\n1,2,3,4\n2,3,4,5\n"), DEFAULTS, READING);
  assert.deepEqual(data.predictions.map(({ outcome }) => outcome), ["trust", "liking"]);
});

test("probabilities of a category, and draws", () => {
  const [table, uses] = of("vote,p_yes,p_yes_2\nyes,.5,.6\nno,.2,.1\n", { vote: { role: "outcome" }, p_yes: { role: "prediction", model: "p", category: "yes", draw: "0" }, p_yes_2: { role: "prediction", model: "p", category: "yes", draw: "1" } });
  const { data } = rowsRequest(table, uses, DEFAULTS, READING);
  assert.deepEqual(data.predictions.map(({ values, ...said }) => said), [{ model: "p", category: "yes", draw: 0 }, { model: "p", category: "yes", draw: 1 }]);
  const quantile = rowsRequest(table, uses, { ...DEFAULTS, estimand: "quantile" }, READING);
  assert.equal(quantile.data.predictions[0].category, undefined);
});

test("moments in place of rows, or the reason why not", () => {
  const local = { ...DEFAULTS, design: "shared", local: true };
  const [table, uses] = of(TWINS, { age: { role: "ignore" } });
  const { body } = requestOf(table, uses, local, READING);
  assert.equal(body.data.layout, "moments");
  assert.deepEqual(body.data.llm_only.map(({ n }) => n), [1]);
  const refused = requestOf(...of(TWINS), local, READING);
  assert.equal(refused.body, null);
  assert.match(refused.problems[0].message, /covariates: age/);
  assert.deepEqual(refused.problems[0].without, ["age"]);
});

test("means and covariances do not tell quantiles and shares", () => {
  const [table, uses] = of("y,llm\n1,2\n2,2\n3,1\n");
  for (const [estimand, what] of [["quantile", "quantiles"], ["proportions", "proportions"]]) {
    const { body, problems } = requestOf(table, uses, { ...DEFAULTS, local: true, estimand }, READING);
    assert.deepEqual([body, problems[0].field], [null, "local"]);
    assert.match(problems[0].message, new RegExp(`do not tell ${what}: untick`));
  }
  assert.equal(requestOf(table, uses, { ...DEFAULTS, local: true }, READING).body.data.layout, "moments");
});

test("what stands before a request is told", () => {
  const codes = (...given) => obstaclesBefore(...given).map(({ code }) => code);
  assert.deepEqual(codes(...of("y;llm\n1,5;2\n2;3\n"), DEFAULTS, READING), ["decimal_comma"]);
  assert.deepEqual(codes(...of("y;llm\n1,5;2\n2;3\n", {}, { na: false, comma: "decimal" }), DEFAULTS, { na: false, comma: "decimal" }), []);
  const decimal = (text) => codes(...of(text), DEFAULTS, { na: false, comma: "decimal" });
  assert.deepEqual(decimal("y;llm\n1,5;2\n1.234;3\n"), ["doubtful_point"]);
  assert.deepEqual(decimal("y;llm\n1,5;950\n2,5;1.234\n"), ["doubtful_point"]);
  assert.deepEqual(decimal("y;llm\n1,5;1.5\n2,5;1.234\n"), []);
  for (const [quantiles, found] of [["0,25", ["quantiles"]], ["", ["quantiles"]], ["0.25, 0.5;0.75", []]]) {
    assert.deepEqual(codes(...of("y,llm\n1,2\n2,2\n"), { ...DEFAULTS, estimand: "quantile", quantiles }, READING), found);
  }
  assert.deepEqual(codes(...of("y,llm\n1,2\n2,2\n", { llm: { draw: "one" } }), DEFAULTS, READING), ["draw"]);
  assert.deepEqual(codes(...of("y\n2\n3\n"), DEFAULTS, READING), ["no_prediction"]);
  assert.deepEqual(codes(...of("y\n2\n3\n"), { ...DEFAULTS, extra: '{"estimator": "human_only"}' }, READING), []);
  assert.deepEqual(codes(...of("llm\n2\n3\n"), DEFAULTS, READING), ["no_outcome"]);
  assert.deepEqual(codes(...of("y,llm,a,b\n1,2,x,y\n2,2,y,x\n", { a: { role: "arm" }, b: { role: "arm" } }), DEFAULTS, READING), ["role_twice"]);
  assert.deepEqual(codes(...of("y,llm\n1,2\n2,2\n"), { ...DEFAULTS, extra: "{" }, READING), ["malformed_json"]);
});

test("further fields of the plan", () => {
  assert.deepEqual(extraPlan(' {"seed": 1} '), { plan: { seed: 1 }, problem: "" });
  for (const bad of ["[1]", "null", "7", "{a: 1}"]) assert.match(extraPlan(bad).problem, /JSON object/);
});

test("a pointer is told as a column and a row", () => {
  const [table, uses] = of('arm,"a/b~c",gpt_x,w\nx,1,2,1\ny,2,2,1\n', { "a/b~c": { role: "outcome" }, gpt_x: { role: "prediction" }, w: { role: "weight" } });
  const at = (pointer) => placeOf(pointer, table, uses);
  assert.deepEqual(at("/data/outcomes/a~1b~0c/17"), { column: "a/b~c", row: 17, field: null });
  assert.deepEqual(at("/data/outcomes/a~1b~0c"), { column: "a/b~c", row: null, field: null });
  assert.deepEqual(at("/data/predictions/0/values/5"), { column: "gpt_x", row: 5, field: null });
  assert.deepEqual(at("/data/predictions/0"), { column: "gpt_x", row: null, field: null });
  assert.deepEqual(at("/data/predictions/0/arm"), { column: "gpt_x", row: null, field: null });
  assert.deepEqual(at("/data/arm/1"), { column: "arm", row: 1, field: null });
  assert.deepEqual(at("/data/weight/0"), { column: "w", row: 0, field: null });
  assert.deepEqual(at("/plan/control"), { column: null, row: null, field: "control" });
  assert.deepEqual(at("/plan"), { column: null, row: null, field: "plan" });
  assert.deepEqual(at("/data/prediction_design"), { column: null, row: null, field: "prediction_design" });
  assert.deepEqual(at(""), { column: null, row: null, field: null });
});

test("moments do not carry the outcome's name: it is shown all the same", () => {
  const rows = { data: { layout: "table", outcomes: { trust: [] } } };
  assert.deepEqual(outcomeNamed([{ outcome: "y", n: 1 }, { outcome: null }], { data: { layout: "moments" } }, rows), [{ outcome: "trust", n: 1 }, { outcome: null }]);
  assert.deepEqual(outcomeNamed([{ outcome: "a" }], rows, rows), [{ outcome: "a" }]);
});
