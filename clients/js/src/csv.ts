import { refusal } from "./problem.js";

export interface CsvOptions {
  /** Fields that are missing values. Default: empty ones and NA. */
  missing?: readonly (string | number)[] | undefined;
  /** Default: the one of comma, semicolon and tab that the header has most of. */
  separator?: string | undefined;
}

/** Columns by their names: numbers, or true and false, where every value is one, else text; null is missing. */
export interface CsvColumns {
  [name: string]: (number | string | boolean | null)[];
}

const DECIMAL_COMMA = /^\s*[-+]?\d+,\d+\s*$/;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const LOGICAL = new Map([
  ["true", true],
  ["false", false],
]);
const CODE = /^[+-]?0\d/; // 007 is a name

/**
 * A CSV (RFC 4180, header required) as columns, from its text or its bytes in UTF-8 (or marked as UTF-16). Columns without a name are left out, and the
 * two lines below the header in which Qualtrics describes its columns. With semicolons, numbers may have decimal commas.
 */
export function readCsv(given: string | Uint8Array, options: CsvOptions = {}): CsvColumns {
  const text = typeof given === "string" ? given : decoded(given);
  const [mark, said] = /^\uFEFF?(?:sep=(.)\r?\n)?/i.exec(text)!; // what spreadsheets write before the header
  const content = text.slice(mark.length);
  const separator = options.separator ?? said ?? guessed(content);
  if (typeof separator !== "string" || separator.length !== 1) throw refusal("unsupported_type", "separator is not one character.", 'For example { separator: ";" }.');
  const [first, ...below] = fields(content, separator);
  if (!first) throw refusal("empty_csv", "The CSV has no header.", "The first line names the columns.");
  const header = first.map((name) => name.trim());
  const twice = header.find((name, i) => name !== "" && header.indexOf(name) !== i);
  if (twice !== undefined) throw refusal("duplicate_header", `Two columns are named "${twice}".`, "Names must differ.");
  const ragged = below.findIndex((record) => record.length !== header.length);
  if (ragged >= 0) {
    const detail = `Record ${ragged + 1} below the header has ${below[ragged]!.length} fields, the header ${header.length}.`;
    throw refusal("ragged_row", detail, "A field that contains the separator needs quotes.");
  }
  const records = below.slice(described(below));
  const missing = new Set(codes(options.missing));
  const commas = separator === ";";
  const told = commas && records.some((record) => record.some((field) => DECIMAL_COMMA.test(field)));
  const columns = header.map((name, i) => [name, typed(records.map((record) => record[i]!), missing, commas, told)] as const);
  return Object.fromEntries(columns.filter(([name]) => name !== ""));
}

/** What means missing, as text: -99 is "-99". */
function codes(given: unknown = ["", "NA"]): string[] {
  if (Array.isArray(given)) return given.map(String);
  throw refusal("unsupported_type", "missing is no list.", 'A list of what means missing: { missing: ["", "NA", "-99"] }.');
}

/** How many of the first records describe columns: question texts, and import ids in JSON. */
function described(records: readonly string[][]): number {
  return records.slice(0, 2).findIndex((record) => record.some((field) => field.startsWith('{"ImportId"'))) + 1;
}

function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder(bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : "utf-8", { fatal: true }).decode(bytes);
  } catch {
    const hint = 'Save it as "CSV UTF-8", or decode it: new TextDecoder("windows-1252").decode(bytes).';
    throw refusal("not_utf8", "The file is not UTF-8.", hint);
  }
}

/** `told`: somewhere in the file is a decimal comma, so that 1.234 may be a thousand. */
function typed(values: readonly string[], missing: ReadonlySet<string>, commas: boolean, told: boolean): CsvColumns[string] {
  const known = values.map((value) => (missing.has(value.trim()) ? null : value));
  const logical = (value: string): boolean | null => LOGICAL.get(value.trim().toLowerCase()) ?? null;
  const doubtful = told && has(known, ".");
  return (doubtful ? null : every(known, (value) => numberOf(value.trim(), commas))) ?? every(known, logical) ?? known;
}

function has(known: readonly (string | null)[], mark: string): boolean {
  return known.some((value) => value?.includes(mark));
}

/** All values read by `read`, or null where it cannot read one. */
function every<T>(known: readonly (string | null)[], read: (value: string) => T | null): (T | null)[] | null {
  const made = known.map((value) => (value === null ? null : read(value)));
  return made.every((value, i) => value !== null || known[i] === null) ? made : null;
}

/** null: text, among it codes such as 007 and integers that a number cannot hold. */
function numberOf(value: string, commas: boolean): number | null {
  const plain = commas ? value.replace(",", ".") : value;
  if (!NUMBER.test(plain) || CODE.test(plain)) return null;
  const number = Number(plain);
  return Number.isFinite(number) && (!Number.isInteger(number) || Math.abs(number) <= 2 ** 53) ? number : null;
}

function guessed(text: string): string {
  const header = text.slice(0, text.search(/[\r\n]|$/)).replace(/"(?:[^"]|"")*"/g, "");
  const count = (separator: string): number => header.split(separator).length;
  return [",", ";", "\t"].reduce((best, each) => (count(each) > count(best) ? each : best));
}

function fields(text: string, separator: string): string[][] {
  const plain = new RegExp(`[^${separator.replace(/[\\\]^-]/g, "\\$&")}\\r\\n]*`, "y");
  const records: string[][] = [[]];
  for (let at = 0; at < text.length || text[at - 1] === separator; ) {
    let field = "";
    if (text[at] === '"') [field, at] = quoted(text, at + 1);
    plain.lastIndex = at;
    const rest = plain.exec(text)![0];
    records.at(-1)!.push(field + rest);
    at += rest.length;
    if (at >= text.length) break;
    if (text[at] !== separator) records.push([]);
    at += text.startsWith("\r\n", at) ? 2 : 1;
  }
  const blank = (record: string[]): boolean => record.length === 0 || (record.length === 1 && record[0] === "");
  while (records.length && blank(records.at(-1)!)) records.pop();
  return records[0]?.length === 1 ? records : records.filter((record) => !blank(record));
}

/** What stands between quotes, two of them being one, and where it ends. */
function quoted(text: string, from: number): [string, number] {
  let field = "";
  for (let at = from; ; ) {
    const close = text.indexOf('"', at);
    if (close < 0) throw refusal("malformed_csv", "A quoted field does not end.", 'A quote within quotes is written "".');
    field += text.slice(at, close);
    if (text[close + 1] !== '"') return [field, close + 1];
    field += '"';
    at = close + 2;
  }
}
