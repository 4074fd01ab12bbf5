// What to buy next: the request for a design, and the standard error that each budget buys.

import { extent, scale, short, ticks } from "./axis.js";
import { momentsOf, obstacles } from "./moments.js";
import { line, mark, path, picture, text } from "./svg.js";

const PLANNED = [undefined, "mean", "mean_difference"];
const MANY = 100_000; // LLM answers
const NOT_OF_DESIGNS = ["costs", "compare", "compat"];

/** Why no design can be made of this request; null where one can. */
export function whyNot({ plan, data }) {
  if (!PLANNED.includes(plan.estimand?.type)) return "A design is computed for averages and differences of averages. Choose “average” above to see one.";
  if (data.layout === "table" && data.predictions.length === 0) return "A design needs an LLM answer column.";
  return null;
}

/** The outcomes a design can be made for, where there are several: names in the order of the request. */
export function outcomesOf({ data }) {
  const names = Object.keys(data.outcomes ?? {});
  return names.length > 1 ? names : [];
}

/** The request about one of its outcomes. */
export function ofOutcome({ plan, data }, outcome) {
  if (!outcomesOf({ data }).includes(outcome)) return { plan, data };
  return { plan, data: { ...data, outcomes: { [outcome]: data.outcomes[outcome] }, predictions: data.predictions.filter((column) => column.outcome === outcome) } };
}

/** The body of POST /v1/designs for the study that was calibrated, as the pilot of the next one. */
export function designRequest({ plan, data }, prices) {
  const kept = Object.fromEntries(Object.entries(plan).filter(([name]) => !NOT_OF_DESIGNS.includes(name)));
  const sent = light(data);
  return {
    basis: { kind: sent.layout === "moments" ? "moments" : "pilot", data: sent, plan: kept },
    costs: { human: prices.human, llm: prices.llm, ...(prices.persona > 0 ? { persona: prices.persona } : {}) },
    objective: { kind: "budget", budget: prices.budget },
  };
}

/** Many rows as their moments where those say the same: a design is asked for whenever a slider moves. */
function light(data) {
  const many = data.layout === "table" && data.predictions.reduce((sum, { values }) => sum + values.length, 0) > MANY;
  return many && obstacles(data).length === 0 ? momentsOf(data) : data;
}

/** What humans alone reach at this cost, by what they reach at theirs. */
export function humanAlone(reply, cost) {
  const { standard_error: error, cost: at } = reply.human_only;
  return error === null || !at ? null : error * Math.sqrt(at / cost);
}

/** The frontier as a picture: standard error against cost, humans alone beside it, the design marked. */
export function frontier(reply, width = 640) {
  const height = width >= 560 ? 340 : 300;
  const frame = { left: 56, right: width - 18, top: 30, bottom: height - 50 };
  const points = reply.frontier;
  const alone = points.map((point) => ({ cost: point.cost, standard_error: humanAlone(reply, point.cost) })).filter((point) => point.standard_error !== null);
  const x = scale(extent(points.map((point) => point.cost)), [frame.left, frame.right]);
  const ends = [0, extent([...points, ...alone].map((point) => point.standard_error))[1]];
  const y = scale(ends, [frame.bottom, frame.top]);
  const at = (list) => list.map((point) => [x(point.cost), y(point.standard_error)]);
  const chosen = reply.design;
  return picture(
    { width, height, id: "frontier", title: "Standard error by budget", description: describe(reply) },
    grid(frame, x, y, extent(points.map((point) => point.cost)), ends, width),
    alone.length > 1 ? path(at(alone), { kind: "human", dash: "6 4" }) : [],
    path(at(points), { kind: "calibrated", width: 3 }),
    at(points).map(([px, py]) => mark("circle", px, py, "calibrated", 3)),
    mark("square", x(chosen.cost), y(chosen.standard_error), "calibrated", 7),
    legend(frame, width),
  );
}

function grid(frame, x, y, costs, errors, width) {
  return [
    ticks(errors[0], errors[1], 4).map((value) => [line(frame.left, y(value), frame.right, y(value)), text(frame.left - 6, y(value) + 4, short(value), { kind: "soft", anchor: "end", size: 12 })]),
    ticks(costs[0], costs[1], width >= 560 ? 6 : 3).filter((value) => value > 0).map((value) => [line(x(value), frame.bottom, x(value), frame.bottom + 5, { kind: "soft" }), text(x(value), frame.bottom + 19, short(value), { kind: "soft", anchor: "middle", size: 12 })]),
    line(frame.left, frame.bottom, frame.right, frame.bottom, { kind: "soft" }),
    text((frame.left + frame.right) / 2, frame.bottom + 40, "budget", { kind: "soft", anchor: "middle", size: 13 }),
    text(8, 18, "standard error", { kind: "soft", size: 13 }),
  ];
}

function legend(frame) {
  const [x, y] = [frame.right - 210, frame.top + 8];
  return [
    line(x, y, x + 26, y, { kind: "human", width: 2, dash: "6 4" }),
    text(x + 34, y + 5, "humans alone", { kind: "human", size: 13 }),
    line(x, y + 22, x + 26, y + 22, { kind: "calibrated", width: 3 }),
    text(x + 34, y + 27, "humans with LLM answers", { kind: "calibrated", size: 13 }),
  ];
}

/** The recommendation in words. */
export function describe(reply) {
  const { design, human_only: alone } = reply;
  const beside = alone.n_human === null ? "" : ` Humans alone: ${short(alone.n_human, 6)}, standard error ${short(alone.standard_error)}.`;
  return `For ${short(design.cost)}: ${short(design.n_human, 6)} humans and ${short(design.n_llm_only, 6)} LLM-only units, standard error ${short(design.standard_error)}.${beside}`;
}
