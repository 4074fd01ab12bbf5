import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { Rectifier, RectifierProblem } from "rectifier";

let server, url;
let asked = [];
let answers = [];

before(async () => {
  server = createServer((request, response) => {
    asked.push({ at: performance.now(), headers: request.headers, path: request.url });
    const next = answers.shift();
    if (next === "hang") return;
    if (next === "break") return void request.socket.destroy();
    if (typeof next === "function") return next(response);
    const [status, headers, body] = next ?? [200, {}, "{}"];
    request.resume();
    response.writeHead(status, headers).end(body);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${server.address().port}`;
});
after(() => (server.closeAllConnections?.(), server.close()));

const problem = { type: "/v1/problems/overloaded", title: "Busy", status: 503, detail: "d", instance: "id1", code: "overloaded", errors: [], errors_total: 0 };
const busy = (after, status = 503) => [status, after === null ? {} : { "Retry-After": String(after) }, JSON.stringify({ ...problem, status })];
const ask = (planned, options = {}, call = undefined) => {
  asked = [];
  answers = planned;
  return new Rectifier({ url, gateway: url, key: undefined, ...options }).post("/v1/x", {}, call);
};

test("503 and 429 are waited out as Retry-After says", async () => {
  assert.deepEqual(await ask([busy(1), busy(0, 429), [200, {}, '{"a":1}']]), { a: 1 });
  assert.equal(asked.length, 3);
  assert.ok(asked[1].at - asked[0].at >= 990);
});

test("a date in Retry-After is one, and without it the wait is short", async () => {
  await ask([busy(new Date(Date.now() - 1000).toUTCString()), busy(null), [200, {}, "{}"]]);
  assert.equal(asked.length, 3);
});

test("a wait that is longer than there is time is told at once", async () => {
  const told = (error) => error instanceof RectifierProblem && error.retryAfter === 3600 && error.code === "overloaded" && error.requestId === "id1";
  await assert.rejects(ask([busy(3600, 429)]), told);
  await assert.rejects(ask([busy(3600)], { timeout: null }), told);
  await assert.rejects(ask([busy(5)], { timeout: 2000 }), { retryAfter: 5 });
  await assert.rejects(ask([busy(0), busy(0)], { retries: 1 }), { status: 503 });
  assert.equal(asked.length, 2);
});

test("a connection that breaks is tried once more, for posts are pure; a generation is not", async () => {
  assert.deepEqual(await ask(["break", [200, {}, "{}"]]), {});
  await assert.rejects(ask(["break", "break"]), { code: "unreachable", status: null });
  asked = [];
  answers = ["break"];
  await assert.rejects(new Rectifier({ gateway: url }).generate({}).next(), { code: "unreachable" });
  assert.equal(asked.length, 1);
});

const halfway = (response) => response.writeHead(200, { "Content-Length": 100 }).write("{", () => response.destroy());
const slowly = (response) => setTimeout(() => response.writeHead(200).end("{}"), 50);

test("an answer that breaks off is asked for once more, then told", async () => {
  assert.deepEqual(await ask([halfway, [200, {}, '{"a":1}']]), { a: 1 });
  await assert.rejects(ask([halfway, halfway]), (error) => error instanceof RectifierProblem && error.code === "unreachable");
  await assert.rejects(ask([halfway, "break", busy(0)]), { code: "unreachable" });
  assert.equal(asked.length, 2);
});

test("more milliseconds than a timer can count are no bound", async () => {
  assert.deepEqual(await ask([slowly], { timeout: Infinity }), {});
  assert.deepEqual(await ask([slowly], {}, { timeout: 2 ** 40 }), {});
});

test("key and data do not follow a redirect", async () => {
  await assert.rejects(ask([[307, { Location: "https://elsewhere.example/" }, ""]], { key: "secret" }), (error) => {
    assert.deepEqual([error.code, error.status], ["redirected", null]);
    assert.match(error.message, /to https:\/\/elsewhere\.example\//);
    return true;
  });
  assert.equal(asked.length, 1);
});

test("time runs out with a problem, an abort with its own reason", async () => {
  await assert.rejects(ask(["hang"], { timeout: 50 }), { code: "timeout" });
  await assert.rejects(ask(["hang"], {}, { timeout: 50 }), { code: "timeout" });
  const controller = new AbortController();
  const reason = new Error("the person left");
  setTimeout(() => controller.abort(reason), 20);
  await assert.rejects(ask(["hang"], {}, { signal: controller.signal }), reason);
  await assert.rejects(ask([busy(30)], {}, { signal: AbortSignal.timeout(50) }), { name: "TimeoutError" });
  await assert.rejects(ask([], {}, { signal: AbortSignal.abort() }), { name: "AbortError" });
  assert.equal(asked.length, 0);
});

test("an answer of something else is told as such", async () => {
  await assert.rejects(ask([[502, {}, "<html>Bad gateway"]]), { code: "http_502", status: 502, document: null });
  await assert.rejects(ask([[404, {}, '{"error": "no"}']]), { code: "http_404" });
  await assert.rejects(ask([[200, {}, "<html>"]]), { code: "not_json" });
  await assert.rejects(ask([[422, {}, '{"code":"VALIDATION","errors":[{"message":"too large"}]}']]), { code: "http_422", status: 422 });
  assert.equal(asked.length, 1);
  const foreign = (type) => async () => new Response("<html>", { headers: { "content-type": type } });
  const text = (type, accept) => new Rectifier({ fetch: foreign(type) }).text("/v1/calibrations", {}, accept);
  await assert.rejects(text("text/html", "text/csv"), { code: "not_accepted" });
  for (const answer of ["{}", "null", "[]", '{"status":"ok"}', '{"warnings":0}']) {
    const here = new Rectifier({ fetch: async () => new Response(answer) });
    await assert.rejects(here.calibrate({}), { code: "not_accepted" });
    await assert.rejects(here.validate("/v1/designs", {}), { code: "not_accepted" });
    assert.deepEqual(await here.post("/v1/x", {}), JSON.parse(answer));
  }
  assert.equal(await text("text/html; charset=utf-8", "text/html"), "<html>");
  assert.equal(await text("image/gif", "*/*"), "<html>");
});

test("a generation is posted again only where the gateway itself says later", async () => {
  for (const [first, tries] of [[busy(0), 2], [[503, { "Retry-After": "0" }, "<html>"], 1]]) {
    asked = [];
    answers = [first, [200, { "Content-Type": "application/x-ndjson" }, '{"type":"end"}']];
    await new Rectifier({ gateway: url }).generate({}).next().catch(({ code }) => assert.equal(code, "http_503"));
    assert.equal(asked.length, tries);
  }
});

test("where Node itself stops waiting, the call is late and not tried again", async () => {
  let tries = 0;
  const stopped = async () => {
    tries++;
    throw new TypeError("fetch failed", { cause: Object.assign(new Error("late"), { code: "UND_ERR_HEADERS_TIMEOUT" }) });
  };
  await assert.rejects(ask([], { fetch: stopped, timeout: null }), (error) => error.code === "timeout" && /Node's own fetch[^]*another `fetch`/.test(error.message));
  assert.equal(tries, 1);
});

test("nothing answers: the address and why", async () => {
  await assert.rejects(new Rectifier({ url: "http://127.0.0.1:1" }).methods(), /unreachable[^]*No answer from http:\/\/127\.0\.0\.1:1\/v1\/methods/);
});

test("key, headers and address", async () => {
  await ask([], { url: `${url}/behind/a/proxy//`, key: "secret", headers: { "X-Trace": "t" } }, { headers: { "X-Request-Id": "r" } });
  const { headers, path } = asked[0];
  assert.deepEqual([path, headers["x-api-key"], headers["x-trace"], headers["x-request-id"]], ["/behind/a/proxy/v1/x", "secret", "t", "r"]);
  assert.deepEqual([headers["content-type"], headers["accept"]], ["application/json", "application/json"]);
  assert.ok(!JSON.stringify(new Rectifier({ key: "secret" })).includes("secret"));
  await ask([], { key: "one", headers: { "x-api-key": "two", accept: "a/b" } }, { headers: { "X-Api-Key": "three" } });
  assert.deepEqual([asked[0].headers["x-api-key"], asked[0].headers["accept"]], ["three", "a/b"]);
});

test("a key that no header can carry is refused, and not shown", async () => {
  const told = (error) => error instanceof RectifierProblem && error.code === "not_a_header" && !`${error.stack} ${error.cause}`.includes("secret");
  await assert.rejects(ask([], { key: "secret\nof two lines" }), told);
  await assert.rejects(new Rectifier({ gateway: url }).generate({}, { upstreamKeys: { a: "secret\n1" } }).next(), told);
  assert.equal(asked.length, 0);
  await ask([], { key: "of a file\n" });
  assert.equal(asked[0].headers["x-api-key"], "of a file");
});

test("keys of one's own go to the gateway in one header", async () => {
  asked = [];
  answers = [[200, { "Content-Type": "application/x-ndjson" }, '{"type":"end"}']];
  for await (const record of new Rectifier({ gateway: url }).generate({}, { upstreamKeys: { a: "1", b: "2" } })) assert.equal(record.type, "end");
  assert.equal(asked[0].headers["x-upstream-key"], "a=1, b=2");
});

const streamed = async (body, type = "application/x-ndjson") => {
  answers = [[200, { "Content-Type": type }, body]];
  const seen = [];
  for await (const record of new Rectifier({ gateway: url }).generate({})) seen.push(record.type);
  return seen;
};

test("a line that is JSON and no record is told as such", async () => {
  for (const line of ["null", "[1]", '{"cells":1}', '{"type":"error"}']) await assert.rejects(streamed(`${line}\n`), { code: "not_json" });
});

test("streams: a last line without an end, blank lines, events, comments", async () => {
  assert.deepEqual(await streamed('{"type":"cell"}\n\n{"type":"end"}'), ["cell", "end"]);
  assert.deepEqual(await streamed(': hello\n\nevent: cell\nid: 0\ndata: {"type":"cell"}\n\nevent: end\r\ndata: {"type":"end"}\r\n\r\n', "text/event-stream; charset=utf-8"), ["cell", "end"]);
});

test("a run that fails, or breaks off, throws", async () => {
  await assert.rejects(streamed(`{"type":"cell"}\n{"type":"error","problem":${JSON.stringify(problem)}}\n`), { code: "overloaded" });
  await assert.rejects(streamed('{"type":"cell"}\n'), { code: "cut_off" });
});
