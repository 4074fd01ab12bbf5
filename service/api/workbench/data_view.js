// The first part of the page: a CSV dropped, chosen, pasted or taken from the examples, and how it was read.

import { numberOf, profile } from "./cells.js";
import { SEPARATORS, decode, parseCsv } from "./csv.js";
import { byId, choice, element, fill, refill, tableOf } from "./dom.js";
import { doubtfulNones, withoutNones } from "./nones.js";

export const EXAMPLES = [
  { value: "twins", name: "Message test with digital twins (120 humans, 600 LLM-only)", file: "workbench/twins.csv", settings: { pool: true, control: "control" } },
  { value: "survey", name: "Survey mean, two LLMs (150 humans, 900 LLM-only)", file: "workbench/survey.csv", settings: {} },
  { value: "vote", name: "Yes/no answers by arm (200 humans, 800 LLM-only)", file: "workbench/vote.csv", settings: { control: "control" } },
];
const PREVIEWED = 5;
const AS_READ = { na: true, comma: "", none: "" };
const NOTHING = "There is nothing to read: choose a file, paste text, or load an example.";
const NONES = [
  { value: "", name: "please say" },
  { value: "missing", name: "missing" },
  { value: "word", name: "a word" },
];
const COMMAS = [
  { value: "decimal", name: "a decimal comma" },
  { value: "thousands", name: "between thousands" },
];

/** Wire the part; `taken(table, source, fresh)` is called with every file that was read, and with null where none could be. */
export function dataPart(taken) {
  const state = { text: "", name: "", told: [], reading: { ...AS_READ }, separator: null, keepLabels: false, settings: {} };
  const read = (fresh) => {
    const table = parseCsv(state.text, state.separator, state.keepLabels);
    shown(state, table, read);
    taken(withoutNones(table, state.reading), state, fresh);
  };
  const take = (text, name, told = [], settings = {}) => {
    Object.assign(state, { text, name, told, separator: null, keepLabels: false, reading: { ...AS_READ }, settings });
    if (text.trim() !== "") return read(true);
    failed(told[0]?.message ?? NOTHING);
    return taken(null);
  };
  let latest = 0; // what was asked for before it comes too late
  const takeFile = async (file) => {
    if (!file) return;
    const mine = ++latest;
    try {
      const { text, problems } = decode(new Uint8Array(await file.arrayBuffer()));
      if (mine === latest) take(text, file.name, problems);
    } catch {
      if (mine === latest) unread(`${file.name} cannot be read: was it moved, or is it a folder?`);
    }
  };
  const unread = (words) => {
    failed(words);
    taken(null);
  };
  byId("file").addEventListener("click", (event) => {
    event.target.value = ""; // the same file, changed on disk, may be chosen again
  });
  byId("file").addEventListener("change", (event) => takeFile(event.target.files[0]));
  dropZone(document.body, byId("drop"), takeFile);
  byId("paste-use").addEventListener("click", () => {
    latest++;
    take(byId("paste").value, "Pasted text");
  });
  fill(byId("example"), EXAMPLES.map(({ value, name }) => element("option", { value }, name)));
  byId("example-use").addEventListener("click", async () => {
    const example = EXAMPLES.find(({ value }) => value === byId("example").value);
    const mine = ++latest;
    try {
      const response = await fetch(example.file);
      if (!response.ok) throw new Error(response.statusText);
      const text = await response.text();
      if (mine === latest) take(text, `Example “${example.name}”`, [], example.settings);
    } catch {
      if (mine === latest) unread("The example cannot be loaded: the service cannot be reached.");
    }
  });
}

/** A file may be dropped anywhere: beside the zone the browser would leave the page for it. Text is dropped as ever. */
function dropZone(page, zone, takeFile) {
  const ofFile = (event) => event.dataTransfer.types.includes("Files");
  const over = (on) => (event) => {
    if (!ofFile(event)) return;
    event.preventDefault();
    zone.classList.toggle("over", on);
  };
  page.addEventListener("dragover", over(true));
  page.addEventListener("dragleave", over(false));
  page.addEventListener("drop", (event) => {
    over(false)(event);
    if (ofFile(event)) takeFile(event.dataTransfer.files[0]);
  });
}

/** What was read, what is doubtful, and the ways to read it otherwise. */
function shown(state, table, read) {
  const separator = SEPARATORS.find(({ value }) => value === table.separator).name;
  const change = (part, value) => {
    Object.assign(part, value);
    read(false);
  };
  fill(
    byId("read-said"),
    element("p", {}, `${state.name}: ${counted(table.lines.length, "row")}, ${counted(table.header.length, "column")}, separated by ${separator}s.`),
    told(table.problems, "notice fail"),
    told([...state.told, ...table.notes], "notice"),
  );
  refill(byId("read-ways"), ways(state, table, change));
  fill(byId("read-first"), preview(table));
}

function counted(number, thing) {
  return `${number.toLocaleString("en-US")} ${thing}${number === 1 ? "" : "s"}`;
}

function told(list, kind) {
  return list.length > 0 ? element("div", { class: kind }, element("ul", { class: "problems" }, list.map(({ message }) => element("li", {}, message)))) : null;
}

function failed(words) {
  fill(byId("read-said"), element("p", { class: "notice fail" }, words));
  for (const id of ["read-ways", "read-first"]) fill(byId(id));
}

function ways(state, table, change) {
  const cells = [...table.columns.values()].map((column) => profile(column));
  const [absent, commas] = ["notAvailable", "commas"].map((kind) => cells.reduce((sum, found) => sum + found[kind], 0));
  const tick = (id, words, checked, set) => element("label", { class: "tick" }, element("input", { type: "checkbox", id, ".checked": checked, onchange: (event) => set(event.target.checked) }), words);
  const { reading } = state;
  return [
    element("label", {}, "Separator", choice({ id: "separator", onchange: (event) => change(state, { separator: event.target.value }) }, SEPARATORS, table.separator)),
    commas > 0 ? commaChoice(cells.find((each) => each.commas > 0).firstComma, commas, reading, change) : null,
    absent > 0 ? tick("na", `${absent.toLocaleString("en-US")} cells say NA, n/a, NaN, null or “.”: read them as missing`, reading.na, (na) => change(reading, { na })) : null,
    reading.na ? noneChoice(doubtfulNones(table), reading, change) : null,
    table.labels > 0 ? tick("labels", `Leave out the ${table.labels} rows of Qualtrics below the header`, !state.keepLabels, (out) => change(state, { keepLabels: !out })) : null,
  ];
}

/** Whether None among words is one. */
function noneChoice(columns, reading, change) {
  if (columns.length === 0) return null;
  const count = columns.reduce((sum, each) => sum + each.count, 0);
  const words = `${count.toLocaleString("en-US")} cells of ${columns.map(({ name }) => `“${name}”`).join(", ")} say None. That is`;
  return element("label", {}, words, choice({ id: "none", onchange: (event) => change(reading, { none: event.target.value }) }, NONES, reading.none));
}

/** What a comma is, with what that makes of the first cell that has one. */
function commaChoice(sample, count, reading, change) {
  const able = COMMAS.map(({ value, name }) => ({ value, name: `${name}: ${sample} is ${numberOf(sample, { comma: value })}` })).filter(({ name }) => !name.endsWith("NaN"));
  const words = `${count.toLocaleString("en-US")} numbers look like ${sample}. The comma is`;
  return element("label", {}, words, choice({ id: "comma", onchange: (event) => change(reading, { comma: event.target.value }) }, [{ value: "", name: "please say" }, ...able], reading.comma));
}

function preview(table) {
  if (table.lines.length === 0) return null;
  const rows = table.lines.slice(0, PREVIEWED).map((line, row) => [`${row + 1}`, ...table.header.map((name) => table.columns.get(name)[row])]);
  return element("details", {}, element("summary", {}, `First ${rows.length} rows`), tableOf("First rows of the file", ["row", ...table.header], rows));
}
