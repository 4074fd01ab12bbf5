import assert from "node:assert/strict";
import { test } from "node:test";
import { guess } from "./workbench/columns.js";
import { parseCsv } from "./workbench/csv.js";
import { repeatedPeople } from "./workbench/repeated.js";

const READING = { na: true, comma: "" };
const MODELS = ["gpt", "claude"];
const found = (rows, header = "pid,age,model,trust,llm") => {
  const table = parseCsv([header, ...rows].join("\n"));
  return repeatedPeople(table, guess(table.header, table.columns, READING), READING);
};
const people = (count, row) => Array.from({ length: count }, (_, i) => MODELS.map((model, j) => row(i, model, j))).flat();

test("one row per person and model", () => {
  const asked = people(8, (i, model, j) => `p${i},${20 + i},${model},${i % 4},${(i + j) % 5}`);
  const personas = people(8, (i, model, j) => `q${i},${20 + i},${model},NA,${(i + j) % 5}`);
  const wanted = { person: "pid", people: 8, rows: 16, within: "model", levels: MODELS };
  assert.deepEqual(found(asked), wanted);
  assert.deepEqual(found([...asked, ...personas]), wanted);
  assert.deepEqual(found(asked.slice(0, -1)), { ...wanted, people: 7, rows: 14 });
});

test("one row per person and draw, whose number is no word", () => {
  assert.equal(found(people(8, (i, _, j) => `${i},30,${j + 1},${i % 4},${j}`), "id,age,attempt,trust,llm").within, "attempt");
});

test("people who answer anew in each of their rows, or stand in one", () => {
  assert.equal(found(people(8, (i, model, j) => `p${i},30,${model},${i + j},2`)), null);
  assert.equal(found(people(8, (i, model, j) => `p${2 * i + j},30,${model},${i % 4},2`)), null);
});

test("that few people answer alike, or all the same, or that nothing tells their rows apart, is chance", () => {
  const other = "alone,30,gpt,3,2";
  assert.equal(found([...people(4, (i, model) => `p${i},30,${model},${i},2`), other]), null);
  assert.equal(found([...people(8, (i, model) => `p${i},30,${model},1,2`), other]), null);
  assert.equal(found(people(8, (i, model, j) => `p${i},30,${MODELS[i % 2]},${i % 4},${j}`)), null);
});

test("words for the answers are no people", () => {
  assert.equal(found(people(40, (i, model) => `answer ${i % 6},30,${model},${i % 6},2`)), null);
});

test("most people stand in one row: some twins of a school class are no file of this kind", () => {
  const alone = Array.from({ length: 30 }, (_, i) => `s${i},30,gpt,${i % 4},2`);
  assert.equal(found([...people(8, (i, model) => `p${i},30,${model},${i % 4},2`), ...alone]), null);
});
