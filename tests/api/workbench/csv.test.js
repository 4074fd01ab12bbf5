import assert from "node:assert/strict";
import { test } from "node:test";
import { decode, detectSeparator, parseCsv } from "./workbench/csv.js";

const cells = (text, separator) => Object.fromEntries(parseCsv(text, separator).columns);
const codes = (table) => table.problems.map(({ code }) => code);
const notes = (table) => table.notes.map(({ code }) => code);

test("plain rows, with and without a line end at the end", () => {
  for (const end of ["", "\n", "\r\n"]) assert.deepEqual(cells(`a,b\n1,2\n3,${end}`), { a: ["1", "3"], b: ["2", ""] });
});

test("quotes hold separators, line ends and quotes", () => {
  const table = parseCsv('a,b\r\n"x,1","say ""hi"""\r\n"two\r\nlines",3\r\n4,5\r\n');
  assert.deepEqual(Object.fromEntries(table.columns), { a: ["x,1", "two\r\nlines", "4"], b: ['say "hi"', "3", "5"] });
  assert.deepEqual(table.lines, [2, 3, 5]);
  assert.deepEqual(table.problems, []);
});

test("line ends of Windows, Unix and old Macs", () => {
  for (const end of ["\n", "\r\n", "\r"]) assert.deepEqual(cells(["a,b", "1,2", "3,4"].join(end)), { a: ["1", "3"], b: ["2", "4"] });
});

test("a byte order mark is no part of the first name", () => {
  const { text, problems } = decode(new Uint8Array([0xef, 0xbb, 0xbf, 0x61, 0x0a, 0x31]));
  assert.deepEqual(cells(text), { a: ["1"] });
  assert.deepEqual(cells("\uFEFFa\n1"), { a: ["1"] });
  assert.deepEqual(problems, []);
});

test("bytes that are not UTF-8 are told", () => {
  const { text, problems } = decode(new Uint8Array([0x61, 0xe9]));
  assert.equal(text, "aé");
  assert.deepEqual(problems.map(({ code }) => code), ["not_utf8"]);
});

test("the separator is found where it divides evenly", () => {
  assert.equal(detectSeparator("a;b;c\n1,5;2;3\n2,5;3;4"), ";");
  assert.equal(detectSeparator("a\tb\n1\t2"), "\t");
  assert.equal(detectSeparator('a,b\n"x;y;z",1'), ",");
  assert.equal(detectSeparator("one\n1\n2"), ",");
  assert.deepEqual(cells("a;b\n1,5;2"), { a: ["1,5"], b: ["2"] });
  assert.deepEqual(cells("a;b\n1;2", ","), { "a;b": ["1;2"] });
});

test("a row of another length is told with its line and left out", () => {
  const table = parseCsv("a,b\n1,2\n3\n4,5,6\n7,8");
  assert.deepEqual(table.columns.get("a"), ["1", "7"]);
  assert.deepEqual(table.lines, [2, 5]);
  assert.deepEqual(table.problems.map(({ code, line }) => [code, line]), [["ragged_row", 3], ["ragged_row", 4]]);
});

test("many such rows are counted, not all listed", () => {
  const table = parseCsv(`a,b\n${"1\n".repeat(30)}1,2`);
  assert.equal(table.problems.length, 6);
  assert.match(table.problems.at(-1).message, /^30 lines/);
});

test("a quote left open is told", () => {
  assert.deepEqual(codes(parseCsv('a,b\n1,"2\n3,4')), ["open_quote"]);
});

test("a name that stands twice is numbered, and that is told", () => {
  const table = parseCsv("a,b,a,a (2)\n1,2,3,4");
  assert.deepEqual(Object.fromEntries(table.columns), { a: ["1"], b: ["2"], "a (2)": ["3"], "a (2) (2)": ["4"] });
  assert.deepEqual(table.header, ["a", "b", "a (2)", "a (2) (2)"]);
  assert.deepEqual(notes(table), ["duplicate_header", "duplicate_header"]);
  assert.deepEqual(codes(table), []);
});

test("a column with cells and without a name is told, an empty one is nothing", () => {
  assert.deepEqual(notes(parseCsv("a,,b,\n1,x,2,\n")), ["unnamed_column"]);
});

test("rows without a single cell filled are left out and counted; the lines of the others stay", () => {
  const table = parseCsv("a;b\n1;2\n;\n3;4\n ;\n;;;\n");
  assert.deepEqual([table.columns.get("a"), table.lines, notes(table), codes(table)], [["1", "3"], [2, 4], ["blank_rows"], []]);
  assert.match(table.notes[0].message, /3\.$/);
});

test("Excel's first line names the separator; lines count as in the file", () => {
  for (const first of ["sep=;", '"sep=;"', "\uFEFFSEP=;"]) {
    const table = parseCsv(`${first}\r\na;b,c\r\n1;2\r\n`);
    assert.deepEqual([table.separator, Object.fromEntries(table.columns), table.lines], [";", { a: ["1"], "b,c": ["2"] }, [3]]);
  }
});

test("UTF-16, as Excel writes Unicode text", () => {
  const text = "a\té\r\n1\t2\r\n";
  const little = new Uint8Array([0xff, 0xfe, ...[...text].flatMap((c) => [c.charCodeAt(0) & 255, c.charCodeAt(0) >> 8])]);
  const big = new Uint8Array([0xfe, 0xff, ...[...text].flatMap((c) => [c.charCodeAt(0) >> 8, c.charCodeAt(0) & 255])]);
  for (const bytes of [little, big]) {
    const { text: read, problems } = decode(bytes);
    assert.deepEqual([cells(read), problems], [{ a: ["1"], é: ["2"] }, []]);
  }
});

test("a workbook is no text, and that is told", () => {
  const { text, problems } = decode(new Uint8Array([0x50, 0x4b, 3, 4, 20, 0, 6, 0]));
  assert.deepEqual([text, problems.map(({ code }) => code)], ["", ["not_text"]]);
});

test("nothing but a header, and nothing at all", () => {
  assert.deepEqual(codes(parseCsv("a,b\n")), ["no_rows"]);
  assert.deepEqual(codes(parseCsv("")), ["no_header", "no_rows"]);
});

test("columns without a name are no columns: R's row names", () => {
  assert.deepEqual(cells('"","y"\n"1",5\n"2",6'), { y: ["5", "6"] });
});

test("blank lines are nothing, except in the middle of a single column", () => {
  assert.deepEqual(cells("a,b\n1,2\n\n3,4\n\n"), { a: ["1", "3"], b: ["2", "4"] });
  assert.deepEqual(cells("a\n1\n\n3\n\n"), { a: ["1", "", "3"] });
});

test("a large file is read in one go", () => {
  const table = parseCsv(`a,b,c\n${"1.25,,text\n".repeat(200_000)}`);
  assert.equal(table.lines.length, 200_000);
  assert.equal(table.columns.get("c").at(-1), "text");
});

test("rows of Qualtrics that describe columns are counted and left out, unless they are to stay", () => {
  const text = 'Q1,gpt\n"How much, in all, do you trust it?",What it said\n"{""ImportId"":""QID1""}","{""ImportId"":""gpt""}"\n4,5\n';
  const table = parseCsv(text);
  assert.deepEqual([table.labels, table.columns.get("Q1"), table.lines], [2, ["4"], [4]]);
  assert.equal(parseCsv(text, null, true).columns.get("Q1").length, 3);
  assert.equal(parseCsv("a,b\n1,2\n").labels, 0);
});
