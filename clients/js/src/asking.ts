import { failure, RectifierProblem, told } from "./problem.js";

export interface Manner {
  fetch: typeof fetch;
  /** Milliseconds for the whole call, waits and further tries included; null: no bound. */
  timeout: number | null;
  /** Further tries after 429 and 503. */
  retries: number;
  signal?: AbortSignal | undefined;
  /** Whether to try once more when the connection breaks, which a pure request allows. */
  pure: boolean;
}

const LONGEST_WAIT = 60; // seconds; a quota that is full for longer is the caller's to know
const BASE = 0.5;
/** Node's own fetch waits for head and body 300 seconds each, whatever `timeout` says. */
const ENDED_BY_NODE = new Set(["UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT"]);
const OF_NODE = "Node's own fetch waits no longer, whatever `timeout` says. Ask for less (fewer replicates, fewer columns), or give the client another `fetch`.";
const MORE_TIME = "Give `timeout` more milliseconds, or ask for less: fewer replicates, fewer columns.";
const LONGEST_TIMER = 2 ** 31 - 1; // milliseconds; a longer one would go off at once

/** A response whose body is still to be read; `end` frees what watches it, and closes what was not read. */
export interface Opened {
  response: Response;
  watch: Watch;
}

/** Asks until there is an answer that is not "later"; the caller's signal and the time left end all of it. */
export async function open(url: string, init: RequestInit, manner: Manner): Promise<Opened> {
  const watch = watched(manner, url);
  try {
    return { response: await answered(url, { ...init, signal: watch.signal }, manner, watch, async (response) => response), watch };
  } catch (error) {
    watch.end();
    throw watch.reason(error);
  }
}

/** Asks, and reads the answer. */
export async function ask<T>(url: string, init: RequestInit, manner: Manner, read: Reader<T>): Promise<T> {
  const watch = watched(manner, url);
  try {
    return await answered(url, { ...init, signal: watch.signal }, manner, watch, read);
  } catch (error) {
    throw watch.reason(error);
  } finally {
    watch.end();
  }
}

type Reader<T> = (response: Response) => Promise<T>;

async function answered<T>(url: string, init: RequestInit, manner: Manner, watch: Watch, read: Reader<T>): Promise<T> {
  let broken = manner.pure ? 1 : 0;
  for (let tried = 0; ; tried++) {
    try {
      const response = await manner.fetch(url, init);
      if (response.ok) return await read(response);
      if (isRedirect(response)) throw redirected(url, response);
      const after = retryAfter(response);
      const wait = after ?? Math.random() * BASE * 2 ** tried;
      const problem = told(response, await response.text(), after);
      const begun = !manner.pure && problem.document === null; // by who stands between, who may have asked already
      const later = (response.status === 429 || response.status === 503) && !begun;
      if (!later || tried >= manner.retries || wait > LONGEST_WAIT || wait > watch.left()) throw problem;
      await pause(wait, watch.signal);
    } catch (error) {
      if (watch.signal.aborted || error instanceof RectifierProblem) throw error;
      if (ENDED_BY_NODE.has(String(causeOf(error)?.code))) throw outOfTime(url, 300_000, OF_NODE, error);
      if (broken-- <= 0) throw unreachable(url, error);
      await pause(BASE * 0.5, watch.signal);
    }
  }
}

/** A page is not told where a redirect leads, nor its status. */
function isRedirect({ type, status }: Response): boolean {
  return type === "opaqueredirect" || (status >= 300 && status < 400);
}

function retryAfter(response: Response): number | null {
  const given = response.headers.get("Retry-After");
  if (given === null) return null;
  const seconds = /^\s*\d+(\.\d+)?\s*$/.test(given) ? Number(given) : (Date.parse(given) - Date.now()) / 1000;
  return Number.isNaN(seconds) ? null : Math.max(0, seconds);
}

interface Watch {
  signal: AbortSignal;
  /** Seconds left. */
  left(): number;
  /** What an error really was: the caller's abort, our time, or itself. */
  reason(error: unknown): unknown;
  end(): void;
}

/** The caller's signal and a clock as one signal (AbortSignal.any is younger than Node 18). */
function watched({ signal, timeout }: Manner, url: string): Watch {
  const controller = new AbortController();
  const until = timeout === null ? Infinity : Date.now() + timeout;
  let late = false;
  const abort = (): void => controller.abort(signal?.reason);
  const timer = until - Date.now() > LONGEST_TIMER ? undefined : setTimeout(() => ((late = true), controller.abort()), timeout!);
  if (signal?.aborted) abort();
  else signal?.addEventListener("abort", abort, { once: true });
  return {
    signal: controller.signal,
    left: () => (until - Date.now()) / 1000,
    reason: (error) => (late ? outOfTime(url, timeout, MORE_TIME) : signal?.aborted ? signal.reason : error),
    end: () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
      controller.abort();
    },
  };
}

function pause(seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const stop = (): void => (clearTimeout(timer), reject(signal.reason));
    const timer = setTimeout(() => (signal.removeEventListener("abort", stop), resolve()), seconds * 1000);
    signal.addEventListener("abort", stop, { once: true });
  });
}

function outOfTime(url: string, timeout: number | null, hint: string, cause?: unknown): RectifierProblem {
  return failure("timeout", `${url} did not answer within ${timeout} ms.`, hint, cause);
}

function causeOf(error: unknown): { code?: unknown; message?: unknown } | undefined {
  return error instanceof Error ? (error.cause as { code?: unknown; message?: unknown } | undefined) : undefined;
}

function unreachable(url: string, error: unknown): RectifierProblem {
  const cause = causeOf(error);
  const why = cause?.code ?? cause?.message ?? (error instanceof Error ? error.message : error);
  const page = typeof document === "undefined" ? "" : " In a page: is its origin in RECTIFIER_CORS_ORIGINS of the service?";
  const hint = `Is the service running (rectifier serve), and is the address right?${page}`;
  return failure("unreachable", `No answer from ${url} (${String(why)}).`, hint, error);
}

function redirected(url: string, response: Response): RectifierProblem {
  const to = response.headers.get("Location");
  const hint = "Say the address that it leads to. Key and data are not sent on to an address that you have not named.";
  return failure("redirected", `${url} answers with a redirect${to === null ? "" : ` to ${to}`}.`, hint);
}
