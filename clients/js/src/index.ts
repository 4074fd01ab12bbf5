export { withHumanAnswers, type HumanAnswers } from "./answers.js";
export { categorical } from "./binary.js";
export { Rectifier, type CallOptions, type GenerationOptions, type RectifierOptions } from "./client.js";
export type { Column, Value } from "./column.js";
export { readCsv, type CsvColumns, type CsvOptions } from "./csv.js";
export { RectifierProblem, type Reason } from "./problem.js";
export { collect, type Generation } from "./records.js";
export { prediction, table, type Columns, type Prediction, type Predictions, type Roles, type Rows } from "./table.js";
export type * from "./wire.js";
