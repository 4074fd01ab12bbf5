// The word None: what Python writes where nothing is, and what people answer. In a column of numbers it is missing; among
// words the person says which.

import { looksLikeNumber, saysMissing } from "./cells.js";

const WORD = "None";

/** Columns in which None stands among other words: [{name, count}]. */
export function doubtfulNones(table) {
  return table.header.flatMap((name) => {
    const cells = table.columns.get(name).map((cell) => cell.trim());
    const count = cells.filter((cell) => cell === WORD).length;
    return count > 0 && cells.some(isWord) ? [{ name, count }] : [];
  });
}

function isWord(cell) {
  return cell !== "" && cell !== WORD && !saysMissing(cell) && !looksLikeNumber(cell);
}

/** The table with None empty where it is missing: `reading.none` is "missing", "word", or "" where nothing is said yet. */
export function withoutNones(table, reading) {
  if (!reading.na) return table;
  const words = new Set(reading.none === "missing" ? [] : doubtfulNones(table).map(({ name }) => name));
  const emptied = (name, cells) => (words.has(name) || !cells.some((cell) => cell.trim() === WORD) ? cells : cells.map((cell) => (cell.trim() === WORD ? "" : cell)));
  return { ...table, columns: new Map([...table.columns].map(([name, cells]) => [name, emptied(name, cells)])) };
}

/** What stands before a request as long as it is not said what None is in these columns. */
export function noneObstacles(used, table, reading) {
  if (!reading.na || reading.none) return [];
  const columns = doubtfulNones(table).filter(({ name }) => used.includes(name));
  if (columns.length === 0) return [];
  const message = `${columns.map(({ name }) => `“${name}”`).join(", ")} ${columns.length === 1 ? "has" : "have"} cells that say None. Say whether that is a word or means missing.`;
  return [{ code: "none", field: "none", message }];
}
