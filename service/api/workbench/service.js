// Talking to the service: an answer, or a problem said so that a person can act on it. Nothing is kept.

const FAILED = "cannot be reached";
const PATIENCE = 120_000; // milliseconds; the service itself gives up long before

/** {answer, text: as it came} or {problem}; `accept` is the media type wanted, `key` an API key or empty. Aborting gives {aborted}. */
export async function post(path, body, { key = "", accept = "application/json", signal, patience = PATIENCE } = {}) {
  const headers = { "Content-Type": "application/json", Accept: accept };
  if (key) headers.Authorization = `Bearer ${key}`;
  const late = AbortSignal.timeout(patience);
  let response;
  try {
    response = await fetch(path, { method: "POST", headers, body: typeof body === "string" ? body : JSON.stringify(body), signal: signal ? AbortSignal.any([signal, late]) : late, cache: "no-store", credentials: "omit" });
    const text = response.ok ? await response.text() : "";
    if (response.ok) return { text, answer: accept === "application/json" ? JSON.parse(text) : text };
  } catch (error) {
    if (error.name === "AbortError") return { aborted: true };
    return { problem: error.name === "TimeoutError" ? silent(patience) : unreachable() };
  }
  return { problem: await told(response) };
}

/** The catalogue of problems by code; empty when it cannot be had. */
export async function catalogue() {
  try {
    const response = await fetch("v1/problems", { headers: { Accept: "application/json" } });
    const { problems } = await response.json();
    return new Map(problems.map((entry) => [entry.code, entry]));
  } catch {
    return new Map();
  }
}

async function told(response) {
  let document = {};
  try {
    document = await response.json();
  } catch {
    // a proxy may answer without our words
  }
  const { code = "unknown", title = `The service answered ${response.status}`, detail = "", errors = [], errors_total = errors.length, instance = "" } = document;
  return { status: response.status, code, title, detail, errors, errors_total, instance, advice: advice(response.status, response.headers.get("Retry-After")) };
}

function unreachable() {
  const detail = globalThis.navigator?.onLine === false ? "This computer is offline." : "It may have stopped, or the connection is interrupted.";
  return unanswered({ code: "unreachable", title: `The service ${FAILED}`, detail, advice: "Nothing is lost: your data are still in this page. Try again when the connection is back." });
}

function silent(patience) {
  const title = `The service has not answered for ${Math.round(patience / 1000)} seconds`;
  return unanswered({ code: "silent", title, detail: "It may be stuck, or something on the way is.", advice: "Nothing is lost: your data are still in this page. Try again, or tell whoever runs the service." });
}

function unanswered(said) {
  return { status: 0, errors: [], errors_total: 0, instance: "", ...said };
}

/** What to do about a status, beyond what the problem says itself. */
export function advice(status, retryAfter) {
  const seconds = Number(retryAfter);
  const wait = seconds > 0 ? `Try again in ${seconds < 90 ? `${Math.ceil(seconds)} seconds` : `${Math.ceil(seconds / 60)} minutes`}.` : "Try again in a moment.";
  if (status === 401) return "This service needs an API key: write it under “API key” above.";
  if (status === 403) return "Your key does not allow this. Ask whoever runs the service for one that does.";
  if (status === 413) return "Tick “Keep rows on my machine” to send means and covariances in place of rows, or leave out columns.";
  if (status === 429 || status === 503) return `${wait} Your data are still in this page.`;
  if (status === 504) return `The work took too long. ${wait} Fewer columns, or moments, take less.`;
  if (status >= 500) return "This is a fault of the service, not of your data. Try again; if it stays, tell whoever runs the service the request id.";
  return "";
}
