import assert from "node:assert/strict";
import { test } from "node:test";
import { AS_WRITTEN, names, numbers, numbersOrIds, profile, truths } from "./workbench/cells.js";

const NA = { na: true, comma: "" };
const COMMA = { na: false, comma: "decimal" };
const THOUSANDS = { na: false, comma: "thousands" };

test("numbers as they may be written, null where nothing is", () => {
  assert.deepEqual(numbers(["1", " 2.5 ", "-.5", "1e3", "+4.", ""], AS_WRITTEN), [1, 2.5, -0.5, 1000, 4, null]);
});

test("what is no number stays text, so that the service names its place", () => {
  assert.deepEqual(numbers(["NA", "1,5", "0x10", "Infinity", "1 000", "TRUE"], AS_WRITTEN), ["NA", "1,5", "0x10", "Infinity", "1 000", "TRUE"]);
});

test("NA and decimal commas are read only where the person says so", () => {
  assert.deepEqual(numbers(["NA", "n/a", "#N/A", "NaN", "null", ".", "1"], NA), [null, null, null, null, null, null, 1]);
  assert.deepEqual(numbers(["3,5", "-0,25", "1,000,000", "4"], COMMA), [3.5, -0.25, "1,000,000", 4]);
  assert.deepEqual(names(["NA", "a", ""], NA), [null, "a", null]);
});

test("digits in groups of three are read only where the person says what a comma is", () => {
  const cells = ["1,234", "12,345.5", "1 234", "1'234"];
  assert.deepEqual(numbers(cells, AS_WRITTEN), cells);
  assert.deepEqual(numbers(cells, THOUSANDS), [1234, 12345.5, 1234, 1234]);
  assert.deepEqual(numbers(["1.234,5", "1\u202f234,5", "1.234.567", "2,25", "1.234"], COMMA), [1234.5, 1234.5, 1234567, 2.25, 1.234]);
  assert.deepEqual(numbers(["3,5", "12,34,567", "1,2345"], THOUSANDS), ["3,5", "12,34,567", "1,2345"]);
  const found = profile(["4", "1,234", "3,5", "1.234", "0.125", "2024-01-02"], AS_WRITTEN);
  assert.deepEqual([found.commas, found.firstComma, found.points, found.firstPoint], [2, "1,234", 1, "1.234"]);
});

test("all digits of a number arrive", () => {
  assert.deepEqual(numbers(["0.1234567890123456", "9007199254740993"], AS_WRITTEN), [0.1234567890123456, 9007199254740992]);
});

test("a column is described", () => {
  const found = profile(["3", "", "5.5", "NA", "4,5"], AS_WRITTEN);
  assert.deepEqual([found.kind, found.missing, found.notAvailable, found.commas, found.firstText], ["text", 1, 1, 1, 3]);
  assert.deepEqual([found.min, found.max, found.whole, found.distinct], [3, 5.5, false, 4]);
  assert.equal(profile(["", ""], AS_WRITTEN).kind, "empty");
  assert.equal(profile(["3", "NA"], NA).kind, "numbers");
});

test("truth values", () => {
  assert.deepEqual(truths(["TRUE", "false", "1", "0", "yes", "", "x"], AS_WRITTEN), [true, false, true, false, true, null, "x"]);
});

test("labels are numbers only where none becomes another", () => {
  assert.deepEqual(numbersOrIds(["1", "2", ""], AS_WRITTEN), [1, 2, null]);
  assert.deepEqual(numbersOrIds(["01", "1"], AS_WRITTEN), ["01", "1"]);
  assert.deepEqual(numbersOrIds(["a", "1"], AS_WRITTEN), ["a", "1"]);
  assert.deepEqual(numbersOrIds(["9007199254740993", "1"], AS_WRITTEN), ["9007199254740993", "1"]);
});
