import assert from "node:assert/strict";
import { test } from "node:test";
import { categorical, moments, prediction, Rectifier, RectifierProblem, table } from "rectifier";

const columns = {
  arm: ["a", "b", "a", "b", "a", null, null, null],
  trust: [1, 2, 4, 4, 4, null, NaN, undefined],
  gpt_a: [1, 2, 3, 5, 5, 6, 7, 8],
  gpt_b: Float64Array.of(2, 3, 6, 6, 4, 7, 8, 9),
};
const twins = { outcome: "trust", arm: "arm", predictions: { gpt: { a: "gpt_a", b: "gpt_b" } } };
const own = { outcome: "trust", arm: "arm", predictions: { gpt: "gpt_a" }, prediction_design: "independent" };
const of = (changed, roles = twins) => () => moments(table({ ...columns, ...changed }, roles));
const changed = (name, index, value) => ({ [name]: Object.assign([...columns[name]], { [index]: value }) });

const refused = (code, column, index) => (error) => {
  assert.ok(error instanceof RectifierProblem);
  assert.deepEqual([error.status, error.code, error.errors[0].column, error.errors[0].index], [null, code, column, index]);
  return true;
};

test("counts, means and covariances of people by arm and of LLM-only units", () => {
  assert.deepEqual(of({})(), {
    layout: "moments",
    prediction_design: "shared",
    predictions: [
      { model: "gpt", arm: "a" },
      { model: "gpt", arm: "b" },
    ],
    arms: [
      { name: "a", n: 3, mean: [3, 3, 4], covariance: [[3, 3, 3], [3, 4, 2], [3, 2, 4]] },
      { name: "b", n: 2, mean: [3, 3.5, 4.5], covariance: [[2, 3, 3], [3, 4.5, 4.5], [3, 4.5, 4.5]] },
    ],
    llm_only: [{ arm: null, n: 3, mean: [7, 8], covariance: [[1, 1], [1, 1]] }],
  });
});

test("LLM-only units that were asked under an arm of their own stay with it", () => {
  const arm = ["a", "b", "a", "b", "a"];
  assert.throws(of({ arm: [...arm, "a", "b", "a"] }, own), refused("too_few_humans", undefined, undefined));
  const { llm_only } = of({ arm: [...arm, "b", "b", "b"] }, own)();
  assert.deepEqual(llm_only, [{ arm: "b", n: 3, mean: [7], covariance: [[1]] }]);
  assert.throws(of({}, own), refused("llm_only_arm", "arm", 5));
});

test("one population, nobody but people, and people alone", () => {
  const pair = { trust: [1, 2, 3], gpt: [2, 4, 6] };
  const made = moments(table(pair, { outcome: "trust", predictions: "gpt" }));
  assert.deepEqual(made.arms, [{ name: "all", n: 3, mean: [2, 4], covariance: [[1, 2], [2, 4]] }]);
  assert.deepEqual([made.llm_only, made.predictions, made.prediction_design], [[], [{ model: null, arm: null }], null]);
  const alone = moments(table({ trust: [1, 2, 3, null] }, { outcome: "trust" }));
  assert.deepEqual([alone.arms, alone.llm_only], [[{ name: "all", n: 3, mean: [2], covariance: [[1]] }], null]);
});

test("digits of large answers stay", () => {
  const { arms } = moments(table({ trust: [1e9 + 1, 1e9 + 2, 1e9 + 3] }, { outcome: "trust" }));
  assert.deepEqual(arms, [{ name: "all", n: 3, mean: [1e9 + 2], covariance: [[1]] }]);
});

test("what moments cannot say is refused by column and index", () => {
  assert.throws(of({ age: columns.gpt_a }, { ...twins, covariates: "age" }), refused("unsupported_combination", undefined, undefined));
  assert.throws(of({ w: columns.gpt_a }, { ...twins, weight: "w" }), refused("unsupported_combination", "w", undefined));
  assert.throws(of({}, { ...twins, outcome: ["trust", "gpt_a"] }), refused("unsupported_combination", undefined, undefined));
  assert.throws(of({}, { ...twins, predictions: [prediction("gpt_a", { draw: 0 })] }), refused("unsupported_combination", "gpt_a", undefined));
  assert.throws(of(changed("trust", 1, "often")), refused("not_numeric", "trust", 1));
  assert.throws(of(changed("gpt_b", 6, NaN)), refused("missing_prediction", "gpt_b", 6));
  assert.throws(of(changed("arm", 2, null)), refused("missing_arm", "arm", 2));
  const body = table(columns, twins);
  const nameless = body.arm.map((name, row) => (row === 2 ? undefined : name));
  assert.throws(() => moments({ ...body, arm: nameless }), { code: "missing_arm" });
  assert.throws(of({ asked: [1, 1, 1, 1, 1, 1, 0, 0] }, { ...twins, human: "asked" }), refused("missing_human_answer", "trust", 5));
  assert.throws(of({ asked: [0, 1, 1, 1, 1, 0, 0, 0] }, { ...twins, human: "asked" }), refused("human_answer_ignored", "trust", 0));
  assert.throws(of({ gpt_a: [1, 2] }), refused("length_mismatch", "gpt_a", undefined));
  assert.throws(of({ arm: ["a"] }), refused("length_mismatch", "arm", undefined));
  assert.throws(of({ arm: categorical(["a", "b"]) }), refused("not_a_column", "arm", undefined));
});

test("what the service refuses of rows is refused of moments", () => {
  assert.throws(of(changed("arm", 6, "a")), refused("llm_only_arm", "arm", 6));
  assert.throws(of({ id: [1, 2, 3, 4, 5, 6, 7, 3] }, { ...twins, unit: "id" }), refused("duplicate_unit", "id", 7));
  const raw = table(columns, twins);
  assert.throws(() => moments({ ...raw, human: [true] }), refused("length_mismatch", undefined, undefined));
  assert.throws(() => moments({ ...raw, human: [1, 1, 1, 1, 1, 0, 0, 0] }), refused("not_logical", undefined, undefined));
  for (const odd of [true, new Date(), [3], {}]) {
    assert.throws(() => moments({ ...raw, outcomes: { trust: [1, odd, 4, 4, 4, null, null, null] } }), refused("not_numeric", undefined, 1));
  }
});

test("arms stand in the order of all rows, which decides the control where the plan does not", () => {
  const people = { arm: ["b", "b", "a", "a"], y: [1, 2, 3, 5], g: [1, 2, 3, 4] };
  const personas = { arm: ["a", "b", "a", "b"], y: [null, null, null, null], g: [1, 2, 3, 4] };
  const whole = Object.fromEntries(["arm", "y", "g"].map((name) => [name, [...personas[name], ...people[name]]]));
  const made = moments(table(whole, { outcome: "y", arm: "arm", predictions: "g", prediction_design: "independent" }));
  assert.deepEqual(made.arms.map(({ name }) => name), ["a", "b"]);
});

test("a refusal says where in the data, and what to do", () => {
  assert.throws(of(changed("gpt_b", 6, NaN)), (error) => {
    assert.equal(error.errors[0].pointer, "/data/predictions/1/values/6");
    assert.match(error.message, /column "gpt_b" at index 6: .*\n.*send rows/);
    return true;
  });
});

test("the service gives the estimates of rows", async () => {
  const n = 200;
  const human = Array.from({ length: 80 }, (_, i) => 3 + Math.sin(i) + (i % 2) * 0.5);
  const said = (shift) => Array.from({ length: n }, (_, i) => (human[i] ?? 3 + Math.sin(3 * i)) + shift + Math.cos(7 * i) / 3);
  const study = {
    trust: Array.from({ length: n }, (_, i) => human[i] ?? null),
    arm: Array.from({ length: n }, (_, i) => (i < 80 ? ["a", "b"][i % 2] : null)),
    gpt_a: said(0),
    gpt_b: Float64Array.from(said(0.4)),
  };
  const client = new Rectifier();
  const data = table(study, twins);
  const plan = { control: "a", identification: "exchangeability" };
  const [rows, sent] = await Promise.all([data, moments(data)].map((each) => client.calibrate({ data: each, plan })));
  const near = (one, other, tolerance) => assert.ok(Math.abs(one - other) <= tolerance * Math.abs(other), `${one} is not ${other}`);
  near(sent.summary.estimate, rows.summary.estimate, 1e-10);
  near(sent.estimates[0].standard_error, rows.estimates[0].standard_error, 0.1);
  assert.equal(sent.summary.verdict, "llm_used");
  const designs = await Promise.all(
    [data, moments(data)].map((each) => client.design({ basis: { kind: "pilot", data: each, plan }, costs: { human: 5, llm: 0.02 }, objective: { kind: "budget", budget: 1000 } })),
  );
  near(designs[1].design.standard_error, designs[0].design.standard_error, 1e-10);
});
