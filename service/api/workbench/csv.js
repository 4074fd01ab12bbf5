// Text of a CSV file to a header and columns of cells (RFC 4180; quotes, a byte order mark, any line ends).
// What is doubtful is told in `problems`, never guessed silently: {code, message, row?, column?}.

export const SEPARATORS = [
  { value: ",", name: "comma" },
  { value: ";", name: "semicolon" },
  { value: "\t", name: "tab" },
];
const MOST_PROBLEMS = 20;
const SAMPLED = 50;

/** The text of a file's bytes; bytes that are not UTF-8 are read as Windows-1252, and that is told. */
export function decode(bytes) {
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
 * {separator, header, columns: name -> cells, lines: the line of the file each row begins on, problems}.
 * The separator is detected when it is not given; rows of another length than the header's are told and left out.
 * `labels` counts the rows below the header that describe columns (Qualtrics' question texts and import ids); they are
 * left out unless `keepLabels`.
 */
export function parseCsv(text, separator = null, keepLabels = false) {
  const content = text.startsWith("\uFEFF") ? text.slice(1) : text;
  const used = separator ?? detectSeparator(content);
  const { rows, lines, open } = records(content, used);
  const header = (rows.shift() ?? []).map((name) => name.trim());
  lines.shift();
  const labels = rows.slice(0, 2).findLastIndex((row) => row.some((cell) => cell.startsWith('{"ImportId"'))) + 1;
  if (!keepLabels) [rows, lines].forEach((each) => each.splice(0, labels));
  const problems = headerProblems(header);
  if (open) problems.push({ code: "open_quote", line: open, message: `The record that begins on line ${open} opens a quote that is never closed.` });
  const ragged = rows.flatMap((row, i) => (row.length === header.length ? [] : [i]));
  problems.push(...ragged.slice(0, MOST_PROBLEMS).map((i) => raggedRow(lines[i], rows[i].length, header.length)));
  if (ragged.length > MOST_PROBLEMS) problems.push({ code: "ragged_row", message: `${ragged.length} lines in all have another number of fields than the header.` });
  const whole = ragged.length === 0 ? rows : rows.filter((row) => row.length === header.length);
  if (whole.length === 0) problems.push({ code: "no_rows", message: "There are no rows below the header." });
  return { separator: used, header: named(header), columns: columnsOf(header, whole), lines: lines.filter((_, i) => rows[i].length === header.length), labels, problems };
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

function headerProblems(header) {
  const names = named(header);
  if (names.length === 0) return [{ code: "no_header", message: "The first line names no column." }];
  const twice = new Set(names.filter((name, i) => names.indexOf(name) < i));
  return [...twice].map((column) => ({ code: "duplicate_header", column, message: `The header names “${column}” twice: rename one of the two.` }));
}

/** Columns without a name (R writes row names under one) are no columns. */
function named(header) {
  return header.filter((name) => name !== "");
}

function columnsOf(header, rows) {
  const columns = new Map();
  header.forEach((name, j) => {
    if (name !== "" && !columns.has(name)) columns.set(name, rows.map((row) => row[j]));
  });
  return columns;
}
