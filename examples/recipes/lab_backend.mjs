// The lab's own server between participants' browsers (or Qualtrics) and Rectifier. The key of the service stays here.
//
//   RECTIFIER_KEY=... LAB_TOKEN=... node examples/recipes/lab_backend.mjs      Node 18 or newer, no packages
//
// GET  /             the experiment; scripts of jsPsych come from JSPSYCH, a folder of the lab's own
// POST /responses    all trials of one person (jsPsych.data.get().json()), or one flat {subject, condition, trust}
// POST /calibration  with "Authorization: Bearer LAB_TOKEN": Rectifier's answer for everybody so far, as it came
import { timingSafeEqual } from "node:crypto";
import { appendFile, readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { basename, extname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const { RECTIFIER_URL = "http://localhost:8000", RECTIFIER_KEY = "", LAB_TOKEN = "" } = process.env;
const { HOST = "127.0.0.1", PORT = "3000", RESPONSES = "responses.jsonl" } = process.env;
const { PREDICTIONS = join(here, "predictions.csv"), JSPSYCH = join(here, "jspsych") } = process.env;
const ARMS = ["control", "treatment"];
const TYPES = { ".js": "text/javascript", ".css": "text/css", ".html": "text/html; charset=utf-8" };
if (LAB_TOKEN.length < 16) throw new Error("LAB_TOKEN must be set, 16 characters or more");

// The LLM's answers: {id, values}, a value for each of ARMS. A file that would be read wrongly stops the start.
function readPredictions(text) {
  const [header, ...rows] = text.replace(/^\uFEFF/, "").trim().split(/\r?\n/).map(line => line.split(",").map(cell => cell.trim().replace(/^"(.*)"$/, "$1")));
  const [id, ...columns] = ["id", ...ARMS.map(arm => `gpt_${arm}`)].map(name => {
    if (!header.includes(name)) throw new Error(`${PREDICTIONS} has no column ${name}`);
    return header.indexOf(name);
  });
  const number = cell => {
    if (["", "NA"].includes(cell)) return null;
    if (!Number.isFinite(Number(cell ?? NaN))) throw new Error(`${PREDICTIONS}: ${cell} is no number`);
    return Number(cell);
  };
  if (new Set(rows.map(row => row[id])).size < rows.length) throw new Error(`${PREDICTIONS}: an id stands twice`);
  return rows.map(row => ({ id: row[id], values: columns.map(at => number(row[at])) }));
}
const predictions = readPredictions(await readFile(PREDICTIONS, "utf8"));
const known = new Set(predictions.map(({ id }) => id));

// One person's answer, from jsPsych's trials or a flat object; undefined when it is not one.
function answer(sent) {
  const { subject, condition, trust } = Array.isArray(sent)
    ? { ...sent.at(-1), trust: sent.find(trial => trial.measure === "trust")?.response }
    : sent;
  const valid = known.has(subject) && ARMS.includes(condition) && typeof trust === "number" && trust >= 1 && trust <= 7;
  return valid ? { subject, condition, trust } : undefined;
}

// The data of a request. A person counts once: the first answer stands, however often the page was sent.
async function table() {
  const stored = await readFile(RESPONSES, "utf8").catch(() => "");
  const answers = stored.split("\n").filter(Boolean).map(line => JSON.parse(line));
  const people = new Map(answers.reverse().map(person => [person.subject, person]));
  return {
    layout: "table", prediction_design: "shared",
    arm: predictions.map(({ id }) => people.get(id)?.condition ?? null),
    outcomes: { trust: predictions.map(({ id }) => people.get(id)?.trust ?? null) },
    predictions: ARMS.map((arm, at) => ({ model: "gpt", arm, values: predictions.map(({ values }) => values[at]) })),
  };
}

// Tries for at most 8 seconds: after 429 or 503 again, if Retry-After (seconds; else one) still leaves time for it.
async function calibrate(until = Date.now() + 8000) {
  const reply = await fetch(`${RECTIFIER_URL}/v1/calibrations`, {
    method: "POST", headers: { "Content-Type": "application/json", "X-API-Key": RECTIFIER_KEY },
    body: JSON.stringify({ plan: { identification: "exchangeability", control: ARMS[0] }, data: await table() }),
    signal: AbortSignal.timeout(Math.max(1, until - Date.now())),
  });
  const wait = 1000 * (Number(reply.headers.get("Retry-After")) || 1);
  if (![429, 503].includes(reply.status) || Date.now() + wait > until) return reply;
  await new Promise(resume => setTimeout(resume, wait));
  return calibrate(until);
}

function trusted(request) {
  const given = Buffer.from(request.headers.authorization ?? ""), wanted = Buffer.from(`Bearer ${LAB_TOKEN}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

async function read(request) {
  let text = "";
  for await (const part of request.setEncoding("utf8")) {
    text += part;
    if (text.length > 1_000_000) throw new Error("too large");
  }
  return JSON.parse(text);
}

async function file(path) {
  const name = path.startsWith("/jspsych/") ? join(JSPSYCH, basename(path)) : join(here, "jspsych.html");
  const shown = path === "/" || path.startsWith("/jspsych/");
  return shown ? [200, await readFile(name), TYPES[extname(name)]] : [404, "not here"];
}

async function store(sent) {
  const told = answer(sent);
  if (!told) return [422, "not an answer of a participant"];
  await appendFile(RESPONSES, `${JSON.stringify(told)}\n`);
  return [204];
}

async function respond(request) {
  const path = new URL(request.url, "http://lab").pathname;
  if (request.method === "GET") return file(path);
  if (path === "/responses") return store(await read(request));
  if (path !== "/calibration") return [404, "not here"];
  if (!trusted(request)) return [401, "the lab's token is missing"];
  const reply = await calibrate();
  return [reply.status, await reply.text(), reply.headers.get("Content-Type")];
}

// Whatever goes wrong has an answer, and never one that tells more than this.
function failed(error) {
  if (error.name === "TimeoutError") return [504, "Rectifier took too long"];
  if (error.code === "ENOENT") return [404, "not here"];
  return error.cause ? [502, "Rectifier cannot be reached"] : [400, "not understood"];
}

createServer(async (request, response) => {
  const [status, content, type] = await respond(request).catch(failed);
  response.writeHead(status, { "Content-Type": type ?? "text/plain" }).end(content);
}).listen(Number(PORT), HOST, () => console.log(`http://${HOST}:${PORT}/`));
