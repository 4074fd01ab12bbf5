import assert from "node:assert/strict";
import { test } from "node:test";
import { digitsOf, escaped, extent, pText, rangeText, scale, short, ticks } from "./workbench/axis.js";

test("short numbers", () => {
  assert.deepEqual([0.70271, -0.5, 0, 1234.5, 1e-9, 2.5e7, null, NaN].map((value) => short(value)), ["0.703", "−0.5", "0", "1,235", "1.00e−9", "2.50e7", "–", "–"]);
});

test("p-values and ranges", () => {
  assert.deepEqual([pText(0.00042), pText(0.0768), pText(null)], ["p < 0.001", "p = 0.077", ""]);
  assert.deepEqual([rangeText({ lower: 0.1, upper: 2 }), rangeText({ lower: null, upper: 2 }), rangeText({ lower: 1, upper: null }), rangeText(null)], ["0.1 to 2", "below 2", "above 1", ""]);
});

test("ticks are round and inside", () => {
  assert.deepEqual(ticks(-0.2, 1.2, 6), [0, 0.25, 0.5, 0.75, 1]);
  assert.deepEqual(ticks(0, 1000, 4), [0, 250, 500, 750, 1000]);
  assert.deepEqual(ticks(3, 3.0001, 2).every((value) => value >= 3 && value <= 3.0001), true);
});

test("scales, also of a single value", () => {
  assert.equal(scale([0, 10], [100, 200])(5), 150);
  assert.ok(Number.isFinite(scale(extent([4]), [0, 1])(4)));
  assert.ok(Number.isFinite(scale(extent([0, 0]), [0, 1])(0)));
});

test("markup of names", () => {
  assert.equal(escaped(`<a b="c">'&\u0000`), "&lt;a b=&quot;c&quot;&gt;&#39;&amp;\ufffd");
});

test("digits tell a tenth of an interval's width", () => {
  const of = (lower, upper, least) => digitsOf({ lower, upper }, least);
  assert.deepEqual([of(0.3476, 1.0578), of(1984.594, 1984.701), of(-1e9, -1e9 + 1), of(5, 5), of(null, 5, 4), digitsOf(null)], [3, 6, 11, 3, 4, 3]);
  assert.equal(rangeText({ lower: -1000.25, upper: -1000.125 }), "−1,000.25 to −1,000.13");
});
