import assert from "node:assert/strict";
import { test } from "node:test";
import { collect, Rectifier, RectifierProblem, withHumanAnswers } from "rectifier";

const client = new Rectifier(); // RECTIFIER_URL, RECTIFIER_GATEWAY_URL

const people = (n, from = 0) => Array.from({ length: n }, (_, i) => ({ unit_id: `u${from + i}`, attributes: { age: 20 + ((from + i) % 50), job: "nurse ✓" } }));
const study = (personas, more = {}) => ({
  personas,
  arms: [{ name: "control", text: "A plain notice." }, { name: "treatment", text: "A warm letter." }],
  items: [{ name: "trust", type: "likert", text: "I trust the sender.", options: [1, 2, 3, 4, 5].map((code) => ({ code, label: `Point ${code}` })) }],
  models: [{ name: "simulated" }],
  elicitation: { method: "decision" },
  template: { system: "You are {age} years old and work as {job}.", user: "{arm}\n{item}" },
  ...more,
});

for (const stream of ["ndjson", "events"]) {
  test(`one record per cell, the end last (${stream})`, async () => {
    const seen = [];
    for await (const record of client.generate(study(people(20)), { stream })) seen.push(record);
    const cells = seen.filter((record) => record.type === "cell");
    assert.equal(cells.length, 40);
    assert.equal(new Set(cells.map((cell) => cell.cell_id)).size, 40);
    assert.equal(seen.at(-1).type, "end");
    assert.equal(seen.at(-1).complete, true);
  });
}

test("lines and events have the same cells, and numbers are those of the bytes", async () => {
  const [lines, events] = await Promise.all(["ndjson", "events"].map((stream) => collect(client.generate(study(people(10)), { stream }))));
  const sorted = ({ cells }) => Object.fromEntries(cells.map((cell) => [cell.cell_id, cell.probabilities]));
  assert.deepEqual(sorted(events), sorted(lines));
});

test("from personas to a calibrated effect", async () => {
  const humans = people(40).map((persona, i) => ({ ...persona, arm: i % 2 ? "treatment" : "control", human: true }));
  let progress = 0;
  const { end } = await collect(client.generate(study([...humans, ...people(100, 40)], { output: "calibration" })), () => progress++);
  assert.ok(progress >= 281);
  const answers = Object.fromEntries(humans.map(({ unit_id, arm }, i) => [unit_id, 3 + (arm === "treatment" ? 0.5 : 0) + Math.sin(i)]));
  const answer = await client.calibrate({ data: withHumanAnswers(end.data, { trust: answers }), plan: { identification: "exchangeability" } });
  assert.equal(answer.estimates[0].human_sample_size, 40);
});

test("a plan calls nobody; providers are listed", async () => {
  const plan = await client.planGeneration(study(people(3)));
  assert.equal(plan.cells, 6);
  assert.ok((await client.providers()).providers.some((provider) => provider.name === "simulated"));
});

const slow = (n) => study(people(n), { models: [{ name: "simulated", parameters: { simulated: { latency_ms: 300 } } }], cache: "off" });
const active = async () => {
  const metrics = await (await fetch(`${client.gateway}/metrics`)).text();
  return Number(/^rectifier_runs (\S+)$/m.exec(metrics)?.[1] ?? NaN);
};
const idle = async () => {
  for (let i = 0; i < 200 && (await active()) !== 0; i++) await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(await active(), 0);
};

test("an abort stops the run", async () => {
  const controller = new AbortController();
  let seen = 0;
  await assert.rejects(
    async () => {
      for await (const record of client.generate(slow(10_000), { signal: controller.signal })) if (record.type === "cell" && ++seen === 5) controller.abort();
    },
    { name: "AbortError" },
  );
  await idle();
});

test("leaving the loop stops the run", async () => {
  for await (const record of client.generate(slow(10_000))) if (record.type === "cell") break;
  await idle();
});

test("time runs out", async () => {
  await assert.rejects(collect(client.generate(slow(10_000), { timeout: 200 })), { code: "timeout" });
  await idle();
});

test("a refusal is the same problem as everywhere", async () => {
  await assert.rejects(client.generate(study([])).next(), (error) => error instanceof RectifierProblem && error.status === 422 && error.errors[0].pointer === "/personas");
  await assert.rejects(client.generate(study(people(1)), { upstreamKeys: { nobody: "k" } }).next(), { status: 422 });
});
