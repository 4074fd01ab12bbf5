// How much the sampling ratio matters at one budget: the same money spent with fewer or more LLM-only units per human than
// is best. Every point is a design of the service under a limit, not a formula of this page.

import { extent, scale, short, ticks } from "./axis.js";
import { designRequest } from "./frontier.js";
import { line, mark, path, picture, text } from "./svg.js";

const RATIOS = [0, 1, 4, 15, 60];

/** Answers that one unit of the next study costs: every condition and model of twins, every model otherwise. */
export function answersPerUnit({ data }) {
  const ofFirst = data.predictions.filter((column) => (column.outcome ?? "") === (data.predictions[0].outcome ?? ""));
  const keys = ofFirst.map(({ model, arm, draw }) => JSON.stringify(data.prediction_design === "shared" ? [model, arm, draw] : [model, draw]));
  return new Set(keys).size;
}

/** The requests for other ratios than the best one: limits that hold the design to about each ratio. */
export function ratioRequests(request, prices, best) {
  const llm = prices.llm * answersPerUnit(request);
  return RATIOS.filter((ratio) => Math.abs(Math.log((ratio + 0.1) / (best + 0.1))) > 0.4)
    .map((ratio) => ({ ratio, human: prices.budget / (prices.human + llm * (1 + ratio)) }))
    .filter(({ human }) => human >= 2)
    .map(({ ratio, human }) => {
      const constraints = ratio < best ? { max_llm_only: Math.max(0, Math.floor(ratio * human)) } : { max_human: Math.floor(human) };
      return { ...designRequest(request, prices), constraints };
    });
}

/** Points of the curve from designs, by ratio: {ratio, standard_error, n_human, n_llm_only}. */
export function pointsOf(replies) {
  const points = replies.map(({ design }) => ({ ratio: design.sampling_ratio, standard_error: design.standard_error, n_human: design.n_human, n_llm_only: design.n_llm_only }));
  return points.sort((a, b) => a.ratio - b.ratio).filter((point, i, all) => i === 0 || point.ratio !== all[i - 1].ratio);
}

/** The curve as a picture: standard error by sampling ratio, the best ratio marked, humans alone as a line. */
export function ratioCurve(points, best, width = 640) {
  const height = width >= 560 ? 320 : 290;
  const frame = { left: 56, right: width - 18, top: 30, bottom: height - 50 };
  const across = (ratio) => Math.log10(1 + ratio);
  const x = scale(extent(points.map((point) => across(point.ratio))), [frame.left, frame.right]);
  const alone = best.human_only.standard_error;
  const ends = [0, extent([...points.map((point) => point.standard_error), alone ?? 0])[1]];
  const y = scale(ends, [frame.bottom, frame.top]);
  const at = points.map((point) => [x(across(point.ratio)), y(point.standard_error)]);
  const most = points.at(-1).ratio;
  return picture(
    { width, height, id: "ratio", title: "Standard error by sampling ratio", description: describe(points, best) },
    ticks(ends[0], ends[1], 4).map((value) => [line(frame.left, y(value), frame.right, y(value)), text(frame.left - 6, y(value) + 4, short(value), { kind: "soft", anchor: "end", size: 12 })]),
    [0, 1, 3, 10, 30, 100, 300, 1000].filter((value) => value <= most * 1.2).map((value) => text(x(across(value)), frame.bottom + 19, short(value), { kind: "soft", anchor: "middle", size: 12 })),
    line(frame.left, frame.bottom, frame.right, frame.bottom, { kind: "soft" }),
    text((frame.left + frame.right) / 2, frame.bottom + 40, "LLM-only units per human", { kind: "soft", anchor: "middle", size: 13 }),
    text(8, 18, "standard error", { kind: "soft", size: 13 }),
    alone === null ? [] : [line(frame.left, y(alone), frame.right, y(alone), { kind: "human", width: 2, dash: "6 4" }), text(frame.right, y(alone) - 7, "humans alone, same money", { kind: "human", anchor: "end", size: 13 })],
    path(at, { kind: "calibrated", width: 3 }),
    at.map(([px, py]) => mark("circle", px, py, "calibrated", 3)),
    mark("square", x(across(best.design.sampling_ratio)), y(best.design.standard_error), "calibrated", 7),
  );
}

/** The curve in words; of one point there is none. */
export function describe(points, best) {
  if (points.length < 2) return `At this budget every sampling ratio comes to the same design, with ${short(best.design.sampling_ratio)} LLM-only units per human.`;
  const worst = points.reduce((found, point) => (point.standard_error > found.standard_error ? point : found));
  return (
    `At this budget the standard error is least, ${short(best.design.standard_error)}, with ${short(best.design.sampling_ratio)} LLM-only units per human; ` +
    `with ${short(worst.ratio)} it is ${short(worst.standard_error)}.`
  );
}
