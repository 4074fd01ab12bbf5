import assert from "node:assert/strict";
import { test } from "node:test";
import { armsOf, describePredictions, designOf, guess } from "./workbench/columns.js";
import { parseCsv } from "./workbench/csv.js";

const guessed = (text) => {
  const table = parseCsv(text);
  return guess(table.header, table.columns);
};
const roles = (text) => Object.fromEntries([...guessed(text)].map(([name, use]) => [name, use.role]));

test("twins: conditions in the names of the LLM's columns", () => {
  const uses = guessed("arm,trust,gpt_control,gpt_treatment\ncontrol,3,4,5\ntreatment,4,3,6\n,,4,5\n");
  assert.deepEqual([...uses.values()].map(({ role }) => role), ["arm", "outcome", "prediction", "prediction"]);
  assert.deepEqual([...uses.values()].map(({ model, arm }) => [model, arm]).slice(2), [["gpt", "control"], ["gpt", "treatment"]]);
  assert.deepEqual(armsOf(uses), ["control", "treatment"]);
});

test("one population, two models, a covariate, a weight", () => {
  assert.deepEqual(roles("age,satisfaction,gpt4,claude_answer,weight\n30,5,6,5,1\n40,6,6,7,.5\n50,,6,4,2\n"), {
    age: "covariate", satisfaction: "outcome", gpt4: "prediction", claude_answer: "prediction", weight: "weight",
  });
});

test("a weight of 0 is a weight, which the service refuses, a column of words none", () => {
  assert.equal(roles("weight,y,llm\n0,1,2\n1.5,2,2\n-1,,1\n").weight, "weight");
  assert.equal(roles("weight,y,llm\nlow,1,2\nhigh,2,2\nlow,,1\n").weight, "ignore");
});

test("outcomes that predictions are named after", () => {
  const uses = guessed("cond,trust,liking,trust_llm,liking_llm\n0,1,2,3,4\n1,2,3,4,5\n0,4,4,4,3\n");
  assert.deepEqual([...uses.values()].map(({ role }) => role), ["arm", "outcome", "outcome", "prediction", "prediction"]);
  assert.deepEqual([...uses.values()].map(({ outcome, model }) => [outcome, model]).slice(3), [["trust", "llm"], ["liking", "llm"]]);
});

test("an unnamed outcome is the column of numbers with gaps", () => {
  assert.equal(roles("q7,age,gpt\n1,30,2\n2,40,2\n,50,3\n").q7, "outcome");
});

test("people who answer several times are clusters, an id of every row is not", () => {
  assert.equal(roles("person,y,llm\na,1,2\na,2,2\nb,3,1\n").person, "cluster");
  assert.equal(roles("person,y,llm\na,1,2\nb,2,2\nc,3,1\n").person, "ignore");
});

test("personas numbered from 1 like the humans are no clusters, personas asked twice are", () => {
  const rows = (personas) => [...[1, 2, 3].map((i) => `${i},${i},2`), ...personas.map((i) => `${i},,3`)];
  const role = (personas) => roles(`persona_id,y,llm\n${rows(personas).join("\n")}\n`).persona_id;
  assert.deepEqual([role([4, 5, 6]), role([1, 2, 3]), role([1, 1, 2])], ["ignore", "ignore", "cluster"]);
});

test("covariates that have gaps, and columns nobody knows, are not used", () => {
  const found = roles("age,y,llm,started_at\n30,1,2,x\n,2,2,y\n50,3,1,z\n");
  assert.deepEqual([found.age, found.started_at], ["ignore", "ignore"]);
});

test("what the person has said stays", () => {
  const uses = guessed("y,llm,other\n1,2,3\n2,3,4\n");
  Object.assign(uses.get("other"), { role: "prediction" });
  Object.assign(uses.get("llm"), { model: "mine", told: ["model"] });
  describePredictions(["y", "llm", "other"], uses);
  assert.deepEqual([uses.get("llm").model, uses.get("other").model], ["mine", "other"]);
});

test("a column whose words stand in the names of others is the arm, whatever it is called", () => {
  const found = roles("Bedingung,Note,Twin Brief,Twin Kontrolle\nBrief,1,2,3\nKontrolle,2,3,4\n,,3,4\n");
  assert.deepEqual(found, { Bedingung: "arm", Note: "outcome", "Twin Brief": "prediction", "Twin Kontrolle": "prediction" });
  assert.equal(roles("wave,y,gpt 1,gpt 2\n1,2,3,4\n2,3,3,4\n").wave, "ignore");
});

test("an arm that is said later divides the names of the LLM's columns", () => {
  const uses = guessed("version,y,gpt_short,gpt_long\nshort,1,2,3\nlong,2,3,4\nshort,3,3,3\n");
  uses.get("version").role = "ignore";
  describePredictions([...uses.keys()], uses);
  assert.deepEqual([uses.get("gpt_short").model, designOf(uses)], ["gpt-short", "independent"]);
  uses.get("version").role = "arm";
  describePredictions([...uses.keys()], uses);
  assert.deepEqual(["gpt_short", "gpt_long"].map((name) => [uses.get(name).model, uses.get(name).arm]), [["gpt", "short"], ["gpt", "long"]]);
  assert.equal(designOf(uses), "shared");
});

test("of two arms whose names begin alike the longer is meant", () => {
  const uses = guessed("arm,y,gpt_letter,gpt_letter_b\nletter,1,2,3\nletter b,2,3,4\n");
  assert.deepEqual(["gpt_letter", "gpt_letter_b"].map((name) => uses.get(name).arm), ["letter", "letter b"]);
});

test("what stands beside an answer of an LLM is none", () => {
  const reasons = Array.from({ length: 20 }, (_, i) => `${i % 5},${i % 4},because of ${i},gpt-4o,${900 + i},word ${i % 3}`);
  const found = roles(`trust,llm,llm_reason,model,llm_tokens,ai_label\n${reasons.join("\n")}\n`);
  assert.deepEqual(found, { trust: "outcome", llm: "prediction", llm_reason: "ignore", model: "ignore", llm_tokens: "ignore", ai_label: "ignore" });
});

test("an LLM that says the same to everybody has answered all the same", () => {
  assert.deepEqual(roles("vote,llm,model\nyes,yes,gpt-4o\nno,yes,gpt-4o\n"), { vote: "outcome", llm: "prediction", model: "ignore" });
});

test("an id is no outcome, an age group no condition", () => {
  const rows = Array.from({ length: 20 }, (_, i) => `R_${i},${i % 3},${i % 5},${i % 4}`);
  assert.deepEqual(roles(`ResponseId,age_group,trust,llm\n${rows.join("\n")}\n`), { ResponseId: "ignore", age_group: "covariate", trust: "outcome", llm: "prediction" });
});

test("decimal commas that nobody has explained do not hide a column", () => {
  const rows = Array.from({ length: 20 }, (_, i) => `${i};${i},25`);
  assert.deepEqual(roles(`trust;llm\n${rows.join("\n")}\n`), { trust: "outcome", llm: "prediction" });
});

test("a number in the name of a column is an arm only where the model has a column for every arm", () => {
  const arms = (text) => [...guessed(text).values()].filter(({ role }) => role === "prediction").map(({ model, arm }) => [model, arm]);
  assert.deepEqual(arms("arm,trust,gpt_1\n1,3,4\n2,4,3\n"), [["gpt-1", ""]]);
  assert.deepEqual(arms("arm,trust,gpt_4,claude_3\n3,3,4,4\n4,4,3,3\n"), [["gpt-4", ""], ["claude-3", ""]]);
  assert.deepEqual(arms("arm,trust,gpt_1,gpt_2\n1,3,4,4\n2,4,3,3\n"), [["gpt", "1"], ["gpt", "2"]]);
  assert.equal(designOf(guessed("arm,trust,gpt_1\n1,3,4\n2,4,3\n")), "independent");
});
