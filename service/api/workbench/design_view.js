// What to buy next: sliders for prices and budget, the design, and the frontier.

import { short } from "./axis.js";
import { byId, debounced, drawn, element, fill, tableOf } from "./dom.js";
import { describe, designRequest, frontier, humanAlone, ofOutcome, outcomesOf, whyNot } from "./frontier.js";
import { kept, refusal, warnings } from "./problems_view.js";
import { pointsOf, ratioCurve, ratioRequests, describe as ratioWords } from "./ratio.js";
import { post } from "./service.js";

const PRICES = { human: 5, llm: 0.02, budget: 1000 };
const WAIT = 300;

/** Wire the sliders; `current()` gives {request, key, withheld, table, uses, catalogue} of the last answer, or null. */
export function designPart(current) {
  const held = { prices: { ...PRICES }, reply: null, ratios: null, running: null };
  const later = debounced(WAIT, () => designShown(held, current()));
  for (const name of Object.keys(PRICES)) pair(name, held.prices, later);
  byId("design-outcome").addEventListener("change", later);
  return {
    ask: () => {
      outcomesShown(current());
      designShown(held, current());
    },
    redraw: () => held.reply && drawnAgain(held.reply, held.ratios),
    reply: () => held.reply,
  };
}

/** A slider in powers of ten and the number beside it: either moves the other. What is no price is told where the design would be. */
function pair(name, prices, later) {
  const [slider, field] = [byId(`slide-${name}`), byId(`price-${name}`)];
  const write = (value) => {
    const good = value > 0 && Number.isFinite(value);
    field.setCustomValidity(good ? "" : "no price");
    field.setAttribute("aria-invalid", !good);
    if (good) {
      prices[name] = value;
      slider.setAttribute("aria-valuetext", short(value));
    }
    later();
    return good;
  };
  slider.addEventListener("input", () => {
    field.value = Number((10 ** Number(slider.value)).toPrecision(2));
    write(Number(field.value));
  });
  field.addEventListener("change", () => {
    const value = Number(field.value);
    if (write(value)) slider.value = Math.log10(value);
  });
  field.value = prices[name];
  slider.value = Math.log10(prices[name]);
  slider.setAttribute("aria-valuetext", short(prices[name]));
}

/** Which outcome the design is for is asked where there are several. */
function outcomesShown(now) {
  const outcomes = now ? outcomesOf(now.request) : [];
  byId("field-design-outcome").hidden = outcomes.length === 0;
  fill(byId("design-outcome"), outcomes.map((value) => element("option", { value }, value)));
}

async function designShown(held, whole) {
  held.running?.abort();
  if (!whole) return;
  const now = { ...whole, request: ofOutcome(whole.request, byId("design-outcome").value) };
  const place = byId("design-body");
  const reason = whyNot(now.request);
  held.reply = held.ratios = null;
  place.removeAttribute("aria-busy");
  if (now.withheld()) return fill(place, kept());
  byId("sliders").hidden = reason !== null;
  if (reason) return fill(place, element("p", {}, reason));
  if (byId("sliders").querySelector(":invalid")) return fill(place, element("p", { class: "notice fail", role: "status" }, "Prices and the budget are numbers above 0."));
  held.running = new AbortController();
  place.setAttribute("aria-busy", "true");
  const { answer, problem, aborted } = await post("v1/designs", designRequest(now.request, held.prices), { key: now.key(), signal: held.running.signal });
  if (aborted) return;
  place.removeAttribute("aria-busy");
  if (problem) return fill(place, refusal(problem, now.table, now.uses));
  held.reply = answer;
  fill(
    place,
    element("p", { class: "headline", role: "status" }, describe(answer)),
    element("p", {}, advice(answer)),
    allocation(answer.design.groups),
    element("div", { id: "frontier" }),
    element("details", {}, element("summary", {}, "The curve in numbers"), points(answer)),
    element("div", { id: "ratio-body" }, element("button", { type: "button", id: "ratio-ask", onclick: () => ratioShown(held, now) }, "How much does the sampling ratio matter?")),
    answer.warnings.length > 0 ? warnings(answer.warnings, now.catalogue) : null,
  );
  drawnAgain(answer);
}

function drawnAgain(reply, ratios = null) {
  const fitted = (place) => Math.max(300, Math.min(760, place.clientWidth || 640));
  const [place, second] = [byId("frontier"), byId("ratio")];
  if (place) fill(place, drawn(frontier(reply, fitted(place))));
  if (second && ratios) fill(second, drawn(ratioCurve(ratios, reply, fitted(second))));
}

/** Ask for the same money at other ratios, one after the other, and draw the curve. */
async function ratioShown(held, now) {
  const best = held.reply;
  const place = byId("ratio-body");
  const replies = [best];
  const requests = ratioRequests(now.request, held.prices, best.design.sampling_ratio);
  for (const [i, request] of requests.entries()) {
    fill(place, element("p", { role: "status" }, `Asking for other ratios: ${i + 1} of ${requests.length}…`));
    const { answer, problem, aborted } = await post("v1/designs", request, { key: now.key(), signal: held.running.signal });
    if (aborted || held.reply !== best) return;
    if (answer) replies.push(answer);
    else if (problem.status !== 422) return fill(place, refusal(problem, now.table, now.uses));
  }
  held.ratios = pointsOf(replies);
  if (held.ratios.length < 2) return fill(place, element("p", { role: "status" }, [ratioWords(held.ratios, best), unused(now.request, best.design)].filter(Boolean).join(" ")));
  fill(
    place,
    element("h3", {}, "The sampling ratio at this budget"),
    element("p", { role: "status" }, ratioWords(held.ratios, best)),
    element("div", { id: "ratio" }),
    element("details", {}, element("summary", {}, "This curve in numbers"), tableOf("Standard error by sampling ratio", ["LLM-only per human", "humans", "LLM-only", "standard error"], held.ratios.map((point) => [short(point.ratio), short(point.n_human, 6), short(point.n_llm_only, 6), short(point.standard_error, 4)]))),
  );
  drawnAgain(best, held.ratios);
}

/** Why no LLM-only unit is bought, where the plan is the reason. */
function unused({ plan, data }, { n_llm_only: bought }) {
  const shared = data.prediction_design === "shared" && plan.identification !== "exchangeability";
  return bought === 0 && shared ? "LLM-only rows are used where “The LLM-only personas come from the same population” is ticked." : "";
}

/** Whom to ask, and what to buy. */
function allocation(groups) {
  const asked = ({ human, models }) => [human ? "human" : "", ...models].filter(Boolean).join(" + ");
  return tableOf("What to buy", ["units", "ask", "arm", "price of one"], groups.map((group) => [short(group.n, 6), asked(group), group.arm ?? "–", short(group.unit_cost, 4)]));
}

/** What the design means, in words. */
export function advice(reply) {
  const { design, llm_pays: pays, cost_share: share, bands, top_up: next } = reply;
  if (!pays) return "At these prices LLM answers do not pay: buy humans alone.";
  const parts = [`Sampling ratio ${short(design.sampling_ratio)} LLM-only units per human.`];
  if (share !== null) parts.push(`Humans alone would cost ${short(1 / share)} times as much for the same standard error.`);
  if (bands) parts.push(`Your pilot leaves the standard error open between ${short(bands.standard_error[0])} and ${short(bands.standard_error[1])}.`);
  if (next) parts.push(`To add to this very study for the same budget: ${short(next.n_human, 6)} humans and ${short(next.n_llm_only, 6)} LLM-only units.`);
  return parts.join(" ");
}

function points(reply) {
  return tableOf(
    "Standard error by budget",
    ["budget", "humans", "LLM-only", "ratio", "standard error", "humans alone"],
    reply.frontier.map((point) => [short(point.cost, 4), short(point.n_human, 6), short(point.n_llm_only, 6), point.n_human > 0 ? short(point.n_llm_only / point.n_human) : "–", short(point.standard_error, 4), short(humanAlone(reply, point.cost), 4)]),
  );
}
