// What the cells of a column are, and as what they are sent. A cell is missing when it is empty, or says NA where the
// person agrees to read that as missing.

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const COMMA = /^[+-]?\d+,\d+$/;
const NOT_AVAILABLE = new Set(["NA", "N/A", "NaN", "nan", "null", "NULL", "None", "."]);
const MOST_LEVELS = 1000;

/** How cells are read: `na` whether NA and the like are missing, `comma` whether 3,5 is 3.5. */
export const AS_WRITTEN = Object.freeze({ na: false, comma: false });

/** A cell without the blanks around it, empty when missing. */
export function trimmed(cell, reading) {
  const text = cell.trim();
  return reading.na && NOT_AVAILABLE.has(text) ? "" : text;
}

/** A decimal comma as a point, where the person says that 3,5 is 3.5. */
export function pointed(text, reading) {
  return reading.comma && COMMA.test(text) ? text.replace(",", ".") : text;
}

/** The number in a trimmed cell, NaN where it is none. */
export function numberOf(text, reading) {
  const plain = pointed(text, reading);
  return NUMBER.test(plain) ? Number(plain) : NaN;
}

/**
 * What a column holds: {kind: "numbers"|"text"|"empty", missing, count, notAvailable, commas, firstText, levels, distinct, min, max, whole}.
 * `levels` are the first values in order of appearance (at most 1000), `firstText` the row (from 0) of the first cell that is no number.
 */
export function profile(cells, reading = AS_WRITTEN) {
  const found = { kind: "empty", count: cells.length, missing: 0, notAvailable: 0, commas: 0, texts: 0, firstText: -1, min: Infinity, max: -Infinity, whole: true };
  const levels = new Map();
  cells.forEach((cell, row) => {
    const bare = cell.trim();
    if (NOT_AVAILABLE.has(bare)) found.notAvailable++;
    if (COMMA.test(bare)) found.commas++;
    const text = trimmed(cell, reading);
    if (text === "") {
      found.missing++;
      return;
    }
    if (levels.size < MOST_LEVELS) levels.set(text, (levels.get(text) ?? 0) + 1);
    const value = numberOf(text, reading);
    if (Number.isNaN(value)) {
      if (found.texts++ === 0) found.firstText = row;
      return;
    }
    found.min = Math.min(found.min, value);
    found.max = Math.max(found.max, value);
    found.whole &&= Number.isInteger(value);
  });
  const given = found.count - found.missing;
  found.kind = given === 0 ? "empty" : found.texts > 0 ? "text" : "numbers";
  found.levels = [...levels.keys()];
  found.distinct = levels.size;
  return found;
}

/** Cells as numbers, null where missing; what is no number stays text, for the service to name its place. */
export function numbers(cells, reading) {
  return cells.map((cell) => {
    const text = trimmed(cell, reading);
    if (text === "") return null;
    const value = numberOf(text, reading);
    return Number.isNaN(value) ? text : value;
  });
}

/** Cells as names, null where missing. */
export function names(cells, reading) {
  return cells.map((cell) => trimmed(cell, reading) || null);
}

/** Cells as truth values, null where missing; other words stay text. */
export function truths(cells, reading) {
  const words = { true: true, false: false, 1: true, 0: false, yes: true, no: false };
  return cells.map((cell) => {
    const text = trimmed(cell, reading);
    return text === "" ? null : (words[text.toLowerCase()] ?? text);
  });
}

/** Labels that tell groups apart: numbers where all are and no two different ones would become one, else names. */
export function numbersOrIds(cells, reading) {
  const found = names(cells, reading);
  const texts = [...new Set(found.filter((text) => text !== null))];
  const values = texts.map((text) => numberOf(text, reading));
  const safe = values.every((value) => Math.abs(value) < 2 ** 53) && new Set(values).size === texts.length;
  return safe ? found.map((text) => (text === null ? null : numberOf(text, reading))) : found;
}
