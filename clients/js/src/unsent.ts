import { anybody } from "./api.js";
import { Offline, type PortwayError } from "./errors.js";
import { OPEN } from "./flow.js";
import type { Kit } from "./job.js";
import { orAborted } from "./waiting.js";
import type { UploadView } from "./wire.js";

/** How long a caller waits for the server's answer. */
const PATIENCE_MS = 30_000;

/**
 * A call about an upload that nobody sends now. After half a minute without a network, a token or an answer nobody waits
 * any more, but the server is asked once that is possible.
 */
async function answered(kit: Kit, call: string): Promise<UploadView> {
  const over = new AbortController();
  void kit.seams.clock.sleep(PATIENCE_MS, over.signal).then(() => over.abort());
  try {
    return await orAborted(kit.api.ask<UploadView>(anybody(), call), over.signal);
  } catch (error) {
    if (over.signal.aborted) throw new Offline({ code: "offline", detail: "The server could not be told yet." });
    throw error;
  } finally {
    over.abort();
  }
}

/** Removes an upload at the server. Resolves with why it could not be removed; null when it is gone. */
export function removed(kit: Kit, id: string): Promise<PortwayError | null> {
  return answered(kit, `DELETE uploads/${id}`).then(
    () => null,
    (error: PortwayError) => (error.code === "not_found" ? null : error),
  );
}

/** Whether S3 still waits for parts of it; where nobody can tell, it may. */
export function isOpen(kit: Kit, id: string): Promise<boolean> {
  return answered(kit, `GET uploads/${id}`).then(
    ({ status }) => OPEN.has(status),
    ({ code }: PortwayError) => code !== "not_found",
  );
}
