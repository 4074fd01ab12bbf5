// Text of a CSV file to a header and columns of cells (RFC 4180; quotes, a byte order mark, any line ends).
// What stands in the way is told in `problems`, what was settled here in `notes`: {code, message, line?, column?}.

export const SEPARATORS = [
  { value: ",", name: "comma" },
  { value: ";", name: "semicolon" },
  { value: "\t", name: "tab" },
];
const SEPARATOR_LINE = /^\uFEFF?"?sep=([,;\t])"?(?:\r\n|\r|\n)/i;
const MOST_PROBLEMS = 5;
const SAMPLED = 50;
const UTF16 = [[0xff, 0xfe, "utf-16le"], [0xfe, 0xff, "utf-16be"]];
const NO_TEXT =
  "This is no text file. In a spreadsheet or statistics program, save the table as CSV (Excel: “Save as”, “CSV UTF-8”) " +
  "and choose that file.";

/**
 * The text of a file's bytes. Bytes that are not UTF-8 and have no mark of UTF-16 are read as Windows-1252, and that is
 * told; a workbook or another binary file has no text, and that is told, too.
 */
export function decode(bytes) {
  const marked = UTF16.find(([first, second]) => bytes[0] === first && bytes[1] === second);
  if (marked) return { text: new TextDecoder(marked[2]).decode(bytes), problems: [] };
  if (bytes.subarray(0, 4096).includes(0)) return { text: "", problems: [{ code: "not_text", message: NO_TEXT }] };
  try {
    return { text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes), problems: [] };
  } catch {
    const message =
      "The file is not UTF-8. It was read as Windows-1252 (Western European); check letters such as é and ö, " +
      "or save it again as “CSV UTF-8”.";
    return { text: new TextDecoder("windows-1252").decode(bytes), problems: [{ code: "not_utf8", message }] };
  }
}

/** The separator that divides the first records most evenly; a comma when nothing divides them. */
export function detectSeparator(text) {
  let best = ",";
  let most = 1;
  for (const { value } of SEPARATORS) {
    const widths = records(text, value, SAMPLED).rows.map((row) => row.length);
    const even = widths.filter((width) => width === widths[0]).length;
    const score = widths[0] > 1 ? widths[0] * (even / widths.length) : 1;
    if (score > most) [best, most] = [value, score];
  }
  return best;
}

/**
 * {separator, header, columns: name -> cells, lines: the line of the file each row begins on, problems, notes}.
 * The separator is that given, that of a first line `sep=;` (Excel), or the detected one. Rows of another length than the
 * header's are told and left out.
 * `labels` counts the rows below the header that describe columns (Qualtrics' question texts and import ids); they are
 * left out unless `keepLabels`.
 */
export function parseCsv(text, separator = null, keepLabels = false) {
  const [said, hint] = SEPARATOR_LINE.exec(text) ?? ["", null];
  const content = `${said === "" ? "" : "\n"}${text.slice(said.length).replace(/^\uFEFF/, "")}`; // lines count as in the file
  const used = separator ?? hint ?? detectSeparator(content);
  const { rows, lines, open } = records(content, used);
  const written = (rows.shift() ?? []).map((name) => name.trim());
  const named = distinct(written);
  lines.shift();
  const labels = rows.slice(0, 2).findLastIndex((row) => row.some((cell) => cell.startsWith('{"ImportId"'))) + 1;
  if (!keepLabels) [rows, lines].forEach((each) => each.splice(0, labels));
  const { blank, ragged, whole } = sorted(rows, named.length);
  const cells = whole.map((i) => rows[i]);
  return {
    separator: used,
    header: named.filter((name) => name !== ""),
    columns: columnsOf(named, cells),
    lines: whole.map((i) => lines[i]),
    labels,
    problems: [...headerProblems(named, open), ...ragged.slice(0, MOST_PROBLEMS).map((i) => raggedRow(lines[i], rows[i].length, named.length)), ...countProblems(ragged, cells)],
    notes: notesOf(written, named, cells, blank),
  };
}

function headerProblems(named, open) {
  return [
    ...(named.some((name) => name !== "") ? [] : [{ code: "no_header", message: "The first line names no column." }]),
    ...(open ? [{ code: "open_quote", line: open, message: `The record that begins on line ${open} opens a quote that is never closed.` }] : []),
  ];
}

function countProblems(ragged, rows) {
  return [
    ...(ragged.length > MOST_PROBLEMS ? [{ code: "ragged_row", message: `${ragged.length} lines in all have another number of fields than the header.` }] : []),
    ...(rows.length === 0 ? [{ code: "no_rows", message: "There are no rows below the header." }] : []),
  ];
}

/** Indexes of rows: those without a word in any cell (in several columns), those of another length, and the others. */
function sorted(rows, width) {
  const found = { blank: [], ragged: [], whole: [] };
  rows.forEach((row, i) => {
    const kind = width > 1 && row.every((cell) => cell.trim() === "") ? "blank" : row.length === width ? "whole" : "ragged";
    found[kind].push(i);
  });
  return found;
}

function raggedRow(line, got, width) {
  return { code: "ragged_row", line, message: `Line ${line} has ${got} fields, the header has ${width}. Quote fields that contain the separator.` };
}

/** Records as lists of fields, the line each begins on, and the line of a quote left open (else 0). */
function records(text, separator, most = Infinity) {
  const plain = new RegExp(`[^${separator}\\r\\n]*`, "y");
  const found = { rows: [], lines: [], open: 0 };
  for (let at = 0, line = 1; at < text.length && found.rows.length < most; ) {
    const record = oneRecord(text, at, separator, plain);
    if (!record.closed) found.open = line;
    if (record.fields.length > 1 || record.fields[0] !== "" || found.rows[0]?.length === 1) {
      found.rows.push(record.fields);
      found.lines.push(line);
    }
    line += record.lines;
    at = record.at;
  }
  return withoutTail(found);
}

/** The record that begins at `at`: {fields, at: where the next begins, lines: how many it spans, closed}. */
function oneRecord(text, at, separator, plain) {
  const fields = [];
  let [lines, closed] = [1, true];
  for (;;) {
    let field = "";
    if (text[at] === '"') {
      const quoted = quotedField(text, at + 1);
      ({ field, at } = quoted);
      closed &&= quoted.closed;
      lines += count(field);
    }
    plain.lastIndex = at;
    const rest = plain.exec(text)[0];
    fields.push(field + rest);
    at += rest.length;
    if (text[at] !== separator) break;
    at++;
  }
  return { fields, at: at + (text[at] === "\r" && text[at + 1] === "\n" ? 2 : 1), lines, closed };
}

/** What stands between quotes from `from` on, two quotes in it being one. */
function quotedField(text, from) {
  let field = "";
  for (;;) {
    const close = text.indexOf('"', from);
    if (close < 0) return { field: field + text.slice(from), at: text.length, closed: false };
    field += text.slice(from, close);
    if (text[close + 1] !== '"') return { field, at: close + 1, closed: true };
    field += '"';
    from = close + 2;
  }
}

/** Blank lines at the end of a file with one column are no missing values. */
function withoutTail({ rows, lines, open }) {
  while (rows.length > 1 && rows.at(-1).length === 1 && rows.at(-1)[0] === "") {
    rows.pop();
    lines.pop();
  }
  return { rows, lines, open };
}

function count(text) {
  let found = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) found++;
  return found;
}

/** Names, each once: the second “a” is “a (2)”. Columns without a name (R writes row names under one) stay without. */
function distinct(header) {
  const taken = new Set([""]);
  return header.map((name) => {
    let own = name;
    for (let i = 2; name !== "" && taken.has(own); i++) own = `${name} (${i})`;
    taken.add(own);
    return own;
  });
}

/** What was settled here: names that stood twice, cells under no name, lines of nothing but separators. */
function notesOf(written, named, rows, blank) {
  const notes = [];
  named.forEach((name, j) => {
    if (name !== written[j]) notes.push({ code: "duplicate_header", column: name, message: `The header names “${written[j]}” more than once: column ${j + 1} is called “${name}” here.` });
    if (name === "" && rows.some((row) => row[j].trim() !== "")) notes.push({ code: "unnamed_column", message: `Column ${j + 1} has no name and is left out.` });
  });
  if (blank.length > 0) notes.push({ code: "blank_rows", message: `Lines left out because all their cells are empty: ${blank.length}.` });
  return notes;
}

function columnsOf(named, rows) {
  return new Map(named.flatMap((name, j) => (name === "" ? [] : [[name, rows.map((row) => row[j])]])));
}
