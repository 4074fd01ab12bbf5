import { wireColumn, type Column, type Role, type Value } from "./column.js";
import { refusal } from "./problem.js";
import { pointer } from "./sending.js";
import type { PredictionColumn, Table } from "./wire.js";

export type Columns = { readonly [name: string]: Column };
export type Rows = readonly { readonly [name: string]: Value }[];
/** Rows of a type that the caller has, an interface too: all its values are those of a column. */
export type RowsOf<R> = readonly { readonly [K in keyof R]: R[K] extends Value ? R[K] : Value }[];

/** A column of LLM answers, and what they are answers to. */
export interface Prediction extends Omit<PredictionColumn, "values"> {
  readonly column: string;
}

/**
 * One column (`"gpt"`), several whose names are the models' (`["gpt", "small"]`), models with their column or, for twins,
 * with one per arm (`{ gpt: { control: "gpt_control", treatment: "gpt_treatment" } }`), or a list with `prediction()`.
 */
export type Predictions =
  | string
  | readonly (string | Prediction)[]
  | { readonly [model: string]: string | { readonly [arm: string]: string } };

/** Which column is what; only `outcome` is required. */
export interface Roles {
  outcome: string | readonly string[];
  predictions?: Predictions | undefined;
  arm?: string | undefined;
  /** shared: the LLM answered for every person under every condition; independent: under the person's own. */
  prediction_design?: "shared" | "independent" | undefined;
  covariates?: string | readonly string[] | undefined;
  weight?: string | undefined;
  cluster?: string | undefined;
  stratum?: string | undefined;
  subgroup?: string | undefined;
  unit?: string | undefined;
  human?: string | undefined;
  sampling_probability?: string | undefined;
}

const SINGLE: readonly [keyof Roles & keyof Table, Role][] = [
  ["arm", "label"],
  ["weight", "number"],
  ["cluster", "group"],
  ["stratum", "group"],
  ["subgroup", "group"],
  ["unit", "unit"],
  ["human", "flag"],
  ["sampling_probability", "number"],
];
const KNOWN = ["outcome", "predictions", "prediction_design", "covariates", ...SINGLE.map(([name]) => name)];

const sources = new WeakMap<object, ReadonlyMap<string, string>>();

/** A prediction with more to say of it than a name: model, arm, outcome, category, draw, fill, population_mean, covariate. */
export function prediction(column: string, said: Omit<Prediction, "column"> = {}): Prediction {
  return { column, ...said };
}

/**
 * The `data` of a request from columns, or from rows of objects, by the names of columns. Twins (predictions that name an arm)
 * are `shared`; with arms and other predictions, say `prediction_design`.
 */
export function table<R extends object>(given: Columns | RowsOf<R>, roles: Roles): Table;
export function table(given: Columns | Rows, roles: Roles): Table {
  if (Array.isArray(given)) refuseNoRows(given as readonly unknown[]);
  for (const name of Object.keys(roles)) if (!KNOWN.includes(name)) throw unknownRole(name);
  if (roles.outcome === undefined || roles.outcome === null) throw refusal("not_a_name", "outcome names no column.", 'The column of what people answered, for example { outcome: "trust" }.');
  const from = new Map<string, string>();
  const take = (name: string, role: Role, ...place: (string | number)[]): unknown => {
    from.set(pointer(place), name);
    return wireColumn(found(given, name, place[0] === "outcomes" ? "outcome" : String(place[0])), role, name);
  };
  const predictions = listed(roles.predictions).map(({ column, ...said }, i) => ({
    ...said,
    values: take(column, "answer", "predictions", i, "values"),
  }));
  const shared = predictions.some((each) => each.arm !== undefined && each.arm !== null);
  const made: Record<string, unknown> = { layout: "table", prediction_design: roles.prediction_design ?? (shared ? "shared" : undefined) };
  for (const [name, role] of SINGLE) if (roles[name] !== undefined && roles[name] !== null) made[name] = take(roles[name] as string, role, name);
  made["outcomes"] = Object.fromEntries(names(roles.outcome).map((name) => [name, take(name, "answer", "outcomes", name)]));
  if (roles.predictions !== undefined && roles.predictions !== null) made["predictions"] = predictions;
  if (roles.covariates !== undefined && roles.covariates !== null) {
    made["covariates"] = Object.fromEntries(names(roles.covariates).map((name) => [name, take(name, "answer", "covariates", name)]));
  }
  sources.set(made, from);
  return made as unknown as Table;
}

/** Of a body's tables: the columns that they were made from, by their pointers in the body. */
export function columnsOf(body: unknown): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const place of [["data"], ["basis", "data"]]) {
    const data = place.reduce<unknown>((value, name) => (value as Record<string, unknown> | null | undefined)?.[name], body);
    const from = typeof data === "object" && data !== null ? sources.get(data) : undefined;
    for (const [at, name] of from ?? []) found.set(pointer(place) + at, name);
  }
  return found;
}

function listed(given: Predictions | undefined): readonly Prediction[] {
  if (given === undefined || given === null) return [];
  if (typeof given === "string") return [{ column: given }];
  if (isList(given)) return given.map((each) => (typeof each === "string" ? { column: each, model: each } : each));
  return Object.entries(given).flatMap(([model, columns]) => {
    if (typeof columns !== "string" && (typeof columns !== "object" || columns === null || Array.isArray(columns))) {
      throw refusal("not_a_name", `predictions: ${model} has neither a column nor one for each arm.`, 'For example { gpt: "gpt_answer" } or { gpt: { control: "gpt_control" } }; of several draws prediction(column, { model, draw }).');
    }
    return typeof columns === "string"
      ? [{ column: columns, model }]
      : Object.entries(columns).map(([arm, column]): Prediction => ({ column, model, arm }));
  });
}

function isList(given: Exclude<Predictions, string>): given is readonly (string | Prediction)[] {
  return Array.isArray(given);
}

function names(given: string | readonly string[]): readonly string[] {
  return typeof given === "string" ? [given] : given;
}

function found(given: Columns | Rows, name: string, role: string): Column {
  if (typeof name !== "string") throw refusal("not_a_name", `${role} must be the name of a column.`, 'For example "trust".');
  if (Array.isArray(given)) {
    const rows = given as Rows;
    if (rows.some((row) => Object.hasOwn(row, name))) return rows.map((row) => (Object.hasOwn(row, name) ? row[name] : undefined));
    throw noSuchColumn(name, role, [...new Set(rows.flatMap((row) => Object.keys(row)))]);
  }
  const columns = given as Columns;
  if (Object.hasOwn(columns, name)) return columns[name]!;
  throw noSuchColumn(name, role, Object.keys(columns));
}

function refuseNoRows(given: readonly unknown[]): void {
  const index = given.findIndex((row) => typeof row !== "object" || row === null);
  if (index >= 0) throw refusal("not_a_row", `Row ${index} is no object.`, "Rows are objects: { trust: 4, arm: \"control\" }.", { index });
}

function noSuchColumn(name: string, role: string, known: readonly string[]): Error {
  const alike = known.filter((each) => each.trim().toLowerCase() === name.trim().toLowerCase());
  const hint = alike.length ? `Did you mean "${alike[0]}"?` : `Columns: ${known.slice(0, 20).join(", ")}${known.length > 20 ? ", .." : ""}.`;
  return refusal("no_such_column", `${role}: there is no column "${name}".`, hint);
}

function unknownRole(name: string): Error {
  return refusal("unknown_field", `"${name}" is nothing that a column can be.`, `Known: ${KNOWN.join(", ")}.`);
}
