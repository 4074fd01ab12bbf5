import assert from "node:assert/strict";
import { test } from "node:test";
import { categorical, Rectifier, RectifierProblem } from "rectifier";

/** What would be sent of a body. */
export async function sent(body, options = {}) {
  let text;
  const fetch = async (_url, init) => ((text = init.body), new Response("{}"));
  await new Rectifier({ fetch, ...options }).post("/v1/anything", body);
  return text;
}

const refused = (code, pointer) => (error) =>
  error instanceof RectifierProblem && error.status === null && error.code === code && error.errors[0].pointer === pointer;

test("numbers are written with the fewest digits that are the same double", async () => {
  const values = [0.1, 0.1 + 0.2, 1 / 3, 123456789012345.6, 5e-324, 1.2345678901234568e-300, 2 ** 53, -1e-7];
  const text = await sent({ data: values });
  assert.equal(text, '{"data":[0.1,0.30000000000000004,0.3333333333333333,123456789012345.6,5e-324,1.2345678901234568e-300,9007199254740992,-1e-7]}');
  assert.deepEqual(JSON.parse(text).data, values);
});

test("NaN, undefined and holes in lists are missing; undefined fields are left out", async () => {
  assert.equal(await sent({ a: [1, NaN, undefined, null, , "x"], b: undefined, c: null, d: [true] }), '{"a":[1,null,null,null,null,"x"],"c":null,"d":[true]}');
});

test("what holds itself is refused with where it begins", async () => {
  const plan = { estimand: {} };
  plan.estimand.plan = plan;
  await assert.rejects(sent({ plan }), refused("unsupported_type", "/plan/estimand/plan/estimand"));
  const values = [[]];
  values[0].push(values);
  await assert.rejects(sent({ values }), refused("unsupported_type", "/values/0/0/0"));
});

test("what JSON would change without a word is refused with its place", async () => {
  await assert.rejects(sent({ data: { outcomes: { "a/b~": [1, Infinity] } } }), refused("not_finite", "/data/outcomes/a~1b~0/1"));
  await assert.rejects(sent({ data: [-Infinity] }), refused("not_finite", "/data/0"));
  await assert.rejects(sent({ data: Float32Array.of(1, 2, Infinity) }), refused("not_finite", "/data/2"));
  await assert.rejects(sent({ plan: { margin: NaN } }), refused("not_finite", "/plan/margin"));
  await assert.rejects(sent({ plan: { margin: Infinity } }), refused("not_finite", "/plan/margin"));
  await assert.rejects(sent({ data: [1, 2 ** 53 + 2] }), refused("integer_overflow", "/data/1"));
  await assert.rejects(sent({ data: [-(2n ** 53n) - 1n] }), refused("integer_overflow", "/data/0"));
  await assert.rejects(sent({ seed: 2n ** 64n }), refused("integer_overflow", "/seed"));
  await assert.rejects(sent({ start: new Date(0) }), refused("unsupported_type", "/start"));
  await assert.rejects(sent({ data: [new Map()] }), refused("unsupported_type", "/data/0"));
  await assert.rejects(sent({ data: BigInt64Array.of(1n) }), refused("unsupported_type", "/data"));
  await assert.rejects(sent({ data: new DataView(new ArrayBuffer(8)) }), refused("unsupported_type", "/data"));
  await assert.rejects(sent({ data: () => 1 }), refused("unsupported_type", "/data"));
});

test("big integers that a double holds are numbers", async () => {
  assert.equal(await sent({ data: [1n, -(2n ** 53n)], seed: 7n }), '{"data":[1,-9007199254740992],"seed":7}');
});

const ARRAYS = [
  [Float64Array.of(1.5, NaN, -0), "<f8"],
  [Float32Array.of(1.5, NaN, 2), "<f4"],
  [Int32Array.of(1, -(2 ** 31), 2 ** 31 - 1), "<i4"],
  [Int16Array.of(1, -32768), "<i2"],
  [Int8Array.of(1, -1), "|i1"],
];
for (const [array, dtype] of ARRAYS) {
  test(`${array.constructor.name} goes as bytes`, async () => {
    const { data } = JSON.parse(await sent({ data: array }));
    assert.equal(data.dtype, dtype);
    assert.deepEqual(Buffer.from(data.data, "base64"), Buffer.from(array.buffer));
  });
}

test("unsigned integers are widened, so that none changes", async () => {
  const back = { "<i2": Int16Array, "<i4": Int32Array, "<f8": Float64Array };
  for (const array of [Uint8Array.of(0, 255), Uint8ClampedArray.of(0, 255), Uint16Array.of(65535), Uint32Array.of(2 ** 32 - 1)]) {
    const { data } = JSON.parse(await sent({ data: array }));
    const bytes = Buffer.from(data.data, "base64");
    const read = new back[data.dtype](new Uint8Array(bytes).buffer);
    assert.deepEqual(Array.from(read), Array.from(array));
  }
});

test("a view of a part of a buffer sends that part; large arrays are whole", async () => {
  const whole = Float64Array.from({ length: 100_003 }, (_, i) => i / 7);
  const { data } = JSON.parse(await sent({ data: whole.subarray(1, 100_001) }));
  const read = new Float64Array(new Uint8Array(Buffer.from(data.data, "base64")).buffer);
  assert.deepEqual(read, whole.slice(1, 100_001));
});

test("labels become indexes in the smallest integers that hold them", () => {
  const { dtype, data, categories } = categorical(["b", "a", null, undefined, "b"]);
  assert.deepEqual({ dtype, categories }, { dtype: "|i1", categories: ["b", "a"] });
  assert.deepEqual([...new Int8Array(new Uint8Array(Buffer.from(data, "base64")).buffer)], [0, 1, -1, -1, 0]);
  const holes = categorical(["b", , "a", , ]);
  assert.deepEqual([...new Int8Array(new Uint8Array(Buffer.from(holes.data, "base64")).buffer)], [0, -1, 1, -1]);
  assert.equal(categorical(Array.from({ length: 128 }, (_, i) => `c${i}`)).dtype, "<i2");
  assert.equal(categorical(Array.from({ length: 32768 }, (_, i) => `c${i}`)).dtype, "<i4");
});

test("the caller's objects stay as they were", async () => {
  const body = Object.freeze({ data: Object.freeze([1, NaN]), plan: Object.freeze({}) });
  await sent(body);
  assert.deepEqual(body, { data: [1, NaN], plan: {} });
});
