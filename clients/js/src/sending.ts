import { binaryOf, typedArrayName } from "./binary.js";
import { refusal, type RectifierProblem } from "./problem.js";

type Path = readonly (string | number)[];

const NO_INFINITY = "null or NaN marks a missing value; infinity cannot be analysed.";
const DEEPEST = 100; // the service reads less
const SHOWN = 4;
const AS_TEXT = "An id: send it as text. A measurement: send it in a Float64Array.";

/**
 * A request's body as JSON text. In lists NaN and undefined become null (missing); typed arrays become binary arrays.
 * What JSON would silently change is refused with its place: infinity, NaN outside of lists, integers beyond 2^53, dates, maps.
 */
export function encoded(body: unknown): string {
  return JSON.stringify(plain(body, []));
}

function plain(value: unknown, path: Path): unknown {
  switch (typeof value) {
    case "string":
    case "boolean":
    case "undefined":
      return value;
    case "number":
      if (!Number.isFinite(value)) throw notFinite(path, value, "Leave the field out, or send null, for its default.");
      return value;
    case "bigint":
      return whole(value, path);
    case "object":
      return value === null ? null : container(value, path);
    default:
      throw unsupported(path, `a ${typeof value}`);
  }
}

function container(value: object, path: Path): unknown {
  if (Array.isArray(value)) return list(value, path);
  const kind = typedArrayName(value);
  if (kind !== null) return bytes(value as ArrayBufferView & ArrayLike<number>, kind, path);
  const tag = Object.prototype.toString.call(value).slice(8, -1);
  if (tag !== "Object") throw unsupported(path, `a ${tag}`);
  if (path.length > DEEPEST) throw unsupported(path.slice(0, SHOWN), "an object in itself, or in more than 100 others");
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each, [...path, name])]));
}

function list(values: readonly unknown[], path: Path): readonly unknown[] {
  if (path.length > DEEPEST) throw unsupported(path.slice(0, SHOWN), "a list in itself, or in more than 100 others");
  const made = new Array<unknown>(values.length);
  for (let i = 0; i < values.length; i++) made[i] = element(values[i], path, i);
  return made;
}

function element(value: unknown, path: Path, index: number): unknown {
  if (value === undefined || value === null) return null;
  if (typeof value !== "number") return typeof value === "string" ? value : plain(value, [...path, index]);
  if (Number.isSafeInteger(value)) return value;
  if (Number.isNaN(value)) return null;
  if (!Number.isFinite(value)) throw notFinite([...path, index], value, NO_INFINITY);
  if (Number.isInteger(value) && Math.abs(value) > 2 ** 53) throw overflow([...path, index]);
  return value;
}

function bytes(array: ArrayBufferView & ArrayLike<number>, kind: string, path: Path): unknown {
  if (kind.startsWith("Float")) {
    for (let i = 0; i < array.length; i++) {
      if (array[i] === Infinity || array[i] === -Infinity) throw notFinite([...path, i], array[i]!, NO_INFINITY);
    }
  }
  const binary = binaryOf(array);
  if (binary === null) throw unsupported(path, `a ${kind}`);
  return binary;
}

function whole(value: bigint, path: Path): number {
  if (value > 2n ** 53n || value < -(2n ** 53n)) throw overflow(path);
  return Number(value);
}

function notFinite(path: Path, value: number, hint: string): RectifierProblem {
  const what = Number.isNaN(value) ? "NaN" : "infinite";
  return refusal("not_finite", `The value is ${what}.`, hint, { pointer: pointer(path) });
}

function overflow(path: Path): RectifierProblem {
  const detail = "An integer beyond 2^53: JavaScript numbers no longer tell it from its neighbours.";
  return refusal("integer_overflow", detail, AS_TEXT, { pointer: pointer(path) });
}

function unsupported(path: Path, what: string): RectifierProblem {
  const hint = "Send numbers, strings, booleans, null, lists, typed arrays and plain objects.";
  return refusal("unsupported_type", `There is ${what}, which JSON does not have.`, hint, { pointer: pointer(path) });
}

/** A JSON pointer (RFC 6901). */
export function pointer(path: Path): string {
  return path.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}
