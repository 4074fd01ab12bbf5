// Compiled, never run: what the types allow, and what they must not. An unused @ts-expect-error is an error.
import {
  categorical, collect, moments, prediction, readCsv, Rectifier, RectifierProblem, table, withHumanAnswers,
  type CalibrationAnswer, type CellRecord, type GenerationRequest, type Plan,
} from "rectifier";

const client = new Rectifier({ url: "http://localhost:8000", timeout: null });
const columns = readCsv("trust,gpt\n1,2");

export async function allowed(): Promise<void> {
  const data = table(columns, { outcome: ["trust"], predictions: { gpt: { a: "gpt", b: "gpt" } }, sampling_probability: "p" });
  table([{ trust: 1, gpt: null, yes: true, big: 1n }], { outcome: "trust", predictions: [prediction("gpt", { draw: 1, fill: "mean" })] });
  interface Answered { arm: string | null; trust: number | null; gpt?: number }
  const answered: Answered[] = [];
  table(answered, { outcome: "trust", arm: "arm" });
  const other: unknown = await client.post("/v1/of-tomorrow", { data });
  table({ trust: BigInt64Array.of(1n), id: BigUint64Array.of(1n) }, { outcome: "trust", unit: "id" });
  table({ trust: Float32Array.of(1), arm: categorical(["a"]) }, { outcome: "trust", arm: "arm" });
  const plan: Plan = { estimand: { type: "quantile", q: [0.25, 0.5] }, costs: { human: 5, llm: { gpt: 0.1 } } };
  const answer: CalibrationAnswer = await client.calibrate({ data, plan }, { signal: AbortSignal.timeout(1000) });
  const lower: number | null = answer.estimates[0]!.interval.lower;
  await client.calibrate({ data: { layout: "arrays", arms: [{ name: "all", human: Float64Array.of(1, NaN), llm: [1, null] }] } });
  await client.calibrate({ data: { layout: "table", outcomes: { y: Int8Array.of(1) }, predictions: [{ values: Int16Array.of(2) }] } } as const);
  const { work } = await client.validate("/v1/designs", { basis: { kind: "assumed", ppi_correlation: 0.5 }, costs: { human: 1, llm: 0.1 }, objective: { kind: "budget", budget: 1 } });
  await client.calibrate({ data: moments(data) });
  const whole: string = await client.text("/v1/calibrations", { data }, "text/html");
  const posted = await client.post("/v1/calibrations", { data });
  const claim: string = posted.claim;
  const study: GenerationRequest = { personas: [{ unit_id: "a" }], items: [{ name: "i", type: "numeric", text: "?" }], models: [{ name: "m" }], elicitation: { method: "sample" } };
  for await (const record of client.generate(study, { upstreamKeys: { openai: "k" } })) {
    if (record.type === "cell") cell(record);
    else if (record.type === "end") withHumanAnswers(record.data, { i: { a: 1 } });
  }
  const { cells, end } = await collect(client.generate(study));
  console.log(other, lower, work, whole, claim, cells.length, end.complete);
  try {
    await client.methods();
  } catch (error) {
    if (error instanceof RectifierProblem) console.log(error.status, error.code, error.errors.map(({ pointer, hint, column }) => [pointer, hint, column]));
  }
}

function cell(record: CellRecord): void {
  console.log(record.expected, record.missing === "refused");
}

export async function refused(): Promise<void> {
  const data = table(columns, { outcome: "trust" });
  // @ts-expect-error: no such role
  table(columns, { outcome: "trust", weigth: "w" });
  // @ts-expect-error: an outcome is needed
  table(columns, { arm: "arm" });
  // @ts-expect-error: no such prediction design
  table(columns, { outcome: "trust", prediction_design: "both" });
  // @ts-expect-error: a date is no value of a column
  table([{ trust: new Date() }], { outcome: "trust" });
  // @ts-expect-error: no such estimator
  await client.calibrate({ data, plan: { estimator: "best" } });
  // @ts-expect-error: no such field of a plan
  await client.calibrate({ data, plan: { confidence: 0.9 } });
  // @ts-expect-error: an estimand has a type
  await client.calibrate({ data, plan: { estimand: { q: 0.5 } } });
  // @ts-expect-error: data is needed
  await client.post("/v1/calibrations", { plan: {} });
  // @ts-expect-error: data is needed
  await client.calibrate({ plan: {} });
  // @ts-expect-error: a scalar is no column
  await client.calibrate({ data: { layout: "table", outcomes: { y: 3 } } });
  // @ts-expect-error: a column of booleans is for table()
  await client.calibrate({ data: { layout: "table", outcomes: { y: [true] } } });
  // @ts-expect-error: 64-bit integers are not of the wire
  await client.calibrate({ data: { layout: "table", outcomes: { y: BigInt64Array.of(1n) } } });
  // @ts-expect-error: the contrast's name is needed
  await client.calibrate({ data, plan: { contrasts: [{ weights: { a: 1, b: -1 } }] } });
  // @ts-expect-error: a design has an objective of a kind
  await client.design({ basis: { kind: "assumed", ppi_correlation: 0.5 }, costs: { human: 1, llm: 1 }, objective: { kind: "cheap" } });
  // @ts-expect-error: an answer is read, not guessed
  (await client.calibrate({ data })).estimate;
  // @ts-expect-error: an estimate may be open above
  const upper: number = (await client.calibrate({ data })).estimates[0]!.interval.upper;
  // @ts-expect-error: seconds are not a string
  new Rectifier({ timeout: "60" });
  // @ts-expect-error: no such item type
  client.generate({ personas: [], items: [{ name: "i", type: "slider", text: "?" }], models: [], elicitation: { method: "sample" } });
  console.log(upper);
}
