import { failure, ofDocument } from "./problem.js";
import type { EndRecord, ErrorRecord, GenerationRecord, CellRecord } from "./wire.js";

/** The records of a stream of lines or of server-sent events; throws what an `error` record says, or that the end is missing. */
export async function* records(response: Response): AsyncGenerator<GenerationRecord, void, undefined> {
  const events = response.headers.get("Content-Type")?.startsWith("text/event-stream") ?? false;
  let ended = false;
  for await (const text of lines(response)) {
    const content = events ? eventData(text) : text;
    if (!content) continue;
    const record = JSON.parse(content) as GenerationRecord | ErrorRecord;
    if (record.type === "error") throw ofDocument(record.problem);
    ended ||= record.type === "end";
    yield record;
  }
  if (!ended) {
    const hint = "Post the same request again: answers in the gateway's cache cost nothing.";
    throw failure("cut_off", "The stream broke off before its end record.", hint);
  }
}

/** Our events have one line of data each. */
function eventData(line: string): string {
  return line.startsWith("data:") ? line.slice(5) : "";
}

async function* lines(response: Response): AsyncGenerator<string, void, undefined> {
  if (!response.body) return;
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      const found = (rest + decoder.decode(value, { stream: !done })).split("\n");
      rest = done ? "" : found.pop()!;
      for (const line of found) yield line.trim();
      if (done) return;
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
