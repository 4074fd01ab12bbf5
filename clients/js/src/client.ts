import { ask, open, type Manner } from "./asking.js";
import { failure, located, RectifierProblem, refusal } from "./problem.js";
import { records } from "./records.js";
import { encoded } from "./sending.js";
import { columnsOf } from "./table.js";
import type {
  CalibrationAnswer,
  CalibrationRequest,
  DesignAnswer,
  DesignRequest,
  DiagnosticsAnswer,
  DiagnosticsRequest,
  GenerationPlan,
  GenerationRecord,
  GenerationRequest,
  Methods,
  Paths,
  ProblemEntry,
  Providers,
  ScreeningAnswer,
  ScreeningRequest,
  TrackRecordAnswer,
  TrackRecordRequest,
} from "./wire.js";

export interface RectifierOptions {
  /** The calibration service. Default: in Node the variable RECTIFIER_URL, else http://localhost:8000. */
  url?: string | undefined;
  /** The gateway. Default: in Node the variable RECTIFIER_GATEWAY_URL, else http://localhost:8001. */
  gateway?: string | undefined;
  /** API key. Default: in Node the variable RECTIFIER_KEY, else none. Never put one into a page. */
  key?: string | undefined;
  /** Milliseconds for a whole call, waits included; null: no bound. Default: 60000; generations have no bound. */
  timeout?: number | null | undefined;
  /** Further tries after 429 and 503, waiting as Retry-After says. Default: 3. */
  retries?: number | undefined;
  /** Headers of every request. */
  headers?: Record<string, string> | undefined;
  /** What asks. Default: the global fetch. */
  fetch?: typeof fetch | undefined;
}

export interface CallOptions {
  signal?: AbortSignal | undefined;
  timeout?: number | null | undefined;
  headers?: Record<string, string> | undefined;
}

export interface GenerationOptions extends CallOptions {
  /** Keys of your own for providers that the gateway's operator configured: `{ openai: "..." }`. */
  upstreamKeys?: Record<string, string> | undefined;
  /** How records come: lines (ndjson) or server-sent events. Default: ndjson. */
  stream?: "ndjson" | "events" | undefined;
}

type Asked = { method: "GET" | "POST"; body?: unknown; accept: string; pure?: boolean };

const TIMEOUT = 60_000;
const JSON_TYPE = "application/json";

/** A client of the calibration service and of the gateway. It keeps nothing but its options. */
export class Rectifier {
  readonly url: string;
  readonly gateway: string;
  readonly #options: RectifierOptions;
  readonly #key: string | undefined;

  constructor(options: RectifierOptions = {}) {
    this.url = trimmed(options.url ?? environment("RECTIFIER_URL") ?? "http://localhost:8000");
    this.gateway = trimmed(options.gateway ?? environment("RECTIFIER_GATEWAY_URL") ?? "http://localhost:8001");
    this.#key = options.key ?? environment("RECTIFIER_KEY");
    this.#options = options;
  }

  /** Calibrated estimates from human and LLM responses. */
  calibrate(request: CalibrationRequest, options?: CallOptions): Promise<CalibrationAnswer> {
    return this.#computed("/v1/calibrations", request, options);
  }

  /** How many humans and how many LLM answers to buy. */
  design(request: DesignRequest, options?: CallOptions): Promise<DesignAnswer> {
    return this.#computed("/v1/designs", request, options);
  }

  /** May these LLM responses be relied on? */
  diagnose(request: DiagnosticsRequest, options?: CallOptions): Promise<DiagnosticsAnswer> {
    return this.#computed("/v1/diagnostics", request, options);
  }

  /** What an effect is worth that only an LLM has measured. */
  trackRecord(request: TrackRecordRequest, options?: CallOptions): Promise<TrackRecordAnswer> {
    return this.#computed("/v1/track-records", request, options);
  }

  /** Many hypotheses under one error rate, and which to take to humans next. */
  screen(request: ScreeningRequest, options?: CallOptions): Promise<ScreeningAnswer> {
    return this.#computed("/v1/screenings", request, options);
  }

  /** Every method: formula, assumptions, sources, limits. */
  methods(options?: CallOptions): Promise<Methods> {
    return this.#json(`${this.url}/v1/methods`, { method: "GET", accept: JSON_TYPE }, options);
  }

  /** What a problem's or a warning's code means, and what to do. */
  explain(code: string, options?: CallOptions): Promise<ProblemEntry> {
    return this.#json(`${this.url}/v1/problems/${encodeURIComponent(code)}`, { method: "GET", accept: JSON_TYPE }, options);
  }

  /** Posts any body to a path of the calibration service; the answer is parsed JSON. */
  post<P extends keyof Paths>(path: P, body: Paths[P]["request"], options?: CallOptions): Promise<Paths[P]["answer"]>;
  post<P extends string>(path: P extends keyof Paths ? never : P, body: unknown, options?: CallOptions): Promise<unknown>;
  post(path: string, body: unknown, options?: CallOptions): Promise<unknown> {
    return this.#posted(path, body, options);
  }

  /** Posts and gives the answer's text as it came: JSON, or another type that the path has, such as text/csv. */
  text(path: keyof Paths | (string & {}), body: unknown, accept = JSON_TYPE, options?: CallOptions): Promise<string> {
    const asked: Asked = { method: "POST", body, accept, pure: true };
    return this.#ask(this.url + path, asked, options, async (response) => {
      const type = response.headers.get("content-type")?.split(";")[0]!.trim() ?? "nothing";
      if (type === accept || /[,*]/.test(accept)) return response.text();
      throw failure("not_accepted", `${this.url}${path} answered ${type}, not ${accept}.`, "Does something else answer at this address?");
    });
  }

  /** The refusal that a request would get, else what would be applied and what it would cost. */
  validate<P extends keyof Paths>(path: P, body: Paths[P]["request"], options?: CallOptions): Promise<Paths[P]["validated"]> {
    return this.#computed(`${path}?validate_only=true`, body, options);
  }

  /** What a generation would ask, of whom, at what price at most; nobody is called. */
  planGeneration(study: GenerationRequest, options?: CallOptions): Promise<GenerationPlan> {
    const asked: Asked = { method: "POST", body: study, accept: JSON_TYPE, pure: true };
    return this.#json(`${this.gateway}/v1/generations/plan`, asked, options);
  }

  /** The providers and models that the gateway's operator configured. */
  providers(options?: CallOptions): Promise<Providers> {
    return this.#json(`${this.gateway}/v1/providers`, { method: "GET", accept: JSON_TYPE }, options);
  }

  /**
   * LLM answers as they come: `cell` records, `progress` between them, `end` last. Nothing is asked before the first record
   * is taken; leaving the loop, or aborting, stops the run.
   */
  async *generate(study: GenerationRequest, options: GenerationOptions = {}): AsyncGenerator<GenerationRecord, void, undefined> {
    const accept = options.stream === "events" ? "text/event-stream" : "application/x-ndjson";
    const headers = { ...options.headers, ...upstream(options.upstreamKeys) };
    const asked: Asked = { method: "POST", body: study, accept };
    const call = { ...options, headers, timeout: options.timeout ?? null };
    const { response, watch } = await open(`${this.gateway}/v1/generations`, this.#init(asked, call), this.#manner(asked, call));
    try {
      yield* records(response);
    } catch (error) {
      throw watch.reason(error);
    } finally {
      watch.end();
    }
  }

  /** Every answer of a computing path has warnings, if none; what has not is somebody else's. */
  async #computed<T>(path: string, body: unknown, options?: CallOptions): Promise<T> {
    const answer = await this.#posted<T & { warnings?: unknown }>(path, body, options);
    if (Array.isArray(answer?.warnings)) return answer;
    throw failure("not_accepted", `The answer of ${this.url}${path} is none of the service's.`, "Does something else answer at this address?");
  }

  #posted<T>(path: string, body: unknown, options?: CallOptions): Promise<T> {
    return this.#json(this.url + path, { method: "POST", body, accept: JSON_TYPE, pure: true }, options);
  }

  #json<T>(url: string, asked: Asked, options?: CallOptions): Promise<T> {
    return this.#ask(url, asked, options, async (response) => {
      const text = await response.text();
      try {
        return JSON.parse(text) as T;
      } catch (error) {
        throw failure("not_json", `The answer of ${url} is not JSON.`, "Does something else answer at this address?", error);
      }
    });
  }

  async #ask<T>(url: string, asked: Asked, options: CallOptions = {}, read: (response: Response) => Promise<T>): Promise<T> {
    try {
      return await ask(url, this.#init(asked, options), this.#manner(asked, options), read);
    } catch (error) {
      throw error instanceof RectifierProblem ? located(error, columnsOf(asked.body)) : error;
    }
  }

  #init({ method, body, accept }: Asked, options: CallOptions): RequestInit {
    const ours = { Accept: accept, ...(this.#key && { "X-API-Key": this.#key }) };
    const headers = headersOf(ours, this.#options.headers, options.headers, body === undefined ? {} : { "Content-Type": JSON_TYPE });
    return { method, headers, redirect: "manual", ...(body !== undefined && { body: encoded(body) }) };
  }

  #manner({ method, pure }: Asked, { signal, timeout }: CallOptions): Manner {
    const { retries = 3, fetch: asks = globalThis.fetch } = this.#options;
    const given = timeout === undefined ? this.#options.timeout : timeout;
    return {
      fetch: (...call) => asks(...call),
      retries,
      signal,
      timeout: given === undefined ? TIMEOUT : given,
      pure: pure ?? method === "GET",
    };
  }
}

/** The later ones win. What fetch would say of a value that it cannot send shows the value, which may be a key. */
function headersOf(...given: (Record<string, string> | undefined)[]): Headers {
  const headers = new Headers();
  for (const [name, value] of given.flatMap((each) => Object.entries(each ?? {}))) {
    try {
      headers.set(name, value);
    } catch {
      throw refusal("not_a_header", `No header can carry what ${name} has.`, "Is it the whole value, and nothing else?");
    }
  }
  return headers;
}

function trimmed(url: string): string {
  return url.replace(/\/+$/, "");
}

function environment(name: string): string | undefined {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } };
  return process?.env?.[name] || undefined;
}

function upstream(keys: Record<string, string> | undefined): Record<string, string> {
  if (!keys) return {};
  return { "X-Upstream-Key": Object.entries(keys).map(([provider, key]) => `${provider}=${key}`).join(", ") };
}
