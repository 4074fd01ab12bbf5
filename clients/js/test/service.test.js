import assert from "node:assert/strict";
import { test } from "node:test";
import { categorical, Rectifier, RectifierProblem, table } from "rectifier";

const client = new Rectifier(); // RECTIFIER_URL

const human = Array.from({ length: 40 }, (_, i) => 3 + Math.sin(i) + (i % 2) * 0.5);
const llm = human.map((value, i) => value + Math.cos(7 * i) / 3);
const columns = {
  trust: [...human, ...Array(60).fill(NaN)],
  arm: [...human.map((_, i) => (i % 2 ? "treatment" : "control")), ...Array(60).fill(null)],
  gpt_control: [...llm, ...Array.from({ length: 60 }, (_, i) => 3 + Math.sin(3 * i))],
  gpt_treatment: [...llm, ...Array.from({ length: 60 }, (_, i) => 3.4 + Math.sin(3 * i))],
};
const roles = { outcome: "trust", arm: "arm", predictions: { gpt: { control: "gpt_control", treatment: "gpt_treatment" } } };
const plan = { control: "control", identification: "exchangeability" };

test("a calibrated effect", async () => {
  const answer = await client.calibrate({ data: table(columns, roles), plan });
  const [estimate] = answer.estimates;
  assert.equal(estimate.name, "treatment - control");
  assert.ok(estimate.interval.lower < estimate.estimate && estimate.estimate < estimate.interval.upper);
  assert.ok(answer.report.includes("treatment - control"));
});

test("typed arrays and lists give the same numbers", async () => {
  const typed = { ...columns, arm: categorical(columns.arm) };
  for (const name of ["trust", "gpt_control", "gpt_treatment"]) typed[name] = Float64Array.from(columns[name]);
  const [one, other] = await Promise.all([columns, typed].map((each) => client.calibrate({ data: table(each, roles), plan })));
  assert.deepEqual(other.estimates, one.estimates);
  assert.deepEqual(other.arms, one.arms);
});

test("every kind of array is read as it was", async () => {
  const values = { Float32Array, Int32Array, Int16Array, Int8Array, Uint8Array, Uint16Array, Uint32Array };
  const answers = human.map((value) => Math.round(value));
  const of = (answer) => client.calibrate({ data: { layout: "arrays", arms: [{ name: "all", human: answer, llm: answers, llm_only: answers }] } });
  const { estimates } = await of(answers);
  for (const kind of Object.values(values)) assert.deepEqual((await of(kind.from(answers))).estimates, estimates);
});

test("NaN in a list and in bytes is missing, alike", async () => {
  const missing = (trust) => client.calibrate({ data: table({ ...columns, trust, asked: columns.arm.map((arm) => arm !== null) }, { ...roles, human: "asked" }), plan: { missing: "drop_unit" } });
  const trust = columns.trust.map((value, i) => (i === 3 ? NaN : value));
  const [list, bytes] = await Promise.all([missing(trust), missing(Float64Array.from(trust))]);
  assert.equal(list.estimates[0].human_sample_size, 39);
  assert.deepEqual(bytes.estimates, list.estimates);
});

test("a refusal names the caller's column and row", async () => {
  const wrong = { ...columns, gpt_control: columns.gpt_control.map((value, i) => (i === 7 ? "n/a" : value)) };
  await assert.rejects(client.calibrate({ data: table(wrong, roles) }), (error) => {
    assert.ok(error instanceof RectifierProblem);
    assert.equal(error.status, 422);
    assert.deepEqual([error.errors[0].column, error.errors[0].index], ["gpt_control", 7]);
    assert.equal(error.errors[0].pointer, "/data/predictions/0/values/7");
    assert.equal(error.document.errors[0].column, undefined);
    assert.match(error.message, /column "gpt_control" at index 7/);
    return true;
  });
});

test("the odd cell is told before the column that it made text", async () => {
  const gpt = columns.gpt_control.map((value, i) => (i === 7 ? "??" : String(value)));
  await assert.rejects(client.calibrate({ data: table({ ...columns, gpt }, { outcome: "trust", predictions: "gpt" }) }), (error) => {
    const [, odd, hint, others] = error.message.split("\n");
    assert.match(odd, /^ {2}column "gpt" at index 7: /);
    assert.match(hint, /proportions/);
    assert.match(others, /^ {2}column "gpt" at index 0, 1, 2, 3, 4 and 94 more: /);
    return true;
  });
});

test("booleans where the wire wants numbers are refused by the service when no table() made them numbers", async () => {
  const data = { layout: "arrays", arms: [{ name: "all", human: [true, false, true], llm: [1, 0, 1] }] };
  await assert.rejects(client.calibrate({ data }), (error) => error.errors.every((each) => each.code === "r_logical"));
});

test("one value is a list of one; a bare one is refused", async () => {
  const error = await client.post("/v1/calibrations", { data: { layout: "arrays", arms: [{ name: "all", human: [3] }] } }).catch((e) => e);
  assert.ok(!["scalar_for_array", "wrong_type"].includes(error.code));
  await assert.rejects(client.post("/v1/calibrations", { data: { layout: "arrays", arms: [{ name: "all", human: 3 }] } }), { code: "scalar_for_array" });
});

test("validate tells what would be applied, or the refusal", async () => {
  const { valid, applied } = await client.validate("/v1/calibrations", { data: table(columns, roles), plan });
  assert.deepEqual([valid, applied.prediction_design], [true, "shared"]);
  await assert.rejects(client.validate("/v1/calibrations", { data: table(columns, { ...roles, predictions: "gpt_control" }) }), { code: "prediction_design_required" });
});

test("designs, diagnostics, track records, screenings, methods, codes", async () => {
  const { design } = await client.design({ basis: { kind: "assumed", ppi_correlation: 0.5 }, costs: { human: 1, llm: 0.01 }, objective: { kind: "budget", budget: 1000 } });
  assert.equal(design.n_human, 945);
  const pilot = await client.design({ basis: { kind: "pilot", data: table(columns, roles), plan }, costs: { human: 5, llm: 0.02 }, objective: { kind: "budget", budget: 1000 } });
  assert.ok(pilot.bands);
  const card = await client.diagnose({ data: table(columns, roles), checks: ["fidelity_marginal"] });
  assert.ok(["use", "use_with_care", "do_not_use"].includes(card.summary));
  const studies = Array.from({ length: 8 }, (_, i) => ({ name: `s${i}`, human: { estimate: 0.1 * i, standard_error: 0.05 }, llm: { estimate: 0.2 * i + 0.05, standard_error: 0.01 } }));
  const record = await client.trackRecord({ studies, new: { name: "B", llm: { estimate: 0.25, standard_error: 0.01 } } });
  assert.equal(record.claim, "exploratory_with_track_record");
  const screened = await client.screen({ hypotheses: [{ name: "h1", llm: { estimate: 0.5, standard_error: 0.02 }, human: { p_value: 0.004 } }] });
  assert.equal(screened.hypotheses[0].rejected, true);
  assert.ok((await client.methods()).estimands.some((card) => card.name === "mean_difference"));
  assert.match((await client.explain("few_humans")).code, /few_humans/);
});

test("another type of answer comes as text", async () => {
  const csv = await client.text("/v1/calibrations", { data: table(columns, roles), plan }, "text/csv");
  assert.ok(csv.startsWith("name,"));
  assert.match(await client.text("/v1/calibrations", { data: table(columns, roles), plan }, "text/html"), /^<!doctype html>/i);
  await assert.rejects(client.text("/v1/calibrations", { data: table(columns, roles) }, "image/gif"), { code: "not_acceptable" });
});

test("a pilot's refusal names the column, too", async () => {
  const data = table({ ...columns, trust: columns.trust.map((value, i) => (i === 2 ? "?" : value)) }, roles);
  const request = { basis: { kind: "pilot", data }, costs: { human: 5, llm: 0.02 }, objective: { kind: "budget", budget: 1000 } };
  await assert.rejects(client.design(request), (error) => error.errors[0].column === "trust" && error.errors[0].index === 2);
});
