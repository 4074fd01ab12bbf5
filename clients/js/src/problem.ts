import type { FieldError, ProblemDocument } from "./wire.js";

/** One reason for a refusal; `column` and `index` where `table()` made the data and knows whose values they are. */
export interface Reason extends FieldError {
  column?: string;
  index?: number;
}

export interface ProblemFacts {
  /** HTTP status; null: refused before anything was sent, or no answer came. */
  status: number | null;
  code: string;
  title: string;
  detail: string;
  errors: readonly Reason[];
  /** How many reasons there are; at most 100 are listed. */
  total?: number | undefined;
  /** The request id, for the operator's log. */
  requestId?: string | null | undefined;
  /** Seconds after which the service would like to be asked again. */
  retryAfter?: number | null | undefined;
  document?: ProblemDocument | null | undefined;
}

const SHOWN = 10;
const ROW = /\/\d+$/;

/** What to do in JavaScript, where the service can only speak of JSON. */
const HINTS: Readonly<Record<string, string>> = {
  r_na_string: "null, undefined and NaN are missing, words are not: readCsv(text, { missing: [..] }), or replace them.",
  r_logical: "1 and 0, or in table() and readCsv true and false.",
  number_as_string: "Number(x). One word in a column of a CSV makes all of it text: correct it, or readCsv(text, { missing: [..] }).",
  rows_not_columns: "table(rows, roles) makes columns of rows.",
  wrong_type: 'Numbers, or null where they are missing. Answers that are words: estimand: { type: "proportions" }.',
  prediction_design_required: 'prediction_design: "shared" (every unit under every condition, twins) or "independent" (under its own).',
};

/** A request that was refused, here or by the service, or that got no answer: with a stable code, places and hints. */
export class RectifierProblem extends Error {
  readonly status: number | null;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly errors: readonly Reason[];
  readonly errorsTotal: number;
  readonly requestId: string | null;
  readonly retryAfter: number | null;
  /** The problem as the service wrote it (RFC 9457); null where it did not. Not shown when the error is printed. */
  declare readonly document: ProblemDocument | null;

  constructor(facts: ProblemFacts, cause?: unknown) {
    super(described(facts), cause === undefined ? undefined : { cause });
    this.name = "RectifierProblem";
    this.status = facts.status;
    this.code = facts.code;
    this.title = facts.title;
    this.detail = facts.detail;
    this.errors = facts.errors;
    this.errorsTotal = facts.total ?? facts.errors.length;
    this.requestId = facts.requestId ?? null;
    this.retryAfter = facts.retryAfter ?? null;
    Object.defineProperty(this, "document", { value: facts.document ?? null });
  }
}

function described({ status, code, title, detail, errors, total }: ProblemFacts): string {
  const head = status === null ? `${title} (${code})` : `${status} ${title} (${code})`;
  if (!errors.length) return `${head}: ${detail}`;
  const groups = [...grouped(errors).values()].sort((one, other) => one.length - other.length); // the odd cell first
  const lines = groups.slice(0, SHOWN).map((each) => `\n  ${placed(each)}${each[0].detail}${each[0].hint && `\n    ${each[0].hint}`}`);
  const all = total ?? errors.length;
  const more = groups.length > SHOWN || all > errors.length ? `\n  ${all} reasons in all` : "";
  return head + lines.join("") + more;
}

/** Reasons that differ in nothing but the row. */
function grouped(errors: readonly Reason[]): Map<string, [Reason, ...Reason[]]> {
  const groups = new Map<string, [Reason, ...Reason[]]>();
  for (const each of errors) {
    const key = [each.pointer.replace(ROW, ""), each.column, each.code, each.detail, each.hint].join("\n");
    const group = groups.get(key);
    if (group) group.push(each);
    else groups.set(key, [each]);
  }
  return groups;
}

function placed([first, ...others]: [Reason, ...Reason[]]): string {
  if (first.column === undefined) return first.pointer && `${first.pointer}${others.length ? ` and ${others.length} more` : ""}: `;
  const rows = [first, ...others].flatMap(({ index }) => (index === undefined ? [] : [index]));
  const index = rows.length ? ` at index ${rows.slice(0, 5).join(", ")}${rows.length > 5 ? ` and ${rows.length - 5} more` : ""}` : "";
  return `column "${first.column}"${index}: `;
}

/** What is wrong with a request before it is sent. */
export function refusal(code: string, detail: string, hint: string, place: Partial<Reason> = {}): RectifierProblem {
  const errors = [{ pointer: "", ...place, code, detail, hint }];
  return new RectifierProblem({ status: null, code, title: "Not sent", detail, errors });
}

/** No answer, or none that can be read. */
export function failure(code: string, detail: string, hint: string, cause?: unknown): RectifierProblem {
  const errors = [{ pointer: "", code, detail, hint }];
  return new RectifierProblem({ status: null, code, title: "No answer", detail, errors }, cause);
}

/** The problem that a response tells of; anything that is not ours (a proxy's page) by its status. */
export function told(response: Response, text: string, retryAfter: number | null): RectifierProblem {
  const document = parsed(text);
  if (document) return ofDocument(document, retryAfter);
  const { status } = response;
  const detail = `The answer with status ${status} from ${response.url} is not Rectifier's.`;
  const errors = [{ pointer: "", code: `http_${status}`, detail, hint: "Is the address right? A proxy may have answered." }];
  return new RectifierProblem({ status, code: `http_${status}`, title: response.statusText || "Refused", detail, errors, retryAfter });
}

export function ofDocument(document: ProblemDocument, retryAfter: number | null = null): RectifierProblem {
  const { status, code, title, detail, errors_total: total, instance: requestId } = document;
  const errors = document.errors.map((each) => ({ ...each, hint: hinted(each) }));
  return new RectifierProblem({ status, code, title, detail, errors, total, requestId, retryAfter, document });
}

function hinted({ code, pointer, hint }: FieldError): string {
  const column = pointer.startsWith("/data/") && ROW.test(pointer);
  return (code !== "wrong_type" || column) && Object.hasOwn(HINTS, code) ? HINTS[code]! : hint;
}

/** The same problem with the caller's own column names, by the pointers of the columns that were sent. */
export function located(problem: RectifierProblem, columns: ReadonlyMap<string, string>): RectifierProblem {
  const errors = problem.errors.map((each) => locatedReason(each, columns));
  if (errors.every((each) => each.column === undefined)) return problem;
  return new RectifierProblem({ ...problem, errors, total: problem.errorsTotal, document: problem.document }, problem.cause);
}

function locatedReason(reason: Reason, columns: ReadonlyMap<string, string>): Reason {
  const [, place, index] = /^(.*?)(?:\/(\d+))?$/.exec(reason.pointer) ?? [];
  const whole = columns.get(reason.pointer);
  if (whole !== undefined) return { ...reason, column: whole };
  const column = place === undefined ? undefined : columns.get(place);
  return column === undefined || index === undefined ? reason : { ...reason, column, index: Number(index) };
}

function parsed(text: string): ProblemDocument | null {
  try {
    const found: unknown = JSON.parse(text);
    if (!worded(found, "code") || !("errors" in found) || !Array.isArray(found.errors)) return null;
    return found.errors.every((each) => worded(each, "pointer", "code", "detail", "hint")) ? (found as unknown as ProblemDocument) : null;
  } catch {
    return null;
  }
}

function worded(found: unknown, ...names: string[]): found is Record<string, unknown> {
  return typeof found === "object" && found !== null && names.every((name) => typeof (found as Record<string, unknown>)[name] === "string");
}
