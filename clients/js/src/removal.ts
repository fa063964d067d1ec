import { anybody } from "./api.js";
import { Offline, type PortwayError } from "./errors.js";
import type { Kit } from "./job.js";
import { orAborted } from "./waiting.js";

/** How long a caller waits for the server to be told. */
const FAREWELL_MS = 30_000;

/**
 * Removes an upload at the server. Resolves with why it could not be removed; null when it is gone. After half a minute
 * without a network, a token or an answer nobody waits any more, but the server is told once that is possible.
 */
export async function removed(kit: Kit, id: string): Promise<PortwayError | null> {
  const over = new AbortController();
  void kit.seams.clock.sleep(FAREWELL_MS, over.signal).then(() => over.abort());
  try {
    await orAborted(kit.api.ask(anybody(), `DELETE uploads/${id}`), over.signal);
    return null;
  } catch (error) {
    if (over.signal.aborted) return new Offline({ code: "offline", detail: "The server could not be told yet." });
    return (error as PortwayError).code === "not_found" ? null : (error as PortwayError);
  } finally {
    over.abort();
  }
}
