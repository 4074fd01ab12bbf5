// What the cells of a column are, and as what they are sent. A cell is missing when it is empty, or says NA where the
// person agrees to read that as missing.

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
/** Numbers as spreadsheets show them: with a decimal comma, or with digits in groups of three. */
const STYLES = {
  decimal: { shape: /^[+-]?\d{1,3}(?:[.'’\s]?\d{3})*(?:,\d+)?$/, plain: (text) => text.replace(/[.'’\s]/g, "").replace(",", ".") },
  thousands: { shape: /^[+-]?\d{1,3}(?:[,'’\s]\d{3})+(?:\.\d+)?$/, plain: (text) => text.replace(/[,'’\s]/g, "") },
};
const POINT_OR_GROUP = /^[+-]?[1-9]\d{0,2}\.\d{3}$/;
const NOT_AVAILABLE = new Set(["NA", "N/A", "#N/A", "na", "n/a", "NaN", "nan", "null", "NULL", "."]);
const PERCENT = /^[+-]?\d+(?:[.,]\d+)?\s*%$/;
const MOST_LEVELS = 1000;

/** How cells are read: `na` whether NA and the like are missing, `comma` what a comma is: "decimal", "thousands" or not said; `none`: see nones.js. */
export const AS_WRITTEN = Object.freeze({ na: false, comma: "", none: "" });

/** A cell without the blanks around it, empty when missing. */
export function trimmed(cell, reading) {
  const text = cell.trim();
  return reading.na && NOT_AVAILABLE.has(text) ? "" : text;
}

/** A trimmed cell with its number as programs write it, where the person has said what a comma is. */
export function pointed(text, reading) {
  const style = STYLES[reading.comma];
  return style?.shape.test(text) && !NUMBER.test(text) ? style.plain(text) : text;
}

/** Whether a cell is a number only once somebody says what its commas or groups of digits are. */
function doubtful(text) {
  return !NUMBER.test(text) && Object.values(STYLES).some(({ shape }) => shape.test(text));
}

/** Whether a trimmed cell says NA or the like. */
export function saysMissing(text) {
  return NOT_AVAILABLE.has(text);
}

/** Whether a trimmed cell is a number, or one once it is said what a comma is. */
export function looksLikeNumber(text) {
  return NUMBER.test(text) || doubtful(text);
}

/** The number in a trimmed cell, NaN where it is none. */
export function numberOf(text, reading) {
  const plain = pointed(text, reading);
  return NUMBER.test(plain) ? Number(plain) : NaN;
}

/**
 * What a column holds: {kind: "numbers"|"text"|"empty", missing, count, notAvailable, commas, firstComma, points, firstPoint, decimals, firstText,
 * levels, distinct, min, max, whole}.
 * `levels` are the first values in order of appearance (at most 1000), `firstText` the row (from 0) of the first cell that is no number,
 * `commas` how many cells are numbers once it is said what a comma is, `points` how many (such as 1.234) may be a thousand where
 * the comma is a decimal one, `decimals` how many have a point that cannot, `percents` how many say 60%, where most do; `firstComma` and the
 * like are the first of them.
 */
export function profile(cells, reading = AS_WRITTEN) {
  const found = { kind: "empty", count: cells.length, missing: 0, notAvailable: 0, commas: 0, firstComma: "", percents: 0, firstPercent: "", points: 0, firstPoint: "", decimals: 0, texts: 0, firstText: -1, min: Infinity, max: -Infinity, whole: true };
  const levels = new Map();
  cells.forEach((cell, row) => {
    const bare = cell.trim();
    if (NOT_AVAILABLE.has(bare)) found.notAvailable++;
    if (doubtful(bare) && found.commas++ === 0) found.firstComma = bare;
    if (PERCENT.test(bare) && found.percents++ === 0) found.firstPercent = bare;
    if (POINT_OR_GROUP.test(bare)) {
      if (found.points++ === 0) found.firstPoint = bare;
    } else if (NUMBER.test(bare) && bare.includes(".")) found.decimals++;
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
  if (found.percents < given / 2) found.percents = 0; // a word among words
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
