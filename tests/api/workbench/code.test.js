import assert from "node:assert/strict";
import { test } from "node:test";
import { cleanedCsv, curl, javascript, namedColumns, r, rValue, shell } from "./workbench/code.js";
import { guess } from "./workbench/columns.js";
import { parseCsv } from "./workbench/csv.js";
import { DEFAULTS, rowsRequest } from "./workbench/request.js";

const READING = { na: true, comma: "decimal" };
const TEXT = 'arm;trust;gpt_control;gpt_treatment;note;wt\ncontrol;3,5;4;5;"x;""y""";1\ntreatment;4;NA;6;;2\n;NA;4;5;;1\n';
const made = () => {
  const table = parseCsv(TEXT);
  const uses = guess(table.header, table.columns, READING);
  return [table, uses, rowsRequest(table, uses, { ...DEFAULTS, design: "shared", control: "it's" }, READING)];
};

test("columns by name where JSON has columns", () => {
  assert.deepEqual(namedColumns(...made()), {
    layout: "table", prediction_design: "shared", arm: "arm", outcomes: { trust: "trust" },
    predictions: [{ model: "gpt", arm: "control", values: "gpt_control" }, { model: "gpt", arm: "treatment", values: "gpt_treatment" }],
    weight: "wt",
  });
});

test("the used columns as the service reads them", () => {
  const [table, uses] = made();
  assert.equal(cleanedCsv(table, uses, READING), "arm,trust,gpt_control,gpt_treatment,wt\ncontrol,3.5,4,5,1\ntreatment,4,,6,2\n,,4,5,1\n");
});

test("cells with separators and quotes are quoted", () => {
  const table = parseCsv('"a,""b""",llm\n1,2\n');
  const uses = guess(table.header, table.columns, READING);
  Object.assign(uses.get('a,"b"'), { role: "outcome" });
  assert.equal(cleanedCsv(table, uses, READING), '"a,""b""",llm\n1,2\n');
});

test("curl", () => {
  const text = curl("http://host/x/", ...made(), true);
  assert.match(text, /^curl -s http:\/\/host\/x\/v1\/calibrations \\\n/);
  assert.match(text, /Bearer \$RECTIFIER_KEY/);
  assert.match(text, /--data-binary @study\.csv/);
  assert.ok(text.includes(`'plan={"control":"it'\\''s","identification":"exchangeability"}'`));
  const [table, uses] = made();
  assert.match(curl("http://h/", table, uses, { plan: {}, data: { layout: "moments" } }, false), /application\/json' \\\n {2}--data-binary @request\.json\n$/);
});

test("R", () => {
  const text = r("http://host/", ...made(), true);
  for (const part of ['outcome = "trust"', 'prediction("gpt_control", model = "gpt", arm = "control")', 'prediction_design = "shared"', 'weight = "wt"', `plan = list(control = "it's", identification = "exchangeability")`, "moments = TRUE", 'url = "http://host"']) {
    assert.ok(text.includes(part), part);
  }
});

test("R reads long ids as words", () => {
  const reading = { na: true, comma: "" };
  const table = parseCsv("school,y,llm\n123456789012345678,1,2\n123456789012345679,2,2\n12,3,4\n");
  const uses = guess(table.header, table.columns, reading);
  for (const role of ["cluster", "stratum", "subgroup"]) {
    Object.assign(uses.get("school"), { role });
    assert.match(r("http://host/", table, uses, rowsRequest(table, uses, DEFAULTS, reading), false), /colClasses = c\(school = "character"\)/);
  }
  const short = parseCsv("school,y,llm\n11,1,2\n12,2,2\n");
  assert.doesNotMatch(r("http://host/", short, guess(short.header, short.columns, reading), rowsRequest(short, guess(short.header, short.columns, reading), DEFAULTS, reading), false), /colClasses/);
});

test("R keeps labels as they are written", () => {
  const table = parseCsv("arm,answer,llm\n01,T,T\n02,F,T\n");
  const uses = guess(table.header, table.columns, READING);
  const rows = rowsRequest(table, uses, DEFAULTS, READING);
  assert.match(r("http://host/", table, uses, rows, false), /colClasses = c\(arm = "character", answer = "character", llm = "character"\)/);
  assert.match(r("http://host/", table, uses, rows, false), /plan = list\(estimand = list\(type = "proportions"\), control = NULL\)/);
  assert.doesNotMatch(r("http://host/", ...made(), false), /colClasses|NULL/);
  const asked = parseCsv("y,llm,human\n1,2,TRUE\n2,2,FALSE\n");
  const used = guess(asked.header, asked.columns, READING);
  assert.match(r("http://host/", asked, used, rowsRequest(asked, used, DEFAULTS, READING), false), /colClasses = c\(human = "logical"\)/);
});

test("draws are numbers in every language", () => {
  const table = parseCsv("y,gpt_draw1,gpt_draw2\n1,2,3\n2,3,4\n");
  const uses = guess(table.header, table.columns, READING);
  const rows = rowsRequest(table, uses, DEFAULTS, READING);
  assert.deepEqual(namedColumns(table, uses, rows).predictions[1], { model: "gpt", draw: 2, values: "gpt_draw2" });
  assert.ok(r("http://host/", table, uses, rows, false).includes('prediction("gpt_draw2", model = "gpt", draw = 2)'));
});

test("values in R", () => {
  assert.equal(rValue({ estimand: { type: "quantile", q: [0.5] }, compare: true, "a b": null }), 'list(estimand = list(type = "quantile", q = list(0.5)), compare = TRUE, `a b` = NULL)');
  assert.equal(rValue('say "hi" \\ é'), '"say \\"hi\\" \\\\ é"');
});

test("JavaScript", () => {
  assert.match(javascript("http://host/", true), /url: "http:\/\/host", key: process\.env\.RECTIFIER_KEY/);
  assert.doesNotMatch(javascript("http://host/", false), /key/);
});

test("words of a shell", () => {
  assert.deepEqual([shell("a/b:8"), shell("a b"), shell("it's $x")], ["a/b:8", "'a b'", `'it'\\''s $x'`]);
});
