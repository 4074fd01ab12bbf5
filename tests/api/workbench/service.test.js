import assert from "node:assert/strict";
import { test } from "node:test";
import { advice, catalogue, post } from "./workbench/service.js";

const answering = (status, body, headers = {}) => {
  const asked = [];
  globalThis.fetch = async (path, options) => {
    asked.push({ path, options });
    return new Response(typeof body === "string" ? body : JSON.stringify(body), { status, headers });
  };
  return asked;
};

test("an answer, its text as it came, the key as a bearer", async () => {
  const asked = answering(200, '{"x": 1.0}');
  const found = await post("v1/calibrations", { a: 1 }, { key: "secret" });
  assert.deepEqual(found, { answer: { x: 1 }, text: '{"x": 1.0}' });
  assert.equal(asked[0].options.headers.Authorization, "Bearer secret");
  assert.equal(asked[0].options.body, '{"a":1}');
  assert.equal(asked[0].options.credentials, "omit");
});

test("other media types stay text; no key, no header", async () => {
  const asked = answering(200, "a,b\n");
  assert.equal((await post("v1/calibrations", "{}", { accept: "text/csv" })).answer, "a,b\n");
  assert.equal("Authorization" in asked[0].options.headers, false);
});

test("a problem keeps its words and gains what to do", async () => {
  answering(422, { code: "too_few_humans", title: "T", detail: "d", errors: [{ pointer: "/data", code: "c", detail: "d", hint: "h" }], errors_total: 7, instance: "i" });
  const { problem } = await post("x", {});
  assert.deepEqual([problem.code, problem.errors.length, problem.errors_total, problem.instance, problem.advice], ["too_few_humans", 1, 7, "i", ""]);
});

test("busy, too fast, and a proxy without our words", async () => {
  answering(503, { code: "overloaded", title: "busy" }, { "Retry-After": "2" });
  assert.match((await post("x", {})).problem.advice, /^Try again in 2 seconds\./);
  answering(502, "<html>Bad gateway</html>");
  const { problem } = await post("x", {});
  assert.deepEqual([problem.status, problem.title], [502, "The service answered 502"]);
});

test("offline, and given up", async () => {
  globalThis.fetch = async () => {
    throw new TypeError("network");
  };
  assert.equal((await post("x", {})).problem.code, "unreachable");
  globalThis.fetch = async () => {
    throw new DOMException("gone", "AbortError");
  };
  assert.deepEqual(await post("x", {}), { aborted: true });
});

test("a service that never answers is given up, and that is told", async () => {
  globalThis.fetch = (path, { signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  const alive = setTimeout(() => {}, 5000); // the page's own timer does not keep node running
  const { problem } = await post("x", {}, { patience: 20, signal: new AbortController().signal });
  clearTimeout(alive);
  assert.equal(problem.code, "silent");
  assert.match(problem.advice, /Nothing is lost/);
  const stopped = new AbortController();
  const waiting = post("x", {}, { signal: stopped.signal });
  stopped.abort();
  assert.deepEqual(await waiting, { aborted: true });
});

test("advice by status", () => {
  assert.match(advice(401, null), /API key/);
  assert.match(advice(413, null), /Keep rows/);
  assert.match(advice(429, "300"), /5 minutes/);
  assert.match(advice(429, null), /in a moment/);
  assert.match(advice(500, null), /not of your data/);
  assert.equal(advice(422, null), "");
});

test("the catalogue by code, empty when it cannot be had", async () => {
  answering(200, { problems: [{ code: "few_humans", title: "Few", action: "more" }] });
  assert.equal((await catalogue()).get("few_humans").title, "Few");
  answering(500, "no");
  assert.equal((await catalogue()).size, 0);
});
