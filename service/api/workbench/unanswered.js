// Rows with an arm and no answer beside twins: people who did not answer, or personas whose arm means nothing. The file
// cannot say which; the person does.

import { trimmed } from "./cells.js";

const ASKED = "asked";

/** Rows (from 0) with an arm and without any outcome, where twins make that doubtful and no column says who was asked. */
export function unanswered(table, uses, settings, reading) {
  const of = (role) => table.header.filter((name) => uses.get(name).role === role).map((name) => table.columns.get(name));
  const [[arm], outcomes] = [of("arm"), of("outcome")];
  if (settings.design !== "shared" || !arm || outcomes.length === 0 || of("human").length > 0) return [];
  const empty = (cells, row) => trimmed(cells[row], reading) === "";
  return table.lines.flatMap((_, row) => (!empty(arm, row) && outcomes.every((cells) => empty(cells, row)) ? [row] : []));
}

/**
 * {table, uses, settings} as what the person said makes them: arms of personas left out, or a column that says who was asked.
 * Moments have no such column: there people who did not answer are left out here.
 */
export function settled(table, { uses, settings, reading }) {
  const rows = new Set(unanswered(table, uses, settings, reading));
  if (rows.size === 0) return { table, uses, settings };
  const of = (role) => table.header.filter((name) => uses.get(name).role === role);
  const [arm] = of("arm");
  if (settings.unanswered === "personas") {
    const cells = table.columns.get(arm).map((cell, row) => (rows.has(row) ? "" : cell));
    return { table: { ...table, columns: new Map(table.columns).set(arm, cells) }, uses, settings };
  }
  if (settings.local && settings.unanswered === "drop_unit") return { table: without(table, rows), uses, settings };
  const name = `${ASKED}${table.columns.has(ASKED) ? ` ${table.header.length + 1}` : ""}`;
  const cells = table.columns.get(arm).map((cell) => (trimmed(cell, reading) === "" ? "false" : "true"));
  return {
    table: { ...table, header: [...table.header, name], columns: new Map(table.columns).set(name, cells) },
    uses: new Map(uses).set(name, { role: "human" }),
    settings: { ...settings, missing: settings.unanswered },
  };
}

function without(table, rows) {
  const kept = (list) => list.filter((_, row) => !rows.has(row));
  return { ...table, columns: new Map([...table.columns].map(([name, cells]) => [name, kept(cells)])), lines: kept(table.lines) };
}
