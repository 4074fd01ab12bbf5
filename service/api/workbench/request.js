// From columns and what the person said of them to the body of POST /v1/calibrations, and back from a problem's pointer
// to the column and row it is about.

import { names, numbers, numbersOrIds, truths } from "./cells.js";
import { commaObstacles, percentObstacles } from "./doubtful.js";
import { obstacles, momentsOf } from "./moments.js";
import { noneObstacles } from "./nones.js";
import { unanswered } from "./unanswered.js";

/** What is asked for when nothing is said. */
export const DEFAULTS = Object.freeze({
  design: "independent",
  designSaid: false,
  pool: true,
  estimand: "auto",
  quantiles: "0.5",
  control: null,
  level: 0.95,
  alternative: "two_sided",
  margin: "",
  multiplicity: "none",
  missing: "error",
  unanswered: "",
  extra: "",
  local: false,
});
const LABELS = { weight: numbers, sampling_probability: numbers, cluster: numbersOrIds, stratum: numbersOrIds, subgroup: numbersOrIds, human: truths };

/** Problems that must be solved before anything is sent: [{code, message, column?, field?}]. */
export function obstaclesBefore(table, uses, settings, reading) {
  const found = [];
  const used = table.header.filter((name) => uses.get(name).role !== "ignore");
  if (!used.some((name) => uses.get(name).role === "outcome")) {
    found.push({ code: "no_outcome", field: "columns", message: "Say which column is the outcome: the answer of the humans, empty where only an LLM was asked." });
  }
  found.push(...commaObstacles(used, table, reading), ...percentObstacles(used, uses));
  found.push(...noneObstacles(used, table, reading));
  found.push(...unansweredObstacles(table, uses, settings, reading));
  for (const name of used) {
    if (uses.get(name).role === "prediction" && !/^\d*$/.test(uses.get(name).draw)) found.push({ code: "draw", column: name, message: `The draw of “${name}” is a whole number, or nothing where the model was asked once.` });
  }
  for (const name of twice(used, uses)) found.push({ code: "role_twice", column: name, message: `Only one column can be ${uses.get(name).role.replace("_", " ")}.` });
  const asked = settings.estimand === "quantile" ? quantilesOf(settings.quantiles) : [0.5];
  if (asked.length === 0 || !asked.every((q) => q > 0 && q < 1)) {
    found.push({ code: "quantiles", field: "quantiles", message: "Quantiles are numbers between 0 and 1 with a decimal point, such as 0.25 0.5 0.75." });
  }
  const extra = extraPlan(settings.extra);
  if (extra.plan.estimator !== "human_only" && !used.some((name) => uses.get(name).role === "prediction")) {
    found.push({ code: "no_prediction", field: "columns", message: "Say which column is an LLM answer. For the humans alone, write {\"estimator\": \"human_only\"} under “More settings”." });
  }
  if (extra.problem) found.push({ code: "malformed_json", field: "extra", message: extra.problem });
  return found;
}

/** Who did not answer is said, and can be dealt with in what is sent. */
function unansweredObstacles(table, uses, settings, reading) {
  const needsRows = settings.local && settings.unanswered === "response_propensity";
  if ((settings.unanswered !== "" && !needsRows) || unanswered(table, uses, settings, reading).length === 0) return [];
  const message = needsRows ? "Weighting for people who did not answer needs rows. Choose “left out” for them, or untick “Keep rows on my machine”." : "Some rows have an arm and no answer. Say who they are.";
  return [{ code: "unanswered", field: "unanswered", message }];
}

/** {plan, data} with rows; call it only when nothing stands before it. */
export function rowsRequest(table, uses, settings, reading) {
  return { plan: planOf(table, uses, settings), data: tableOf(table, uses, settings, reading) };
}

/** The request as it is sent: with rows, or with their moments when they are to stay here. {body, problems} */
export function requestOf(table, uses, settings, reading) {
  const body = rowsRequest(table, uses, settings, reading);
  if (!settings.local) return { body, problems: [] };
  const problems = [...ofRows(body.plan), ...obstacles(body.data)].map((each) => ({ code: "moments", field: "local", ...each }));
  return problems.length > 0 ? { body: null, problems } : { body: { plan: body.plan, data: momentsOf(body.data) }, problems };
}

/** Estimands that means and covariances do not tell. */
function ofRows({ estimand }) {
  if ([undefined, "mean", "mean_difference"].includes(estimand?.type)) return [];
  return [{ message: `Means and covariances do not tell ${estimand.type === "quantile" ? "quantiles" : estimand.type}: untick “Keep rows on my machine”, or choose “average”.` }];
}

/** Parts of an answer with the outcome's own name, which moments do not carry; for showing only. */
export function outcomeNamed(parts, request, rows) {
  if (request.data.layout !== "moments") return parts;
  const [outcome] = Object.keys(rows.data.outcomes);
  return parts.map((part) => (part.outcome === null ? part : { ...part, outcome }));
}

/** The layout `table`: one entry per row in every column. */
export function tableOf(table, uses, settings, reading) {
  const cells = (name) => table.columns.get(name);
  const of = (role) => table.header.filter((name) => uses.get(name).role === role);
  const [arm] = of("arm");
  const outcomes = of("outcome");
  const shared = arm !== undefined && settings.design === "shared";
  const data = { layout: "table" };
  if (arm !== undefined) Object.assign(data, { prediction_design: settings.design, arm: names(cells(arm), reading) });
  data.outcomes = Object.fromEntries(outcomes.map((name) => [name, numbers(cells(name), reading)]));
  const predictions = of("prediction");
  const shares = isShares(table, uses, settings);
  data.predictions = predictions.map((name) => {
    const { model, arm: under, outcome, category, draw } = uses.get(name);
    return {
      model: model || "llm",
      ...(shared && under ? { arm: under } : {}),
      ...(outcomes.length > 1 && outcome ? { outcome } : {}),
      ...(shares && category ? { category } : {}),
      ...(predictions.length > 1 && draw !== "" ? { draw: Number(draw) } : {}),
      values: numbers(cells(name), reading),
    };
  });
  const covariates = of("covariate");
  if (covariates.length > 0) data.covariates = Object.fromEntries(covariates.map((name) => [name, numbers(cells(name), reading)]));
  for (const [role, as] of Object.entries(LABELS)) for (const name of of(role)) data[role] = as(cells(name), reading);
  return data;
}

/** The plan: only what differs from the service's defaults. */
export function planOf(table, uses, settings) {
  const plan = {};
  const has = (role) => table.header.some((name) => uses.get(name).role === role);
  const estimand = estimandOf(table, uses, settings);
  if (estimand) plan.estimand = estimand;
  const extra = extraPlan(settings.extra).plan;
  if (has("arm") && settings.control && !("contrasts" in extra)) plan.control = settings.control;
  if (has("arm") && settings.design === "shared" && settings.pool && !has("sampling_probability")) plan.identification = "exchangeability";
  if (Number(settings.level) !== DEFAULTS.level) plan.confidence_level = Number(settings.level);
  for (const name of ["alternative", "multiplicity", ...(has("human") ? ["missing"] : [])]) if (settings[name] !== DEFAULTS[name]) plan[name] = settings[name];
  if (["equivalence", "non_inferiority"].includes(settings.alternative)) plan.margin = Number(settings.margin);
  return { ...plan, ...extra };
}

/** The estimand, null for the service's default; outcomes that are words are shares of categories. */
export function estimandOf(table, uses, settings) {
  if (settings.estimand === "proportions") return { type: "proportions" };
  if (settings.estimand === "quantile") return { type: "quantile", q: quantilesOf(settings.quantiles) };
  const outcomes = table.header.filter((name) => uses.get(name).role === "outcome");
  const words = outcomes.length > 0 && outcomes.every((name) => uses.get(name).profile.kind === "text" && uses.get(name).profile.min === Infinity);
  return words ? { type: "proportions" } : null;
}

/** Quantiles as written: blanks, semicolons or commas between them; NaN where one is no number. */
export function quantilesOf(text) {
  return text.split(/[\s;,]+/).filter(Boolean).map(Number);
}

/** Whether shares of categories are estimated: LLM answers may then be probabilities of one. */
export function isShares(table, uses, settings) {
  return estimandOf(table, uses, settings)?.type === "proportions";
}

/** Further fields of the plan, written as a JSON object: {plan, problem}. */
export function extraPlan(text) {
  if (text.trim() === "") return { plan: {}, problem: "" };
  try {
    const plan = JSON.parse(text);
    if (plan !== null && typeof plan === "object" && !Array.isArray(plan)) return { plan, problem: "" };
  } catch {
    // told below
  }
  return { plan: {}, problem: "Further plan fields must be a JSON object, such as {\"seed\": 7}." };
}

/** Names of columns whose role another column before them has, where only one may. */
function twice(used, uses) {
  const once = Object.keys(LABELS).concat("arm");
  return used.filter((name, i) => once.includes(uses.get(name).role) && used.findIndex((other) => uses.get(other).role === uses.get(name).role) < i);
}

/** What a pointer of a problem is about: {column, row (from 0), field}; what does not apply is null. */
export function placeOf(pointer, table, uses) {
  const [top, part, ...rest] = pointer.split("/").slice(1).map((token) => token.replace(/~1/g, "/").replace(/~0/g, "~"));
  const place = { column: null, row: null, field: null };
  if (top === "plan") return { ...place, field: part ?? "plan" };
  if (top !== "data" || part === undefined) return place;
  const of = (role) => table.header.filter((name) => uses.get(name).role === role);
  if (part === "outcomes" || part === "covariates") place.column = table.columns.has(rest[0]) ? rest[0] : null;
  else if (part === "predictions") place.column = of("prediction")[Number(rest[0])] ?? null;
  else if (part in LABELS || part === "arm") place.column = of(part)[0] ?? null;
  else place.field = part;
  const last = part in LABELS || part === "arm" ? rest[0] : rest.at(-1);
  if (place.column !== null && rest.length > (part in LABELS || part === "arm" ? 0 : 1) && /^\d+$/.test(last)) place.row = Number(last);
  return place;
}
