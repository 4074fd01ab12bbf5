// The same request as code: curl, R, JavaScript. A key is never written; it is read from RECTIFIER_KEY.

import { pointed, trimmed, truths } from "./cells.js";

/** What curl sends beside a CSV file: plan and data with column names where JSON has columns. */
export function namedColumns(table, uses, request) {
  const of = (role) => table.header.filter((name) => uses.get(name).role === role);
  const { data } = request;
  const found = { layout: "table" };
  if (data.prediction_design) found.prediction_design = data.prediction_design;
  if (data.arm) [found.arm] = of("arm");
  found.outcomes = Object.fromEntries(of("outcome").map((name) => [name, name]));
  const predictions = of("prediction");
  found.predictions = data.predictions.map(({ values, ...said }, j) => ({ ...said, values: predictions[j] }));
  if (data.covariates) found.covariates = Object.fromEntries(of("covariate").map((name) => [name, name]));
  for (const role of ["weight", "cluster", "stratum", "subgroup", "sampling_probability", "human"]) if (data[role]) [found[role]] = of(role);
  return found;
}

/** The used columns as a CSV file that the service reads as it is: commas, decimal points, empty where missing. */
export function cleanedCsv(table, uses, reading) {
  const header = table.header.filter((name) => uses.get(name).role !== "ignore");
  const lists = header.map((name) => {
    const cells = table.columns.get(name);
    const { role } = uses.get(name);
    if (role === "human") return truths(cells, reading).map((value) => value ?? "");
    const words = cells.map((cell) => trimmed(cell, reading));
    return role === "arm" ? words : words.map((word) => pointed(word, reading)); // arms are names, as predictions name them
  });
  const rows = table.lines.map((_, row) => lists.map((cells) => quoted(cells[row])).join(","));
  return [header.map(quoted).join(","), ...rows].join("\n") + "\n";
}

function quoted(value) {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** curl: the CSV file, or the JSON file where moments are sent. */
export function curl(url, table, uses, request, key) {
  const lines = [`curl -s ${shell(`${url}v1/calibrations`)}`];
  if (key) lines.push('-H "Authorization: Bearer $RECTIFIER_KEY"');
  if (request.data.layout === "moments") lines.push("-H 'Content-Type: application/json'", "--data-binary @request.json");
  else {
    lines.push("-H 'Content-Type: text/csv'", "--data-binary @study.csv");
    lines.push(`--url-query ${shell(`data=${JSON.stringify(namedColumns(table, uses, request))}`)}`);
    if (Object.keys(request.plan).length > 0) lines.push(`--url-query ${shell(`plan=${JSON.stringify(request.plan)}`)}`);
  }
  return `${lines.join(" \\\n  ")}\n`;
}

/** R: the package `rectifier` with the CSV file as a data frame. */
export function r(url, table, uses, rows, moments) {
  const named = namedColumns(table, uses, rows);
  const given = [`outcome = ${rVector(Object.keys(named.outcomes))}`];
  const predictions = named.predictions.map(({ values, ...said }) => `prediction(${[rText(values), ...Object.entries(said).map(([name, value]) => `${name} = ${rValue(value)}`)].join(", ")})`);
  given.push(`predictions = list(\n    ${predictions.join(",\n    ")}\n  )`);
  if (named.arm) given.push(`arm = ${rText(named.arm)}`, `prediction_design = ${rText(named.prediction_design)}`);
  if (named.covariates) given.push(`covariates = ${rVector(Object.keys(named.covariates))}`);
  for (const role of ["weight", "cluster", "stratum", "subgroup", "human", "sampling_probability"]) if (named[role]) given.push(`${role} = ${rText(named[role])}`);
  const compared = !named.arm || "control" in rows.plan || "contrasts" in rows.plan;
  const plan = compared ? rows.plan : { ...rows.plan, control: null }; // R compares with the first arm unless told not to
  if (Object.keys(plan).length > 0) given.push(`plan = ${rValue(plan)}`);
  if (moments) given.push("moments = TRUE");
  given.push(`url = ${rText(url.replace(/\/$/, ""))}`);
  return `library(rectifier)\n\n${rRead(table, uses)}\nanswer <- calibrate(\n  study,\n  ${given.join(",\n  ")}\n)\nanswer\n`;
}

/** Reads study.csv; labels that R would take for numbers or truth values stay words, and truth values are none. */
function rRead(table, uses) {
  const changes = (label) => /^(?:t|true|f|false)$/i.test(label) || (!Number.isNaN(Number(label)) && String(Number(label)) !== label);
  const classOf = ({ role, profile }) => {
    if (role === "ignore") return null;
    if (role === "human") return "logical";
    const label = ["arm", "cluster", "stratum", "subgroup"].includes(role);
    const changed = profile.levels.some(changes) || Math.max(-profile.min, profile.max) >= 2 ** 53;
    return (label || profile.kind === "text") && changed ? "character" : null;
  };
  const classes = table.header.flatMap((name) => (classOf(uses.get(name)) ? [`${rName(name)} = "${classOf(uses.get(name))}"`] : []));
  return `study <- read.csv("study.csv", check.names = FALSE, na.strings = "", encoding = "UTF-8"${classes.length > 0 ? `, colClasses = c(${classes.join(", ")})` : ""})`;
}

/** JavaScript: the package `rectifier` with the JSON file. */
export function javascript(url, key) {
  const options = [`url: ${JSON.stringify(url.replace(/\/$/, ""))}`, ...(key ? ["key: process.env.RECTIFIER_KEY"] : [])];
  return (
    'import { readFile } from "node:fs/promises";\nimport { Rectifier } from "rectifier";\n\n' +
    `const client = new Rectifier({ ${options.join(", ")} });\n` +
    'const request = JSON.parse(await readFile("request.json", "utf8"));\n' +
    "const answer = await client.calibrate(request);\nconsole.log(answer.summary);\n"
  );
}

/** A word for a POSIX shell. */
export function shell(text) {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function rText(text) {
  return JSON.stringify(String(text));
}

function rVector(texts) {
  return texts.length === 1 ? rText(texts[0]) : `c(${texts.map(rText).join(", ")})`;
}

/** A JSON value as R; lists stay lists, so that one entry is not taken for a number. */
export function rValue(value) {
  if (value === null) return "NULL";
  if (typeof value === "boolean") return value ? "TRUE" : "FALSE";
  if (typeof value === "number") return String(value);
  if (typeof value === "string") return rText(value);
  if (Array.isArray(value)) return `list(${value.map(rValue).join(", ")})`;
  return `list(${Object.entries(value).map(([name, each]) => `${rName(name)} = ${rValue(each)}`).join(", ")})`;
}

function rName(name) {
  return /^[A-Za-z.][\w.]*$/.test(name) ? name : `\`${name.replaceAll("\\", "\\\\").replaceAll("`", "\\`")}\``;
}
