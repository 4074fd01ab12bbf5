import type { components as Calibration, operations as Computed } from "./generated/calibration.js";
import type { components as Gateway } from "./generated/gateway.js";

type Schemas = Calibration["schemas"];
type GatewaySchemas = Gateway["schemas"];

/** Typed arrays that are sent as bytes; unsigned ones are widened to what the wire has. */
export type NumericArray =
  | Float64Array
  | Float32Array
  | Int32Array
  | Int16Array
  | Int8Array
  | Uint32Array
  | Uint16Array
  | Uint8Array
  | Uint8ClampedArray;

export type BinaryArray = Schemas["BinaryArray"];

/** A body of the wire as it may be given here: typed arrays where the wire has binary arrays, read-only arrays anywhere. */
export type Sendable<T> = T extends BinaryArray
  ? T | NumericArray
  : T extends readonly (infer E)[]
    ? readonly Sendable<E>[]
    : T extends object
      ? { readonly [K in keyof T]: Sendable<T[K]> }
      : T;

export type Plan = Sendable<Schemas["Plan"]>;
export type Table = Sendable<Schemas["Table"]>;
export type Arrays = Sendable<Schemas["Arrays"]>;
export type Moments = Sendable<Schemas["MomentsLayout"]>;
export type PredictionColumn = Sendable<Schemas["PredictionColumn"]>;
export type ModelFacts = Sendable<Schemas["ModelFacts"]>;
export type CalibrationRequest = Sendable<Schemas["CalibrationRequest"]>;
export type DesignRequest = Sendable<Schemas["DesignRequest"]>;
export type DiagnosticsRequest = Sendable<Schemas["DiagnosticsRequest"]>;
export type TrackRecordRequest = Sendable<Schemas["TrackRecordRequest"]>;
export type ScreeningRequest = Sendable<Schemas["ScreeningRequest"]>;
export type GenerationRequest = Sendable<GatewaySchemas["GenerationRequest"]>;

export type CalibrationAnswer = Schemas["CalibrationAnswer"];
export type Estimate = Schemas["Estimate"];
export type Summary = Schemas["Summary"];
export type Assumption = Schemas["Assumption"];
export type Warning = Schemas["Warning"];
export type DesignAnswer = Schemas["DesignReply"];
export type DiagnosticsAnswer = Schemas["DiagnosticsReply"];
export type TrackRecordAnswer = Schemas["TrackRecordReply"];
export type ScreeningAnswer = Schemas["ScreeningAnswer"];
export type Methods = { [kind: string]: Schemas["Card"][] };
export type ProblemEntry = Schemas["Entry"];
export type ProblemDocument = Schemas["ProblemDocument"];
export type FieldError = Schemas["FieldError"];

export type CellRecord = GatewaySchemas["CellRecord"];
export type ProgressRecord = GatewaySchemas["ProgressRecord"];
export type EndRecord = GatewaySchemas["EndRecord"];
export type ErrorRecord = GatewaySchemas["ErrorRecord"];
export type CalibrationData = GatewaySchemas["CalibrationData"];
/** What a generation yields; an `error` record is thrown as a RectifierProblem instead. */
export type GenerationRecord = CellRecord | ProgressRecord | EndRecord;
export type GenerationPlan = GatewaySchemas["PlanReply"];
export type Providers = GatewaySchemas["ProvidersReply"];

type Exchange<Request, Reply> = {
  request: Sendable<Request>;
  validated: Extract<Reply, { valid: boolean }>;
  answer: Exclude<Reply, { valid: boolean }>;
};
type Of<Name extends "calibrate" | "design" | "diagnose" | "screen" | "trackRecord"> = Exchange<
  Computed[Name]["requestBody"]["content"]["application/json"],
  Computed[Name]["responses"][200]["content"]["application/json"]
>;

/** What every path of the calibration service takes and gives. */
export interface Paths {
  "/v1/calibrations": Of<"calibrate">;
  "/v1/designs": Of<"design">;
  "/v1/diagnostics": Of<"diagnose">;
  "/v1/screenings": Of<"screen">;
  "/v1/track-records": Of<"trackRecord">;
}
