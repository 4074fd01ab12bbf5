import assert from "node:assert/strict";
import { test } from "node:test";
import { guess } from "./workbench/columns.js";
import { parseCsv } from "./workbench/csv.js";
import { commaObstacles, percentObstacles } from "./workbench/doubtful.js";

const READING = { na: false, comma: "", none: "" };

test("commas are a question until it is answered, points of thousands one of the file", () => {
  const codes = (text, comma) => {
    const table = parseCsv(text);
    return commaObstacles(table.header, table, { ...READING, comma }).map(({ code }) => code);
  };
  assert.deepEqual(codes("y;llm\n1,5;2\n", ""), ["decimal_comma"]);
  assert.deepEqual(codes("y;llm\n1,5;2\n", "decimal"), []);
  assert.deepEqual(codes("y;llm\n1,5;1.234\n", "decimal"), ["doubtful_point"]);
  assert.deepEqual(codes('y,llm\n"1,370",2\n3.5,2\n', "decimal"), ["doubtful_point"]);
});

test("percentages are told where numbers belong, and are names of arms", () => {
  const found = (role, cells) => {
    const table = parseCsv(`dose,y,llm\n${cells[0]},1,2\n${cells[1]},2,2\n${cells[2]},3,2\n`);
    const uses = guess(table.header, table.columns, READING);
    Object.assign(uses.get("dose"), { role });
    return percentObstacles(table.header, uses).map(({ code, column, message }) => [code, column, /10: |10,/.test(message)]);
  };
  assert.deepEqual(found("covariate", ["10%", "20 %", "5"]), [["percentages", "dose", true]]);
  assert.deepEqual(found("arm", ["10%", "20 %", "5%"]), []);
  assert.deepEqual(found("covariate", ["10% off", "none", "5%"]), []);
});
