import assert from "node:assert/strict";
import { test } from "node:test";
import { readCsv, RectifierProblem } from "rectifier";

const refused = (code) => (error) => error instanceof RectifierProblem && error.code === code;

test("numbers, text, missing values, quotes, line ends, a byte order mark", () => {
  const text = '\uFEFFid,trust,"said, in full"\r\n007,3,"He said ""no"",\nthen yes"\r\n008,,NA\n009,4.5,\n';
  assert.deepEqual(readCsv(text), { id: ["007", "008", "009"], trust: [3, null, 4.5], "said, in full": ['He said "no",\nthen yes', null, null] });
});

test("what spreadsheets of other countries write", () => {
  assert.deepEqual(readCsv("y;z\n1,5;a\n-2,25;\n"), { y: [1.5, -2.25], z: ["a", null] });
  assert.deepEqual(readCsv("y\tz\n1\t2"), { y: [1], z: [2] });
  assert.deepEqual(readCsv('y|z\n"1"|x', { separator: "|" }), { y: [1], z: ["x"] });
  assert.deepEqual(readCsv('"a;b;c",y\n1,2'), { "a;b;c": [1], y: [2] });
  assert.deepEqual(readCsv("\uFEFFsep=;\r\ny;z,z\r\n1,5;a\r\n"), { y: [1.5], "z,z": ["a"] });
  assert.deepEqual(readCsv("sep=,y\n1,2"), { "sep=": [1], y: [2] });
});

test("only what a number holds exactly is a number", () => {
  const of = (...values) => readCsv(`x,y\n${values.map((value) => `${value},1`).join("\n")}`).x;
  assert.deepEqual(of("1e3", "+.5", "-0.25", " 7 ", "5."), [1000, 0.5, -0.25, 7, 5]);
  assert.deepEqual(of("0.1234567890123456789"), [0.12345678901234568]);
  for (const text of ["12345678901234567890", "1e999", "0x10", "Infinity", "NaN", "1 2", "2026-03-01", "1,5".replace(",", "_")]) {
    assert.deepEqual(of("1", text), ["1", text]);
  }
});

test("what R and pandas write of logicals is true and false", () => {
  assert.deepEqual(readCsv("a,b,c\nTRUE,False,TRUE\nFALSE,,yes"), { a: [true, false], b: [false, null], c: ["TRUE", "yes"] });
});

test("missing values are what the caller says", () => {
  assert.deepEqual(readCsv("country,y\nNA,-99\nSE,1", { missing: ["-99"] }), { country: ["NA", "SE"], y: [null, 1] });
});

test("a CSV that is not one is refused", () => {
  assert.throws(() => readCsv(""), refused("empty_csv"));
  assert.throws(() => readCsv("a,a\n1,2"), refused("duplicate_header"));
  assert.throws(() => readCsv("a,b\n1,2\n3"), refused("ragged_row"));
  assert.throws(() => readCsv('a,b\n1,"2'), refused("malformed_csv"));
  assert.deepEqual(readCsv("a,b\n\n1,2\n\n"), { a: [1], b: [2] });
  assert.deepEqual(readCsv("a\n1\n\n2\n"), { a: [1, null, 2] });
  assert.deepEqual(readCsv("a,b\n1,"), { a: [1], b: [null] });
  assert.deepEqual(readCsv('a,b\n"",""\n'), { a: [null], b: [null] });
});

test("row names, spaces around names, bytes", () => {
  const bytes = new TextEncoder().encode('"", trust ,é\n"1",3,ü\n"2",4,x\n');
  assert.deepEqual(readCsv(bytes), { trust: [3, 4], é: ["ü", "x"] });
  assert.throws(() => readCsv(Uint8Array.of(0x61, 0x0a, 0xe9)), refused("not_utf8"));
  assert.deepEqual(readCsv(Buffer.from("\uFEFFtrust\té\r\n3\tü\r\n", "utf16le")), { trust: [3], é: ["ü"] });
});

test("the lines below the header in which Qualtrics describes its columns are left out", () => {
  const texts = '"How much, from 1 to 7?","Arm, as shown"\n';
  const ids = '"{""ImportId"":""QID1_1""}","{""ImportId"":""arm""}"\n';
  const read = { Q1: [4, null], arm: ["control", "treatment"] };
  assert.deepEqual(readCsv(`Q1,arm\n${texts}${ids}4,control\n,treatment\n`), read);
  assert.deepEqual(readCsv(`Q1,arm\n${ids}4,control\n,treatment\n`), read);
  assert.deepEqual(readCsv(`Q1,arm\n${texts}4,control\n`).Q1, ["How much, from 1 to 7?", "4"]);
  assert.throws(() => readCsv(`Q1,arm\n${texts}${ids}4\n`), /Record 3 below the header/);
});

test("a large file is read in no time to speak of", () => {
  const began = performance.now();
  const { y } = readCsv(`x,y\n${"some words,0.12345678\n".repeat(200_000)}`);
  assert.equal(y.length, 200_000);
  assert.ok(performance.now() - began < 5000);
});

test("columns may have any name", () => {
  const made = readCsv("__proto__,constructor\n1,2");
  assert.deepEqual([Object.keys(made), made.constructor], [["__proto__", "constructor"], [2]]);
});

test("a point beside decimal commas may stand between thousands: such a column is text", () => {
  const read = (...cells) => readCsv(["a;b", ...cells.map((cell) => `${cell};1`)].join("\n")).a;
  assert.deepEqual(read("3,5", "1.234", "NA"), ["3,5", "1.234", null]);
  assert.deepEqual(read("3,5", "-1e3"), [3.5, -1000]);
  assert.deepEqual(read("3.5", "1.234"), [3.5, 1.234]);
  assert.deepEqual(readCsv("a\n1\n-99", { missing: [-99] }).a, [1, null]);
  for (const options of [{ missing: "-99" }, { separator: "||" }, { separator: "" }]) assert.throws(() => readCsv("a\n1", options), { code: "unsupported_type" });
  const { a, b } = readCsv("a;b\n1.234;3,5\n950;4");
  assert.deepEqual([a, b], [["1.234", "950"], [3.5, 4]]);
});
