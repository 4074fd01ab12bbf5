import { typedArrayName } from "./binary.js";
import { refusal, type RectifierProblem } from "./problem.js";
import type { BinaryArray, NumericArray } from "./wire.js";

/** What a column is for: it decides how its values are read. */
export type Role = "answer" | "number" | "group" | "label" | "unit" | "flag";

export type Value = number | string | boolean | bigint | null | undefined;
/** A column as it may be given: a list, a typed array, or what `categorical()` made. */
export type Column = readonly Value[] | NumericArray | BigInt64Array | BigUint64Array | BinaryArray;

type Wire = (number | string | null)[];

/**
 * A column of the wire. NaN and undefined are missing (null). Booleans are 1 and 0 where numbers are meant, and words where
 * labels are. Refused, with the column's name: infinity, integers beyond 2^53, dates, objects, text where numbers are needed.
 */
export function wireColumn(column: Column, role: Role, name: string): Wire | boolean[] | NumericArray | BinaryArray {
  if (isBinary(column)) return column;
  const words = role === "label" || role === "unit";
  if (isNumeric(column) && !words && role !== "flag") return finite(column, name);
  if (!Array.isArray(column) && typedArrayName(column) === null) {
    throw refusal("not_a_column", "It is no list of values.", "A list or a typed array.", { column: name });
  }
  const values = column as ArrayLike<Value>;
  if (role === "flag") return Array.from(values, (value, i) => flag(value, name, i));
  return Array.from(values, (value, i) => entry(value, role, name, i));
}

/** Whether the wire has bytes for it; integers of 64 bits are read one by one. */
function isNumeric(column: Column): column is NumericArray {
  return typedArrayName(column)?.startsWith("Big") === false;
}

function isBinary(column: Column): column is BinaryArray {
  return typeof column === "object" && column !== null && "dtype" in column;
}

function finite(column: NumericArray, name: string): NumericArray {
  const index = column.findIndex((value: number) => value === Infinity || value === -Infinity);
  if (index >= 0) throw infinite(name, index);
  return column;
}

function entry(value: Value, role: Role, name: string, index: number): number | string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === "string") {
    if (role === "number") throw text(name, index);
    return value;
  }
  const words = role === "label" || role === "unit";
  if (typeof value === "boolean") return words || role === "group" ? String(value) : Number(value);
  if (typeof value === "bigint" && words) return String(value);
  const number = numberOf(value, name, index);
  return number !== null && words ? String(number) : number;
}

function numberOf(value: unknown, name: string, index: number): number | null {
  if (typeof value === "bigint") {
    if (value > 2n ** 53n || value < -(2n ** 53n)) throw overflow(name, index);
    return Number(value);
  }
  if (typeof value !== "number") throw unsupported(value, name, index);
  if (Number.isNaN(value)) return null;
  if (!Number.isFinite(value)) throw infinite(name, index);
  if (Number.isInteger(value) && Math.abs(value) > 2 ** 53) throw overflow(name, index);
  return value;
}

function flag(value: Value, name: string, index: number): boolean {
  if (value === true || value === 1) return true;
  if (value === false || value === 0) return false;
  const detail = "A person was asked or not: true or false (1 or 0) in every row.";
  throw refusal("not_logical", detail, "Leave `human` out: rows with an outcome are then the people's.", { column: name, index });
}

function infinite(column: string, index: number): RectifierProblem {
  return refusal("not_finite", "The value is infinite.", "null or NaN marks a missing value.", { column, index });
}

function overflow(column: string, index: number): RectifierProblem {
  const detail = "An integer beyond 2^53: JavaScript numbers no longer tell it from its neighbours.";
  return refusal("integer_overflow", detail, "An id: keep it as text. A measurement: use a Float64Array.", { column, index });
}

function text(column: string, index: number): RectifierProblem {
  return refusal("not_numeric", "There is text where a number is needed.", "null marks a missing value.", { column, index });
}

function unsupported(value: unknown, column: string, index: number): RectifierProblem {
  const what = value instanceof Date ? "a date" : `a ${Array.isArray(value) ? "list" : typeof value}`;
  const hint = "Values are numbers, strings, booleans or null; make a date a number or a word first.";
  return refusal("unsupported_type", `The value is ${what}.`, hint, { column, index });
}
