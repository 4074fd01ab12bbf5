// The forest plot of an answer: per estimate what humans, the LLM and both together say.

import { digitsOf, extent, rangeText, scale, short, ticks } from "./axis.js";
import { line, mark, picture, text } from "./svg.js";

export const MOST_DRAWN = 40;
const COMPACT = 620;
const ROW = { wide: 30, compact: 46 };
const HEAD = 34;
const FOOT = 44;
const LETTER = 7; // pixels of a bold one of 13
const FAR = 20; // times as wide: on one axis the narrower interval is a dot
const COEFFICIENTS = ["linear", "logistic", "poisson", "multinomial", "conditional_logit", "amce", "correlation"];

/** What an estimate is called: contrast or arm (nothing where there is one population), outcome, component, subgroup. */
export function nameOf(estimate, several = false) {
  const alone = estimate.name === "all";
  const parts = alone ? [] : [estimate.name];
  if (alone || several || estimate.component !== null) parts.push(estimate.outcome);
  if (estimate.component !== null) parts.push(estimate.component);
  if (estimate.subgroup != null) parts.push(`subgroup ${estimate.subgroup}`);
  return parts.join(" · ").replace(/ - /g, " − ");
}

/** The rows of the plot: {estimate, marks: [{label, kind, shape, value, interval}]}. */
export function rowsOf(answer) {
  const several = new Set(answer.estimates.map((each) => each.outcome)).size > 1;
  return answer.estimates.slice(0, MOST_DRAWN).map((each) => ({
    name: nameOf(each, several),
    outcome: each.outcome,
    component: each.component,
    marks: [
      { label: "Humans only", kind: "human", shape: "circle", value: each.human_only.estimate, interval: each.human_only.interval },
      ...(each.llm_only ? [{ label: "LLM only", kind: "llm", shape: "diamond", value: each.llm_only.estimate, interval: null }] : []),
      { label: "Calibrated", kind: "calibrated", shape: "square", value: each.estimate, interval: each.interval },
    ],
  }));
}

/** Rows that share an axis: those of an outcome, or of its components where their scales are far apart. */
export function panelsOf(rows) {
  return grouped(rows, (row) => row.outcome).flatMap((group) => (farApart(group) ? grouped(group, (row) => row.component) : [group]));
}

function grouped(rows, key) {
  const groups = [];
  rows.forEach((row, i) => (i > 0 && key(rows[i - 1]) === key(row) ? groups.at(-1).push(row) : groups.push([row])));
  return groups;
}

function farApart(rows) {
  const widths = rows.flatMap((row) => row.marks.map(({ interval: i }) => (i && i.lower !== null && i.upper !== null ? i.upper - i.lower : 0))).filter((width) => width > 0);
  return Math.max(...widths) > FAR * Math.min(...widths);
}

/** The picture as text; `width` is that of the place it stands in. */
export function forest(answer, width = 760) {
  const rows = rowsOf(answer);
  const longest = Math.max(...rows.flatMap((row) => row.marks.map((each) => said(each).length)));
  const place = { width, wide: width >= COMPACT, right: width - Math.max(225, 24 + longest * LETTER), null_: reference(answer) };
  const drawn = [];
  let height = 0;
  for (const panel of panelsOf(rows)) {
    const [marks, bottom] = panelDrawn(panel, height, place);
    drawn.push(marks);
    height = bottom;
  }
  return picture({ width, height, title: "Forest plot", description: describe(rows), id: "forest" }, drawn);
}

/** What a panel draws, lines first, and where it ends. */
function panelDrawn(rows, top, { width, wide, right, null_ }) {
  const step = wide ? ROW.wide : ROW.compact;
  const track = wide ? [140, right] : [16, width - 16];
  const ends = extent([...rows.flatMap((row) => row.marks.flatMap((m) => [m.value, m.interval?.lower, m.interval?.upper])), null_].filter((v) => v !== null && v !== undefined));
  const x = scale(ends, track);
  const drawn = [];
  let y = top;
  for (const row of rows) {
    drawn.push(text(wide ? 8 : 16, y + 22, clipped(row.name, width), { weight: 600, size: 15 }));
    y += HEAD;
    for (const each of row.marks) {
      drawn.push(...markRow(each, { y, step, wide, x, track, width }));
      y += step;
    }
  }
  const under = axis(ends, x, [top + 30, y], wide, width);
  if (null_ !== null) under.push(line(x(null_), top + 30, x(null_), y, { kind: "soft", dash: "4 4" }));
  return [[under, drawn], y + FOOT];
}

function markRow(each, { y, step, wide, x, track, width }) {
  const middle = wide ? y + step / 2 : y + step - 12;
  const weight = each.kind === "calibrated" ? 600 : 400;
  const words = wide
    ? [text(20, middle + 5, each.label, { kind: each.kind, weight }), text(width - 8, middle + 5, said(each), { anchor: "end", size: 13, weight })]
    : [text(16, middle - 14, each.label, { kind: each.kind, weight }), text(width - 16, middle - 14, said(each), { anchor: "end", size: 13, weight })];
  return [...words, ...(each.interval ? whisker(each, middle, x, track) : []), mark(each.shape, x(each.value), middle, each.kind)];
}

function said({ value, interval }) {
  return interval ? `${short(value, digitsOf(interval))}  [${rangeText(interval)}]` : `${short(value)}  (no valid interval)`;
}

/** The interval as a line; an open end runs to the edge and has an arrow. */
function whisker({ interval, kind }, y, x, track) {
  const from = interval.lower === null ? track[0] : x(interval.lower);
  const to = interval.upper === null ? track[1] : x(interval.upper);
  const width = kind === "calibrated" ? 3 : 2;
  const cap = (at, open, towards) =>
    open
      ? [line(at, y, at - 7 * towards, y - 5, { kind, width: 2 }), line(at, y, at - 7 * towards, y + 5, { kind, width: 2 })]
      : [line(at, y - 5, at, y + 5, { kind, width: 2 })];
  return [line(from, y, to, y, { kind, width }), ...cap(from, interval.lower === null, -1), ...cap(to, interval.upper === null, 1)];
}

function axis(ends, x, [top, y], wide, width) {
  const digits = digitsOf({ lower: ends[0], upper: ends[1] }, 4);
  const places = ticks(ends[0], ends[1], wide ? 6 : 4);
  const [from, to] = [x(ends[0]), x(ends[1])];
  return [
    places.map((value) => line(x(value), top, x(value), y + 6, { kind: "line" })),
    line(from, y, to, y, { kind: "soft" }),
    places.map((value) => text(Math.min(Math.max(x(value), 14), width - 14), y + 22, short(value, digits), { kind: "soft", anchor: "middle", size: 12 })),
  ];
}

/** The value of no effect, for differences and coefficients; null where estimates are levels. */
export function reference({ applied }) {
  const contrasts = Object.values(applied.contrasts ?? {}).map((weights) => Object.values(weights));
  const differences = contrasts.length > 0 && contrasts.every((weights) => Math.abs(weights.reduce((sum, w) => sum + w, 0)) < 1e-9);
  return differences || COEFFICIENTS.includes(applied.estimand.type) ? applied.null_value : null;
}

/** The plot in words. */
export function describe(rows) {
  return rows
    .map((row) => `${row.name}: ` + row.marks.map((m) => `${m.label.toLowerCase()} ${short(m.value, digitsOf(m.interval))}${m.interval ? `, interval ${rangeText(m.interval)}` : ""}`).join("; "))
    .join(". ");
}

function clipped(name, width) {
  const most = Math.max(20, Math.floor(width / 8.5));
  return name.length <= most ? name : `${name.slice(0, most - 1)}…`;
}
