import assert from "node:assert/strict";
import { test } from "node:test";
import { categorical, prediction, RectifierProblem, table, withHumanAnswers } from "rectifier";

const columns = { arm: ["a", "b", null], trust: [1, NaN, undefined], gpt_a: [1, 2, 3], gpt_b: Float64Array.of(2, 3, 4), age: [30, 40, 50], yes: [true, false, null] };

const refused = (code, column, index) => (error) => {
  assert.ok(error instanceof RectifierProblem);
  assert.deepEqual([error.status, error.code, error.errors[0].column, error.errors[0].index], [null, code, column, index]);
  if (column !== undefined) assert.match(error.message, new RegExp(`column "${column}"`));
  return true;
};

test("twins: models with a column per arm are shared", () => {
  const made = table(columns, { outcome: "trust", arm: "arm", predictions: { gpt: { a: "gpt_a", b: "gpt_b" } }, covariates: "age" });
  assert.deepEqual(JSON.parse(JSON.stringify(made, (_, v) => (ArrayBuffer.isView(v) ? [...v] : v))), {
    layout: "table",
    prediction_design: "shared",
    arm: ["a", "b", null],
    outcomes: { trust: [1, null, null] },
    predictions: [
      { model: "gpt", arm: "a", values: [1, 2, 3] },
      { model: "gpt", arm: "b", values: [2, 3, 4] },
    ],
    covariates: { age: [30, 40, 50] },
  });
});

test("the ways to name predictions", () => {
  const named = (predictions) => table(columns, { outcome: "trust", predictions }).predictions.map(({ values, ...said }) => said);
  assert.deepEqual(named("gpt_a"), [{}]);
  assert.deepEqual(named(["gpt_a", "gpt_b"]), [{ model: "gpt_a" }, { model: "gpt_b" }]);
  assert.deepEqual(named({ gpt: "gpt_a" }), [{ model: "gpt" }]);
  assert.deepEqual(named([prediction("gpt_a", { model: "gpt", draw: 0 }), prediction("gpt_b", { model: "gpt", draw: 1 })]), [
    { model: "gpt", draw: 0 },
    { model: "gpt", draw: 1 },
  ]);
  assert.equal(table(columns, { outcome: "trust" }).predictions, undefined);
  assert.equal(table(columns, { outcome: "trust", predictions: "gpt_a" }).prediction_design, undefined);
});

test("rows of objects are the same as columns; what a row lacks is missing", () => {
  const rows = [{ arm: 0, trust: 1, gpt: 2n }, { arm: 1, gpt: 3 }];
  const made = table(rows, { outcome: "trust", arm: "arm", predictions: "gpt", prediction_design: "independent" });
  assert.deepEqual([made.arm, made.outcomes.trust, made.predictions[0].values], [["0", "1"], [1, null], [2, 3]]);
});

test("booleans are 1 and 0 as answers, words as groups, and people's flags", () => {
  const made = table({ ...columns, asked: [1, 0, true] }, { outcome: "yes", stratum: "yes", human: "asked" });
  assert.deepEqual([made.outcomes.yes, made.stratum, made.human], [[1, 0, null], ["true", "false", null], [true, false, true]]);
});

test("typed arrays and categories stay binary; as labels they are words", () => {
  const arm = categorical(["x", "y", "x"]);
  const made = table({ y: Float32Array.of(1, NaN, 2), arm, unit: Int32Array.of(7, 8, 9) }, { outcome: "y", arm: "arm", unit: "unit" });
  assert.ok(made.outcomes.y instanceof Float32Array);
  assert.equal(made.arm, arm);
  assert.deepEqual(made.unit, ["7", "8", "9"]);
});

test("integers of 64 bits are numbers where those hold them, and words of any size", () => {
  const made = table({ y: BigInt64Array.of(1n, -(2n ** 53n)), id: BigUint64Array.of(0n, 2n ** 64n - 1n) }, { outcome: "y", unit: "id", arm: "id" });
  assert.deepEqual([made.outcomes.y, made.unit, made.arm], [[1, -(2 ** 53)], ["0", "18446744073709551615"], ["0", "18446744073709551615"]]);
  assert.deepEqual(table({ y: [1], id: [2n ** 64n] }, { outcome: "y", unit: "id" }).unit, ["18446744073709551616"]);
});

test("holes are missing, and no flags", () => {
  assert.deepEqual(table({ y: [1, , 3] }, { outcome: "y" }).outcomes.y, [1, null, 3]);
  assert.throws(() => table({ y: [1, 2], asked: [, true] }, { outcome: "y", human: "asked" }), refused("not_logical", "asked", 0));
});

test("what cannot be a column is refused by the column's name and the index", () => {
  const of = (values, roles = { outcome: "q" }) => () => table({ q: values, y: [1, 2] }, { outcome: "y", ...roles });
  assert.throws(of([1, Infinity]), refused("not_finite", "q", 1));
  assert.throws(() => table({ y: [1, 2] }, { arm: "y" }), refused("not_a_name", undefined, undefined));
  for (const columns of [["q"], null, 3]) assert.throws(() => table({ y: [1, 2], q: [1, 2] }, { outcome: "y", predictions: { gpt: columns } }), refused("not_a_name", undefined, undefined));
  assert.deepEqual(table({ y: [1, 2] }, { outcome: "y", arm: null, covariates: null, predictions: null }), table({ y: [1, 2] }, { outcome: "y" }));
  assert.throws(of(Float64Array.of(-Infinity, 1)), refused("not_finite", "q", 0));
  assert.throws(of([1, 12345678901234567890]), refused("integer_overflow", "q", 1));
  assert.throws(of([2n ** 60n, 1]), refused("integer_overflow", "q", 0));
  assert.throws(of(BigInt64Array.of(1n, 2n ** 60n)), refused("integer_overflow", "q", 1));
  assert.throws(of([1, new Date()]), refused("unsupported_type", "q", 1));
  assert.throws(of([[1], [2]]), refused("unsupported_type", "q", 0));
  assert.throws(of([{ a: 1 }, 2]), refused("unsupported_type", "q", 0));
  assert.throws(of(["1", 2], { weight: "q" }), refused("not_numeric", "q", 0));
  assert.throws(of([true, null], { human: "q" }), refused("not_logical", "q", 1));
  assert.throws(of(new DataView(new ArrayBuffer(8))), refused("not_a_column", "q", undefined));
  assert.throws(of("text"), refused("not_a_column", "q", undefined));
});

test("a name that is not there, or nothing's, is told with what is", () => {
  assert.throws(() => table(columns, { outcome: "Trust" }), / outcome: there is no column "Trust"[^]*Did you mean "trust"\?/);
  assert.throws(() => table([{ a: 1 }], { outcome: "b" }), /Columns: a\./);
  assert.throws(() => table(columns, { outcome: "trust", weigth: "age" }), refused("unknown_field", undefined, undefined));
  assert.throws(() => table(columns, { outcome: "trust", arm: 3 }), refused("not_a_name", undefined, undefined));
  assert.throws(() => table({}, { outcome: "toString" }), refused("no_such_column", undefined, undefined));
  assert.throws(() => table([{ y: 1 }, null], { outcome: "y" }), refused("not_a_row", undefined, 1));
  assert.deepEqual(table([{ constructor: 1 }, {}], { outcome: "constructor" }).outcomes, { constructor: [1, null] });
});

test("people's answers are put where their units stand", () => {
  const data = { layout: "table", unit: ["r1", "p1"], human: [true, false], outcomes: { trust: [null, null] }, predictions: [] };
  assert.deepEqual(withHumanAnswers(data, { trust: { r1: 3 } }).outcomes.trust, [3, null]);
  assert.deepEqual(withHumanAnswers(data, { trust: new Map([["p1", 2]]) }).outcomes.trust, [null, 2]);
  assert.deepEqual(data.outcomes.trust, [null, null]);
  assert.throws(() => withHumanAnswers(data, { trust: { r2: 3 } }), refused("unknown_unit", undefined, undefined));
  assert.throws(() => withHumanAnswers(null, { trust: {} }), /output: "calibration"/);
  assert.throws(() => withHumanAnswers(data, { Trust: {} }), refused("unknown_outcome", undefined, undefined));
});
