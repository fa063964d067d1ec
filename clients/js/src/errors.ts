/**
 * What can go wrong, one class for each kind of thing to do about it.
 *
 * ```text
 * PortwayError            code, detail, whatToDo, retryable
 *   InvalidRequest        the declaration breaks rules; `faults` names every field
 *   Unauthorized          the token is not accepted, also a fresh one
 *   Forbidden             the token is good, but not for this
 *     QuotaExceeded       bytes or open uploads are used up
 *   NotFound              no such upload or file of yours
 *   Ended                 expired, or cancelled or removed elsewhere
 *   Rejected              inspection said no or an operator has to decide; `reason`, `findings`
 *   FileChanged           the file is not what it was when it was begun
 *   PartRefused           S3 does not take a part, also with fresh URLs
 *   ChecksumMismatch      the bytes arrive damaged, again and again
 *   RateLimited           faster than the owner's rate, for too long
 *   Unavailable           the server or S3 gives no good answer, for too long
 *   Offline               no network for longer than allowed
 *   Cancelled             by `cancel()`
 *   StateUnusable         what is kept for resuming cannot be read or written
 * ```
 * @module
 */
import type { Fault, Finding } from "./types.js";

export interface ErrorFacts {
  /** Stable; decide by it. */
  code: string;
  /** What happened, for a person. */
  detail: string;
  /** HTTP status, when an answer caused it. */
  status?: number;
  faults?: Fault[];
  findings?: Finding[];
  reason?: string;
  retryable?: boolean;
  cause?: unknown;
}

export class PortwayError extends Error {
  override readonly name: string = "PortwayError";
  readonly code: string;
  readonly detail: string;
  /** A sentence for the person who waits. */
  readonly whatToDo: string = "Try again; if it happens again, tell the people who run this service.";
  /** Whether the same upload can succeed later: `retry()`. */
  readonly retryable: boolean;
  readonly status: number | undefined;

  constructor(facts: ErrorFacts) {
    super(facts.detail, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = facts.code;
    this.detail = facts.detail;
    this.retryable = facts.retryable ?? false;
    this.status = facts.status;
  }
}

export class InvalidRequest extends PortwayError {
  override readonly name = "InvalidRequest";
  override readonly whatToDo = "Change what the message names, then add the file again.";
  /** Everything that is wrong, at once. */
  readonly faults: Fault[];

  constructor(facts: ErrorFacts) {
    super(facts);
    this.faults = facts.faults ?? [];
  }
}

export class Unauthorized extends PortwayError {
  override readonly name = "Unauthorized";
  override readonly whatToDo = "Sign in again, then retry: what was sent is kept.";
}

export class Forbidden extends PortwayError {
  override readonly name: string = "Forbidden";
  override readonly whatToDo: string = "Ask the people who run this service for the right to upload.";
}

export class QuotaExceeded extends Forbidden {
  override readonly name = "QuotaExceeded";
  override readonly whatToDo = "Delete files or finish open uploads, or ask for more space, then retry.";
}

export class NotFound extends PortwayError {
  override readonly name = "NotFound";
  override readonly whatToDo = "Check that you are signed in as the one who began it; else add the file again.";
}

export class Ended extends PortwayError {
  override readonly name = "Ended";
  override readonly whatToDo = "Retry to send the file anew.";
}

export class Rejected extends PortwayError {
  override readonly name = "Rejected";
  override readonly whatToDo: string;
  /** `infected`, `rejected`, `not_scanned`, `in_review` (an operator decides), `error`, `parts_changed`, … */
  readonly reason: string;
  readonly findings: Finding[];

  constructor(facts: ErrorFacts) {
    super(facts);
    this.reason = facts.reason ?? "rejected";
    this.findings = facts.findings ?? [];
    this.whatToDo = AFTER_REJECTION[this.reason] ?? "Read what was found, change the file, and add it again.";
  }
}

const AFTER_REJECTION: Record<string, string> = {
  in_review: "Nothing: somebody looks at the file and decides.",
  error: "Retry: the file is stored and is looked at again.",
  not_scanned: "Retry later: the scanner gave no answer.",
  parts_changed: "Retry to send the file anew.",
  upload_gone: "Retry to send the file anew.",
};

export class FileChanged extends PortwayError {
  override readonly name = "FileChanged";
  override readonly whatToDo = "Pick the file again, once nobody writes to it any more.";
}

export class PartRefused extends PortwayError {
  override readonly name = "PartRefused";
}

export class ChecksumMismatch extends PortwayError {
  override readonly name = "ChecksumMismatch";
  override readonly whatToDo = "Retry on another network: something on the way changes the bytes.";
}

export class RateLimited extends PortwayError {
  override readonly name = "RateLimited";
  override readonly whatToDo = "Wait a few minutes, then retry: what was sent is kept.";
}

export class Unavailable extends PortwayError {
  override readonly name = "Unavailable";
  override readonly whatToDo = "Retry in a while: what was sent is kept.";
}

export class Offline extends PortwayError {
  override readonly name = "Offline";
  override readonly whatToDo = "Retry when the network is back: what was sent is kept.";
}

export class Cancelled extends PortwayError {
  override readonly name = "Cancelled";
  override readonly whatToDo = "Nothing. Add the file again if it was a mistake.";

  constructor() {
    super({ code: "cancelled", detail: "The upload was cancelled." });
  }
}

export class StateUnusable extends PortwayError {
  override readonly name = "StateUnusable";
  override readonly whatToDo = "Allow this site to store data, to go on after a reload.";
}
