import { refusal } from "./problem.js";
import type { CalibrationData, Table } from "./wire.js";

export type HumanAnswers = { readonly [unit: string]: number | string | null } | ReadonlyMap<string, number | string | null>;

/** The `data` of a generation's end with the people's answers in place: by outcome, then by unit_id. Others stay null. */
export function withHumanAnswers(data: CalibrationData | null | undefined, answers: { readonly [outcome: string]: HumanAnswers }): Table {
  if (!data) throw refusal("no_data", "The generation has made no data.", 'Say output: "calibration" when you ask for it.');
  const outcomes = { ...data.outcomes } as Record<string, (number | string | null)[]>;
  for (const [outcome, given] of Object.entries(answers)) {
    if (!Object.hasOwn(outcomes, outcome)) throw unknown("unknown_outcome", outcome, Object.keys(outcomes));
    const byUnit = given instanceof Map ? given : new Map(Object.entries(given));
    const units = new Set(data.unit);
    for (const unit of byUnit.keys()) if (!units.has(unit)) throw unknown("unknown_unit", unit);
    outcomes[outcome] = data.unit.map((unit) => byUnit.get(unit) ?? null);
  }
  return { ...data, outcomes } as Table;
}

function unknown(code: string, name: string, known?: readonly string[]): Error {
  const hint = known ? `Outcomes: ${known.join(", ")}.` : "Units are the unit_id of the study's personas.";
  return refusal(code, `The generation has no "${name}".`, hint);
}
