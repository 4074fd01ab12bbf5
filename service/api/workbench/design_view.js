// What to buy next: sliders for prices and budget, the design, and the frontier.

import { short } from "./axis.js";
import { byId, debounced, drawn, element, fill, tableOf } from "./dom.js";
import { describe, designRequest, frontier, humanAlone, whyNot } from "./frontier.js";
import { refusal, warnings } from "./problems_view.js";
import { post } from "./service.js";

const PRICES = { human: 5, llm: 0.02, budget: 1000 };
const WAIT = 300;

/** Wire the sliders; `current()` gives {request, key, table, uses, catalogue} of the last answer, or null. */
export function designPart(current) {
  const held = { prices: { ...PRICES }, reply: null, running: null };
  const later = debounced(WAIT, () => designShown(held, current()));
  for (const name of Object.keys(PRICES)) pair(name, held.prices, later);
  return {
    ask: () => designShown(held, current()),
    redraw: () => held.reply && drawnAgain(held.reply),
    prices: held.prices,
    reply: () => held.reply,
  };
}

/** A slider in powers of ten and the number beside it: either moves the other. */
function pair(name, prices, later) {
  const [slider, field] = [byId(`slide-${name}`), byId(`price-${name}`)];
  const write = (value) => {
    prices[name] = value;
    slider.setAttribute("aria-valuetext", short(value));
    later();
  };
  slider.addEventListener("input", () => {
    const value = Number((10 ** Number(slider.value)).toPrecision(2));
    field.value = value;
    write(value);
  });
  field.addEventListener("change", () => {
    const value = Number(field.value);
    const good = value > 0 && Number.isFinite(value);
    field.setCustomValidity(good ? "" : "A price or budget above 0 is needed.");
    if (!field.reportValidity()) return;
    slider.value = Math.log10(value);
    write(value);
  });
  field.value = prices[name];
  slider.value = Math.log10(prices[name]);
  slider.setAttribute("aria-valuetext", short(prices[name]));
}

async function designShown(held, now) {
  held.running?.abort();
  if (!now) return;
  const place = byId("design-body");
  const reason = whyNot(now.request);
  held.reply = null;
  byId("sliders").hidden = reason !== null;
  if (reason) return fill(place, element("p", {}, reason));
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
    element("div", { id: "frontier" }),
    element("details", {}, element("summary", {}, "The curve in numbers"), points(answer)),
    answer.warnings.length > 0 ? warnings(answer.warnings, now.catalogue) : null,
  );
  drawnAgain(answer);
}

function drawnAgain(reply) {
  const place = byId("frontier");
  if (place) fill(place, drawn(frontier(reply, Math.max(300, Math.min(760, place.clientWidth || 640)))));
}

/** What the design means, in words. */
export function advice(reply) {
  const { design, llm_pays: pays, cost_share: share, bands, top_up: next } = reply;
  if (!pays) return "At these prices LLM answers do not pay: buy humans alone.";
  const parts = [`Sampling ratio ${short(design.sampling_ratio)} LLM-only units per human.`];
  if (share !== null) parts.push(`Humans alone would cost ${short(1 / share)} times as much for the same standard error.`);
  if (bands) parts.push(`Your pilot leaves the standard error open between ${short(bands.standard_error[0])} and ${short(bands.standard_error[1])}.`);
  if (next) parts.push(`To add to this very study for the same budget: ${next.n_human} humans and ${next.n_llm_only} LLM-only units.`);
  return parts.join(" ");
}

function points(reply) {
  return tableOf(
    "Standard error by budget",
    ["budget", "humans", "LLM-only", "ratio", "standard error", "humans alone"],
    reply.frontier.map((point) => [short(point.cost, 4), short(point.n_human, 6), short(point.n_llm_only, 6), point.n_human > 0 ? short(point.n_llm_only / point.n_human) : "–", short(point.standard_error, 4), short(humanAlone(reply, point.cost), 4)]),
  );
}
