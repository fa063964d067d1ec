/**
 * What a network and a busy server do to requests.
 * @module
 */
import type { TransportRequest } from "../seams.js";

/**
 * `lost`: the request never arrives. `unheard`: it does, and its answer is lost. `half`: the answer is cut off.
 * `stall`: nothing comes until somebody gives up. `busy`: 503, from S3 as SlowDown. `expired`: S3 answers
 * ExpiredToken. `forbidden`: S3 answers 403. `damaged`: S3 answers BadDigest. `gateway`: 502 without a problem document.
 */
export type FaultKind =
  | "lost"
  | "unheard"
  | "half"
  | "stall"
  | "busy"
  | "expired"
  | "forbidden"
  | "damaged"
  | "gateway";

/** Which fault befalls a request, if any. `target` is `api` or `s3`. */
export type Faults = (request: TransportRequest, target: "api" | "s3") => FaultKind | null;

const BY_TARGET: Record<"api" | "s3", readonly FaultKind[]> = {
  api: ["lost", "unheard", "half", "stall", "busy", "gateway"],
  s3: ["lost", "unheard", "stall", "busy", "expired", "forbidden", "damaged", "gateway"],
};

/** Refusals, which no network makes: the same one three times in a row is a real one. */
export const REFUSALS: readonly FaultKind[] = ["expired", "forbidden", "damaged"];

/** Every so many requests (`rate`, 0 to 1) have one of all faults that their target knows, without those left out. */
export function storm(rate: number, random: () => number, without: readonly FaultKind[] = []): Faults {
  return (_, target) => {
    if (random() >= rate) return null;
    const kinds = BY_TARGET[target].filter((kind) => !without.includes(kind));
    return kinds[Math.floor(random() * kinds.length)] ?? null;
  };
}

/** These faults in this order, one for each request of the target; then none. */
export function inOrder(target: "api" | "s3", ...kinds: (FaultKind | null)[]): Faults {
  const left = [...kinds];
  return (_, asked) => (asked === target ? (left.shift() ?? null) : null);
}
