import { failure, ofDocument, type RectifierProblem } from "./problem.js";
import type { EndRecord, ErrorRecord, GenerationRecord, CellRecord } from "./wire.js";

/**
 * The records of a stream of lines or of server-sent events. What an `error` record says is thrown after the `end` that follows it;
 * a stream that breaks off, too.
 */
export async function* records(response: Response): AsyncGenerator<GenerationRecord, void, undefined> {
  const events = response.headers.get("Content-Type")?.startsWith("text/event-stream") ?? false;
  let ended = false;
  let failed: RectifierProblem | undefined;
  for await (const text of lines(response)) {
    const content = events ? eventData(text) : text;
    if (!content) continue;
    const record = recordOf(content);
    ended ||= record.type === "end";
    if (record.type === "error") failed = ofDocument(record.problem);
    else yield record;
  }
  if (failed) throw failed;
  if (!ended) throw cutOff();
}

function recordOf(content: string): GenerationRecord | ErrorRecord {
  const foreign = (cause?: unknown) => failure("not_json", "The stream has a line that is no record.", "Does something else answer at this address?", cause);
  let found: unknown;
  try {
    found = JSON.parse(content);
  } catch (error) {
    throw content.startsWith("{") ? cutOff(error) : foreign(error);
  }
  if (typeof found !== "object" || found === null || !("type" in found) || (found.type === "error" && !("problem" in found))) throw foreign();
  return found as GenerationRecord | ErrorRecord;
}

function cutOff(cause?: unknown): RectifierProblem {
  const hint = "Post the same request again: answers in the gateway's cache cost nothing.";
  return failure("cut_off", "The stream broke off before its end record.", hint, cause);
}

/** Our events have one line of data each. */
function eventData(line: string): string {
  return line.startsWith("data:") ? line.slice(5) : "";
}

async function* lines(response: Response): AsyncGenerator<string, void, undefined> {
  if (!response.body) return;
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let begun: string[] = []; // parts of the line that is not yet whole; the last one of a large study has many megabytes
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((error: unknown) => Promise.reject(cutOff(error)));
      const [first, ...others] = decoder.decode(value, { stream: !done }).split("\n");
      begun.push(first!);
      for (const next of others) {
        yield begun.join("").trim();
        begun = [next];
      }
      if (done) return yield begun.join("").trim();
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

export interface Generation {
  cells: CellRecord[];
  end: EndRecord;
}

/** All cells of a generation, and its end; `seen` hears of every record as it comes. */
export async function collect(stream: AsyncIterable<GenerationRecord>, seen?: (record: GenerationRecord) => void): Promise<Generation> {
  const cells: CellRecord[] = [];
  let end: EndRecord | undefined;
  for await (const record of stream) {
    seen?.(record);
    if (record.type === "cell") cells.push(record);
    if (record.type === "end") end = record;
  }
  if (!end) throw failure("cut_off", "There was no end record.", "Post the same request again.");
  return { cells, end };
}
