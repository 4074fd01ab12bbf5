import { typedArrayName } from "./binary.js";
import { refusal, type RectifierProblem } from "./problem.js";
import { pointer } from "./sending.js";
import { columnsOf } from "./table.js";
import type { Moments, Table } from "./wire.js";

type Place = readonly (string | number)[];
type Refused = (code: string, detail: string, hint: string, place?: Place, index?: number) => RectifierProblem;
type Rows = readonly number[];

type Arm = string | null;

const WITHOUT = ["covariates", "weight", "cluster", "stratum", "subgroup", "sampling_probability"] as const;
const WITHOUT_OF_PREDICTIONS = ["category", "draw", "fill", "population_mean", "covariate"] as const;
const SEND_ROWS = "Send rows, or leave it out.";
const EVERY_ROW = "One value per row, in the same order.";

/**
 * Counts, means and covariances (divisor n - 1) in place of the rows of a table: of the people of every arm, and of the LLM-only
 * units. Refused, with column and index, is what moments cannot say: several outcomes, words, weights, clusters, covariates,
 * missing LLM answers, people who did not answer.
 */
export function moments(data: Table): Moments {
  const refused = refusalsOf(data);
  refuseWhatNeedsRows(data, refused);
  const { prediction_design = null, predictions } = data;
  const [outcome] = Object.keys(data.outcomes) as [string];
  const answers = numbers(data.outcomes[outcome], ["outcomes", outcome], refused);
  const predicted = (predictions ?? []).map(({ values }, i) => complete(values, answers.length, ["predictions", i, "values"], refused));
  const arm = arms(data, answers.length, refused);
  const [people, others] = parted(data, answers, ["outcomes", outcome], refused);
  const nameless = (code: string, hint: string) => (row: number) => refused(code, "There is no arm.", hint, ["arm"], row);
  const groups = byArm(people, arm, nameless("missing_arm", "Every person has one."));
  const personas = nameless("llm_only_arm", 'Every LLM-only unit has one, unless predictions are "shared".');
  const shared = prediction_design === "shared";
  if (shared && arm) refuseArmsOf(others, arm, refused);
  const pools = byArm(others, shared ? null : arm, personas);
  const first = [...new Set(Array.from(arm ?? []))];
  groups.sort(([one], [other]) => first.indexOf(one) - first.indexOf(other));
  return {
    layout: "moments",
    prediction_design,
    predictions: (predictions ?? []).map(({ model = null, arm = null }) => ({ model, arm })),
    arms: groups.map(([name, rows]) => ({ name: name ?? "all", ...summed([answers, ...predicted], rows, refused) })),
    llm_only: predicted.length ? pools.map(([name, rows]) => ({ arm: name, ...summed(predicted, rows, refused) })) : null,
  };
}

function refusalsOf(data: Table): Refused {
  const columns = columnsOf({ data });
  return (code, detail, hint, place, index) => {
    if (!place) return refusal(code, detail, hint);
    const column = columns.get(pointer(["data", ...place]));
    const row = index === undefined ? {} : { index };
    return refusal(code, detail, hint, { pointer: pointer(["data", ...place, ...Object.values(row)]), ...(column !== undefined && { column }), ...row });
  };
}

function refuseWhatNeedsRows(data: Table, refused: Refused): void {
  for (const name of WITHOUT) {
    if (Object.keys(data[name] ?? {}).length) throw refused("unsupported_combination", `Moments have no place for ${name}.`, SEND_ROWS, [name]);
  }
  if (Object.keys(data.outcomes).length !== 1) throw refused("unsupported_combination", "Moments are of one outcome.", "Ask once for each, or send rows.");
  for (const [i, prediction] of (data.predictions ?? []).entries()) {
    const said = WITHOUT_OF_PREDICTIONS.find((name) => (prediction[name] ?? null) !== null);
    if (said) throw refused("unsupported_combination", `Moments have no place for a prediction's ${said}.`, SEND_ROWS, ["predictions", i, "values"]);
  }
}

/** A column of numbers; NaN where one is missing. */
function numbers(column: unknown, place: Place, refused: Refused): Float64Array {
  return Float64Array.from(list(column, place, refused), (value, row) => {
    if (value === null || typeof value === "number") return value ?? NaN;
    const what = typeof value === "string" ? "text" : typeof value === "boolean" ? "true or false" : "something else";
    throw refused("not_numeric", `There is ${what} where moments need a number.`, "null marks a missing value; shares of categories need rows.", place, row);
  });
}

function complete(column: unknown, rows: number, place: Place, refused: Refused): Float64Array {
  const values = numbers(column, place, refused);
  if (values.length !== rows) throw refused("length_mismatch", `${values.length} values, ${rows} answers.`, EVERY_ROW, place);
  const row = values.findIndex(Number.isNaN);
  if (row >= 0) throw refused("missing_prediction", "An LLM answer is missing.", "Moments cannot say who refused: send rows, or leave this one out.", place, row);
  return values;
}

function arms(data: Table, rows: number, refused: Refused): ArrayLike<Arm> | null {
  if (!data.arm) return null;
  const values = list(data.arm, ["arm"], refused) as ArrayLike<Arm>;
  if (values.length !== rows) throw refused("length_mismatch", `${values.length} values, ${rows} answers.`, EVERY_ROW, ["arm"]);
  return values;
}

function list(column: unknown, place: Place, refused: Refused): ArrayLike<unknown> {
  if (Array.isArray(column) || typedArrayName(column) !== null) return column as ArrayLike<unknown>;
  throw refused("not_a_column", "Moments are made of lists and typed arrays.", "The values as they are, not categorical(): none of them is sent.", place);
}

function refuseArmsOf(others: Rows, arm: ArrayLike<Arm>, refused: Refused): void {
  const row = others.find((row) => arm[row] !== null);
  if (row !== undefined) throw refused("llm_only_arm", "An LLM-only unit has an arm.", "With shared predictions it has none; a person who was asked and did not answer is none: leave the row out.", ["arm"], row);
}

function refuseRepeated(unit: unknown, refused: Refused): void {
  const seen = new Set<unknown>();
  for (const [row, name] of Array.from(list(unit, ["unit"], refused)).entries()) {
    if (seen.has(name)) throw refused("duplicate_unit", "A unit stands twice.", "One row per unit.", ["unit"], row);
    seen.add(name);
  }
}

/** The rows of people and of LLM-only units. */
function parted({ human, unit }: Table, answers: Float64Array, place: Place, refused: Refused): [Rows, Rows] {
  if (unit) refuseRepeated(unit, refused);
  if (human && (!Array.isArray(human) || Array.from(human).some((value) => typeof value !== "boolean"))) throw refused("not_logical", "A list of true and false says who is human.", "One for each row.", ["human"]);
  if (human && human.length !== answers.length) throw refused("length_mismatch", `${human.length} values, ${answers.length} answers.`, EVERY_ROW, ["human"]);
  const people: number[] = [];
  const others: number[] = [];
  answers.forEach((answer, row) => {
    const missing = Number.isNaN(answer);
    if (human?.[row] && missing) throw refused("missing_human_answer", "A person was asked and did not answer.", "Leave such rows out, as missing: drop_unit does with rows that are sent.", place, row);
    if (human?.[row] === false && !missing) throw refused("human_answer_ignored", "A row that is not human has an answer.", "Leave the answer out: it says nothing of people. Of rows that are sent it is not used.", place, row);
    ((human?.[row] ?? !missing) ? people : others).push(row);
  });
  return [people, others];
}

/** Rows by arm, in order of first appearance; all in one where there are no arms. */
function byArm(rows: Rows, arm: ArrayLike<Arm> | null, nameless: (row: number) => RectifierProblem): [Arm, Rows][] {
  const found = new Map<Arm, number[]>();
  for (const row of rows) {
    const name = arm && arm[row]!;
    if (arm && (name === null || name === undefined)) throw nameless(row);
    const known = found.get(name);
    if (known) known.push(row);
    else found.set(name, [row]);
  }
  return [...found];
}

/** Two passes: means first, so that large answers lose no digits. */
function summed(columns: readonly Float64Array[], rows: Rows, refused: Refused): { n: number; mean: number[]; covariance: number[][] } {
  const n = rows.length;
  if (n < 2) throw refused("too_few_humans", "One row has no covariance.", "Two rows of every kind at least, and more: few can be told from their moments.");
  const mean = columns.map((column) => rows.reduce((sum, row) => sum + column[row]!, 0) / n);
  const centred = columns.map((column, i) => Float64Array.from(rows, (row) => column[row]! - mean[i]!));
  const covariance = centred.map((one) => centred.map((other) => one.reduce((sum, value, k) => sum + value * other[k]!, 0) / (n - 1)));
  return { n, mean, covariance };
}
