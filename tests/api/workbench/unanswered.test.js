import assert from "node:assert/strict";
import { test } from "node:test";
import { cleanedCsv } from "./workbench/code.js";
import { guess } from "./workbench/columns.js";
import { parseCsv } from "./workbench/csv.js";
import { DEFAULTS, obstaclesBefore, rowsRequest } from "./workbench/request.js";
import { settled, unanswered } from "./workbench/unanswered.js";

const READING = { na: true, comma: "" };
const study = (text = "arm,y,gpt_a,gpt_b\na,1,2,3\nb,NA,3,4\n,,4,5\nb,2,2,2\n") => {
  const table = parseCsv(text);
  return [table, guess(table.header, table.columns, READING)];
};
const asked = (said, local = false) => {
  const [table, uses] = study();
  const found = settled(table, { uses, settings: { ...DEFAULTS, design: "shared", unanswered: said, local }, reading: READING });
  return { ...found, request: rowsRequest(found.table, found.uses, found.settings, READING) };
};

test("rows with an arm and no answer are found where twins make them doubtful", () => {
  const [table, uses] = study();
  assert.deepEqual(unanswered(table, uses, { design: "shared" }, READING), [1]);
  assert.deepEqual(unanswered(table, uses, { design: "independent" }, READING), []);
  const known = study("arm,y,gpt_a,gpt_b,human\na,1,2,3,1\nb,,3,4,0\n");
  assert.deepEqual(unanswered(...known, { design: "shared" }, READING), []);
});

test("nothing is sent until it is said what they are", () => {
  const [table, uses] = study();
  const codes = (said) => obstaclesBefore(table, uses, { ...DEFAULTS, design: "shared", unanswered: said }, READING).map(({ code }) => code);
  assert.deepEqual([codes(""), codes("personas")], [["unanswered"], []]);
});

test("weighting for them needs rows", () => {
  const [table, uses] = study();
  const told = (said, local) => obstaclesBefore(table, uses, { ...DEFAULTS, design: "shared", unanswered: said, local }, READING).map(({ message }) => message);
  assert.match(told("response_propensity", true).join(), /needs rows/);
  assert.deepEqual([told("response_propensity", false), told("drop_unit", true)], [[], []]);
});

test("people who did not answer were asked", () => {
  const { table, uses, request } = asked("drop_unit");
  assert.deepEqual([request.data.human, request.plan.missing], [[true, true, false, true], "drop_unit"]);
  assert.equal(cleanedCsv(table, uses, READING).split("\n")[2], "b,,3,4,true");
});

test("personas have no arm", () => {
  const { table, uses, request } = asked("personas");
  assert.deepEqual([request.data.arm, request.data.human, request.plan.missing], [["a", null, null, "b"], undefined, undefined]);
  assert.equal(cleanedCsv(table, uses, READING).split("\n")[2], ",,3,4");
});

test("moments are of people who answered", () => {
  const { table, request } = asked("drop_unit", true);
  assert.deepEqual([request.data.arm, request.data.human, table.lines], [["a", null, "b"], undefined, [2, 4, 5]]);
});
