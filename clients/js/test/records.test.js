import assert from "node:assert/strict";
import { test } from "node:test";
import { Rectifier, RectifierProblem } from "rectifier";

const bytes = (text) => new TextEncoder().encode(text);

/** What is seen of a gateway that sends these chunks and then ends, or breaks off. */
async function seen(chunks, { breaks, type = "application/x-ndjson", until = () => false } = {}) {
  const left = [...chunks];
  const found = { records: [], error: undefined, cancelled: false };
  const body = new ReadableStream({
    pull: (stream) => (left.length ? stream.enqueue(left.shift()) : breaks ? stream.error(breaks) : stream.close()),
    cancel: () => void (found.cancelled = true),
  });
  const fetch = async () => new Response(body, { headers: { "Content-Type": type } });
  try {
    for await (const record of new Rectifier({ fetch }).generate({})) if (found.records.push(record) && until(record)) break;
  } catch (error) {
    found.error = error;
  }
  return found;
}

const problem = { type: "/v1/problems/x", title: "X", status: 500, detail: "d", instance: "id1", code: "x", errors: [], errors_total: 0 };
const types = ({ records }) => records.map(({ type }) => type);

test("records are whole wherever the bytes are split", async () => {
  const sent = [{ type: "cell", raw: { text: "Ja, sehr 🙂 — naïve\u2028" } }, { type: "end", data: "é\n" }];
  const all = bytes(sent.map((record) => `${JSON.stringify(record)}\r\n`).join("\n"));
  for (let size = 1; size <= all.length; size++) {
    const chunks = Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size));
    assert.deepEqual((await seen(chunks)).records, sent);
  }
});

test("a stream that breaks off, between records or within one, is cut off", async () => {
  const reset = new TypeError("terminated");
  const between = await seen([bytes('{"type":"cell"}\n')], { breaks: reset });
  assert.deepEqual(types(between), ["cell"]);
  assert.ok(between.error instanceof RectifierProblem);
  assert.deepEqual([between.error.code, between.error.cause], ["cut_off", reset]);
  assert.equal((await seen([bytes('{"type":"cell"}\n{"type":"en')])).error.code, "cut_off");
});

test("a page of a proxy is no stream", async () => {
  const { error } = await seen([bytes("<html>\n<p>Signed out</p>")], { type: "text/html" });
  assert.deepEqual([error.constructor, error.code], [RectifierProblem, "not_json"]);
});

test("an error comes after the end that says what is left", async () => {
  const found = await seen([bytes(`{"type":"cell"}\n{"type":"error","problem":${JSON.stringify(problem)}}\n{"type":"end","complete":false}\n`)]);
  assert.deepEqual(types(found), ["cell", "end"]);
  assert.deepEqual([found.error.code, found.error.requestId], ["x", "id1"]);
});

test("leaving the loop closes the connection", async () => {
  const found = await seen([bytes('{"type":"cell"}\n{"type":"cell"}\n'), bytes('{"type":"end"}\n')], { until: () => true });
  assert.deepEqual([types(found), found.cancelled, found.error], [["cell"], true, undefined]);
});

test("a line of many megabytes takes as long as many short ones", async () => {
  const chunk = bytes(`"${"x".repeat(16_000)}",`);
  const began = performance.now();
  const { records } = await seen([bytes('{"type":"end","data":['), ...Array(4000).fill(chunk), bytes('""]}\n')]);
  assert.equal(records[0].data.length, 4001);
  assert.ok(performance.now() - began < 5000);
});
