import assert from "node:assert/strict";
import { test } from "node:test";
import { parseCsv } from "./workbench/csv.js";
import { doubtfulNones, noneObstacles, withoutNones } from "./workbench/nones.js";

const table = parseCsv("arm,trust,llm,note\nNone,3,None,None\nnews,None,4,\nNA,5,2,NA\n");
const reading = (none, na = true) => ({ na, comma: "", none });
const arms = (...said) => withoutNones(table, reading(...said)).columns.get("arm");

test("None is doubtful among words alone", () => {
  assert.deepEqual(doubtfulNones(table), [{ name: "arm", count: 1 }]);
});

test("in numbers it is missing, among words what the person says", () => {
  for (const none of ["", "word", "missing"]) {
    const { columns } = withoutNones(table, reading(none));
    assert.deepEqual([columns.get("trust"), columns.get("llm"), columns.get("note")], [["3", "", "5"], ["", "4", "2"], ["", "", "NA"]]);
  }
  assert.deepEqual([arms(""), arms("word"), arms("missing")], [["None", "news", "NA"], ["None", "news", "NA"], ["", "news", "NA"]]);
  assert.equal(withoutNones(table, reading("missing", false)), table);
});

test("nothing is sent before it is said, if the column is used", () => {
  assert.deepEqual(noneObstacles(["arm", "trust"], table, reading("")).map(({ field, message }) => [field, message.startsWith("“arm” has cells that say None.")]), [["none", true]]);
  for (const said of [reading("word"), reading("missing"), reading("", false)]) assert.deepEqual(noneObstacles(["arm"], table, said), []);
  assert.deepEqual(noneObstacles(["trust"], table, reading("")), []);
});
