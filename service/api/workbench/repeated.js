// A file with one row per person and model: the answer of a person stands in each of them, and would be counted in each.

import { trimmed } from "./cells.js";

const FEWEST_PEOPLE = 5; // that fewer answer alike in all their rows may be chance
const MOST_LEVELS = 30;

/**
 * {person, people, rows, within, levels} where a column `person` repeats, always with the same human answer, and `within` tells the
 * rows of every one of them apart; null where no columns are like that.
 */
export function repeatedPeople(table, uses, reading) {
  const of = (able) => table.header.filter((name) => able(uses.get(name)));
  const cell = (name, row) => trimmed(table.columns.get(name)[row], reading);
  const outcomes = of(({ role }) => role === "outcome");
  const answer = (row) => JSON.stringify(outcomes.map((name) => cell(name, row)));
  const answered = [...table.lines.keys()].filter((row) => outcomes.some((name) => cell(name, row) !== ""));
  const few = of(({ role, profile }) => !["outcome", "prediction"].includes(role) && profile.distinct <= MOST_LEVELS);
  for (const person of of(({ role, profile }) => ["ignore", "cluster"].includes(role) && profile.distinct >= FEWEST_PEOPLE)) {
    const found = severalRows(answered, (row) => cell(person, row), answer);
    const apart = (name) => found.every((rows) => new Set(rows.map((row) => cell(name, row))).size === rows.length);
    const within = found.length > 0 ? few.find((name) => name !== person && apart(name)) : undefined;
    if (within !== undefined) return { person, people: found.length, rows: found.flat().length, within, levels: uses.get(within).profile.levels };
  }
  return null;
}

/** The rows of everybody who has several, where that is most, they answer alike in all of theirs, and not all the same; else none. */
function severalRows(rows, person, answer) {
  const held = new Map();
  for (const row of rows) {
    const key = person(row);
    if (key === "") continue;
    if (!held.has(key)) held.set(key, []);
    held.get(key).push(row);
    if (answer(row) !== answer(held.get(key)[0])) return [];
  }
  const found = [...held.values()].filter((each) => each.length > 1);
  const differ = new Set(found.map(([first]) => answer(first))).size > 1;
  return differ && found.length >= FEWEST_PEOPLE && 2 * found.length >= held.size ? found : [];
}
