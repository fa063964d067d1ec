import type { Caller } from "./api.js";
import { Offline, PortwayError } from "./errors.js";
import type { Kit } from "./job.js";
import { Budget } from "./patience.js";

/** How long the server is told. */
const FAREWELL_MS = 30_000;

/** Removes an upload at the server. Resolves with why it could not be removed; null when it is gone. */
export async function removed(kit: Kit, id: string): Promise<PortwayError | null> {
  const over = new AbortController();
  const caller: Caller = { signal: over.signal, budget: new Budget(), resting: (what) => what };
  void kit.seams.clock.sleep(FAREWELL_MS, over.signal).then(() => over.abort());
  try {
    await kit.api.ask(caller, `DELETE uploads/${id}`);
    return null;
  } catch (error) {
    if (!(error instanceof PortwayError))
      return new Offline({ code: "offline", detail: "The server could not be told." });
    return error.code === "not_found" ? null : error;
  } finally {
    over.abort();
  }
}
