import assert from "node:assert/strict";
import { test } from "node:test";
import { Moments, momentsOf, obstacles } from "./workbench/moments.js";

const close = (got, wanted, tolerance = 1e-14) => assert.ok(Math.abs(got - wanted) <= tolerance * Math.max(1, Math.abs(wanted)), `${got} is not ${wanted}`);

test("mean and covariance, divisor n - 1", () => {
  const found = new Moments(2);
  for (const [x, y] of [[1, 2], [2, 1], [4, 5], [5, 8]]) found.add([x, y]);
  const { n, mean, covariance } = found.wire();
  assert.equal(n, 4);
  assert.deepEqual(mean, [3, 4]);
  close(covariance[0][0], 10 / 3);
  close(covariance[0][1], 16 / 3);
  close(covariance[1][0], 16 / 3);
  close(covariance[1][1], 10);
});

test("a large mean costs no digits", () => {
  const [small, large] = [new Moments(1), new Moments(1)];
  for (let i = 0; i < 1000; i++) {
    small.add([(i * 7919) % 101]);
    large.add([1e9 + ((i * 7919) % 101)]);
  }
  close(large.wire().covariance[0][0], small.wire().covariance[0][0], 1e-9);
});

test("humans by arm, LLM-only units of shared predictions in one pool", () => {
  const data = { layout: "table", prediction_design: "shared", arm: ["a", "b", "a", null, null], outcomes: { y: [1, 2, 3, null, null] }, predictions: [{ model: "m", arm: "a", values: [1, 2, 4, 8, 16] }, { model: "m", arm: "b", values: [3, 3, 5, 7, 9] }] };
  const found = momentsOf(data);
  assert.deepEqual(found.predictions, [{ model: "m", arm: "a" }, { model: "m", arm: "b" }]);
  assert.deepEqual(found.arms.map(({ name, n, mean }) => [name, n, mean]), [["a", 2, [2, 2.5, 4]], ["b", 1, [2, 2, 3]]]);
  assert.deepEqual(found.llm_only.map(({ arm, n, mean }) => [arm, n, mean]), [[null, 2, [12, 8]]]);
});

test("LLM-only units of their own arm; one population without arms", () => {
  const independent = { prediction_design: "independent", arm: ["a", "b", "b"], outcomes: { y: [1, 2, null] }, predictions: [{ model: "m", values: [1, 2, 3] }] };
  assert.deepEqual(momentsOf(independent).llm_only.map(({ arm }) => arm), ["b"]);
  const one = { outcomes: { y: [1, null] }, predictions: [{ model: "m", values: [1, 2] }] };
  assert.deepEqual(momentsOf(one).arms.map(({ name }) => name), ["all"]);
  assert.deepEqual(momentsOf(one).llm_only.map(({ arm }) => arm), [null]);
  assert.equal("llm_only" in momentsOf({ outcomes: { y: [1] }, predictions: [{ model: "m", values: [1] }] }), false);
});

const said = (data) => obstacles(data).map(({ message }) => message).join(" ");

test("what moments do not carry is said", () => {
  const data = { outcomes: { y: [1, 2] }, predictions: [{ model: "m", values: [1, null] }], covariates: { age: [1, 2] }, weight: [1, 1] };
  const found = said(data);
  assert.match(found, /do not carry: weight\./);
  assert.match(found, /model m has none in row 2/);
  assert.match(said({ outcomes: { y: ["a"] }, predictions: [] }), /LLM answer column.*outcome of numbers/);
  assert.match(said({ arm: ["a", null], outcomes: { y: [1, 2] }, predictions: [{ model: "m", values: [1, 2] }] }), /Row 2 .* no arm/);
  assert.match(found, /covariates: age/);
  assert.deepEqual(obstacles(data).map(({ without }) => without).filter(Boolean), [["age"]]);
});
