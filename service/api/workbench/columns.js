// Which column is what: a guess from names and contents that the person sees and can change.

import { AS_WRITTEN, profile, trimmed } from "./cells.js";
import { contains, described, wordsOf } from "./names.js";

/** What a column can be, in the order offered. */
export const ROLES = [
  { value: "ignore", name: "not used" },
  { value: "outcome", name: "outcome (human answer)" },
  { value: "arm", name: "arm (condition)" },
  { value: "prediction", name: "LLM answer" },
  { value: "covariate", name: "covariate" },
  { value: "weight", name: "survey weight" },
  { value: "cluster", name: "cluster (person, school, …)" },
  { value: "stratum", name: "stratum (block)" },
  { value: "subgroup", name: "subgroup" },
  { value: "sampling_probability", name: "sampling probability" },
  { value: "human", name: "asked of a human (true/false)" },
];
/** Roles that one column at most can have. */
const NUMBER = /^\d+$/;
export const ONCE = ["arm", "weight", "cluster", "stratum", "subgroup", "sampling_probability", "human"];

const WORDS = {
  arm: ["arm", "condition", "treatment", "treat", "treated", "group", "assignment", "variant", "cell", "cond"],
  prediction: ["llm", "ai", "gpt", "gpt3", "gpt4", "gpt4o", "gpt5", "claude", "gemini", "llama", "mistral", "mixtral", "qwen", "deepseek", "grok", "phi", "gemma", "command", "pred", "predicted", "prediction", "persona", "twin", "synthetic", "simulated", "silicon", "model", "opus", "sonnet", "haiku"],
  weight: ["weight", "weights", "wt", "wgt", "pweight", "pw"],
  cluster: ["cluster", "respondent", "person", "participant", "pid", "subject", "school", "class", "village", "household", "unit", "id", "responseid", "worker", "prolific"],
  stratum: ["stratum", "strata", "block"],
  subgroup: ["subgroup", "segment"],
  sampling_probability: ["pi", "probability", "inclusion"],
  human: ["human", "ishuman", "asked"],
  covariate: ["age", "sex", "gender", "education", "educ", "income", "ideology", "party", "partyid", "region", "race", "ethnicity", "ethnic", "urban", "employment", "religion"],
  outcome: ["outcome", "y", "answer", "response", "rating", "score", "dv", "trust", "support", "attitude", "satisfaction", "intention", "vote"],
};
/** Words of columns beside LLM answers that are none: a reason, a price, the prompt. */
const BESIDE = ["id", "reason", "reasons", "rationale", "explanation", "prompt", "raw", "tokens", "cost", "price", "latency", "temperature", "seed", "time", "timestamp", "version", "confidence"];
const GROUP_WORDS = ["group", "cell", "treatment", "treat", "treated"];
const MOST_ARMS = 12;

/**
 * The guessed use of every column: name -> {role, model, arm, outcome, category, draw, told, profile}, in the order of the header.
 * `told` are the fields the person has said; the others are guessed anew when roles change.
 */
export function guess(header, columns, reading = AS_WRITTEN) {
  const found = new Map(header.map((name) => [name, { role: "ignore", model: "", arm: "", outcome: "", category: "", draw: "", told: [], profile: profile(columns.get(name), reading) }]));
  const arm = guessedArm(header, found);
  if (arm) found.get(arm).role = "arm";
  for (const role of ["weight", "sampling_probability", "human", "stratum", "subgroup"]) one(header, found, role);
  for (const name of header) if (free(found, name) && isPrediction(name, found.get(name).profile)) found.get(name).role = "prediction";
  guessOutcomes(header, found);
  withoutWords(header, found);
  guessCluster(header, found, columns, reading);
  for (const name of header) if (free(found, name) && isCovariate(name, found.get(name).profile)) found.get(name).role = "covariate";
  describePredictions(header, found, armsOf(found, arm));
  return found;
}

/** The arms that the column of that role names, in order of appearance. */
export function armsOf(uses, name = [...uses.keys()].find((key) => uses.get(key).role === "arm")) {
  return name ? uses.get(name).profile.levels : [];
}

/** Predictions that name a condition are twins: everybody was asked under several. */
export function designOf(uses) {
  return [...uses.values()].some((use) => use.role === "prediction" && use.arm) ? "shared" : "independent";
}

/**
 * Model, arm, outcome and draw of every prediction from its name, where the person has not said them. A number is an arm only where the
 * model has a column for every arm: gpt_4 alone is a version.
 */
export function describePredictions(header, uses, arms = armsOf(uses)) {
  const outcomes = header.filter((name) => uses.get(name).role === "outcome");
  const predictions = header.filter((name) => uses.get(name).role === "prediction");
  const named = new Map(predictions.map((name) => [name, described(name, outcomes, arms)]));
  const alike = (one, other) => ["model", "outcome", "draw"].every((field) => one[field] === other[field]);
  const whole = (found) => arms.every((arm) => [...named.values()].some((other) => other.arm === arm && alike(found, other)));
  for (const [name, said] of named) {
    const words = arms.filter((arm) => !NUMBER.test(arm));
    const found = NUMBER.test(said.arm) && !whole(said) ? described(name, outcomes, words) : said;
    const use = uses.get(name);
    for (const field of Object.keys(found)) if (!use.told.includes(field)) use[field] = found[field];
  }
}

function guessedArm(header, found) {
  const able = (name) => {
    const { kind, distinct, missing, count } = found.get(name).profile;
    return kind !== "empty" && distinct >= 2 && distinct <= MOST_ARMS && missing < count;
  };
  const named = header.filter((name) => able(name) && wordsOf(name).some((word) => WORDS.arm.includes(word)) && !says(name, "prediction") && !says(name, "covariate"));
  const others = (name) => header.filter((other) => other !== name).map(wordsOf);
  const divides = (name) => found.get(name).profile.levels.filter((level) => Number.isNaN(Number(level)) && others(name).some((words) => contains(words, wordsOf(level)))).length > 1;
  return named.find((name) => !wordsOf(name).some((word) => GROUP_WORDS.includes(word))) ?? named[0] ?? header.find((name) => able(name) && divides(name));
}

function guessOutcomes(header, found) {
  const predictions = header.filter((name) => found.get(name).role === "prediction").map(wordsOf);
  const able = header.filter((name) => free(found, name) && isAnswer(found.get(name).profile) && found.get(name).profile.distinct > 1);
  const rules = [
    (name) => predictions.some((words) => words.length > wordsOf(name).length && contains(words, wordsOf(name))),
    (name) => says(name, "outcome") && !says(name, "covariate"),
    (name) => found.get(name).profile.missing > 0 && found.get(name).profile.kind === "numbers" && !says(name, "covariate"),
    (name) => found.get(name).profile.kind === "numbers" && !says(name, "covariate") && !says(name, "cluster"),
  ];
  for (const rule of rules) {
    const named = able.filter(rule);
    if (named.length === 0) continue;
    for (const name of rule === rules[0] ? named : named.slice(0, 1)) found.get(name).role = "outcome";
    return;
  }
}

/** Numbers that begin anew where only an LLM was asked tell nobody apart: a cluster is of humans or of personas several times. */
function guessCluster(header, found, columns, reading) {
  const outcomes = header.filter((name) => found.get(name).role === "outcome").map((name) => columns.get(name));
  const answered = (row) => outcomes.some((cells) => trimmed(cells[row], reading) !== "");
  const repeated = (name) => {
    const { distinct, count, missing } = found.get(name).profile;
    return missing === 0 && distinct >= 2 && new Set(columns.get(name).map((cell, row) => `${answered(row)} ${trimmed(cell, reading)}`)).size < count;
  };
  const name = header.find((each) => free(found, each) && says(each, "cluster") && repeated(each));
  if (name) found.get(name).role = "cluster";
}

function one(header, found, role) {
  const name = header.find((each) => free(found, each) && says(each, role) && found.get(each).profile.kind !== "empty");
  if (name && fits(role, found.get(name).profile)) found.get(name).role = role;
}

/** A weight of 0 or less is one that the service refuses: left out in silence it would be a study without weights. */
function fits(role, { kind, min, max, distinct }) {
  if (role === "weight") return kind === "numbers";
  if (role === "sampling_probability") return kind === "numbers" && min > 0 && max <= 1;
  if (role === "human") return distinct === 2;
  return distinct >= 2;
}

function isPrediction(name, column) {
  return isAnswer(column) && says(name, "prediction") && !wordsOf(name).some((word) => BESIDE.includes(word));
}

/** Answers are numbers, or one of a few words; a reason or a name is none. */
function isAnswer(column) {
  return column.kind !== "empty" && (isNumbers(column) || column.distinct <= MOST_ARMS);
}

/** Whether most cells are numbers, or will be once it is said what a comma is. */
function isNumbers({ count, missing, texts, commas }) {
  return texts - commas < (count - missing) / 2;
}

/** A column of words that no human said is no LLM answer. */
function withoutWords(header, found) {
  const said = new Set(header.filter((name) => found.get(name).role === "outcome").flatMap((name) => found.get(name).profile.levels));
  for (const name of header) {
    const { role, profile: column } = found.get(name);
    if (role === "prediction" && said.size > 0 && !isNumbers(column) && !column.levels.some((level) => said.has(level))) found.get(name).role = "ignore";
  }
}

function isCovariate(name, { kind, missing, distinct }) {
  return says(name, "covariate") && missing === 0 && distinct > 1 && (kind === "numbers" || distinct <= MOST_ARMS);
}

function says(name, role) {
  return wordsOf(name).some((word) => WORDS[role].includes(word) || (role === "prediction" && /^(gpt|claude|gemini|llama|llm|qwen)\d/.test(word)));
}

function free(found, name) {
  return found.get(name).role === "ignore";
}
