import assert from "node:assert/strict";
import { test } from "node:test";
import { alike, controlAmong, described, wordsOf } from "./workbench/names.js";

test("words of a name", () => {
  assert.deepEqual(wordsOf("LLMAnswer_gpt4.treatmentA"), ["llmanswer", "gpt4", "treatment", "a"]);
  assert.deepEqual(wordsOf("trustGpt"), ["trust", "gpt"]);
});

test("what a prediction is, by its name", () => {
  const said = (name, outcomes, arms) => Object.values(described(name, outcomes, arms));
  assert.deepEqual(said("trust_gpt_treatment", ["trust", "liking"], ["control", "treatment"]), ["gpt", "treatment", "trust", ""]);
  assert.deepEqual(said("pred", ["trust", "liking"], []), ["llm", "", "trust", ""]);
  assert.deepEqual(said("gpt_letter_b", ["y"], ["letter", "letter b"]), ["gpt", "letter b", "", ""]);
});

test("draws are those that say so: gpt_4 and gpt_5 are two models", () => {
  const said = (name) => [described(name, ["y"], []).model, described(name, ["y"], []).draw];
  assert.deepEqual(["gpt_draw1", "run 12 gpt", "gpt_4", "rerun5"].map(said), [["gpt", "1"], ["gpt", "12"], ["gpt-4", ""], ["rerun5", ""]]);
});

test("the control arm: the one called so, else the first of the names", () => {
  assert.equal(controlAmong(["treatment", "Control group"]), "Control group");
  assert.equal(controlAmong(["Brief", "Kontrollgruppe"]), "Kontrollgruppe");
  assert.equal(controlAmong(["1", "0"]), "0");
  assert.equal(controlAmong(["letter", "No letter"]), "No letter");
  assert.equal(controlAmong(["letter", "email"]), "email");
  assert.equal(controlAmong(["10", "9"]), "9");
});

test("names that differ in capitals and blanks only", () => {
  assert.deepEqual(alike(["treatment", "Control", "control "]), ["Control", "control "]);
  assert.deepEqual(alike(["no  letter", "No letter", "letter"]), ["no  letter", "No letter"]);
  assert.equal(alike(["letter", "letters", "let ter"]), null);
  assert.equal(alike([]), null);
});
