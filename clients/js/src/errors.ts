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
 *   Cancelled             by `cancel()`, or the uploader was closed
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
  /** Of a rejection; then `code` is the same. */
  reason?: string;
  retryable?: boolean;
  cause?: unknown;
}

const SENT_IS_KEPT = "what was sent is kept.";
const TELL = "Tell the people who run this service: the page has a wrong `endpoint`.";
const CHANGE = "Change what the message names, then add the file again.";
const LATER = `Retry in a while: ${SENT_IS_KEPT}`;
const SEND_ANEW = "Retry to send the file anew.";

/** By code where that says more, else by kind. */
const WHAT_TO_DO: Record<string, string> = {
  InvalidRequest: CHANGE,
  Unauthorized: `Sign in again, then retry: ${SENT_IS_KEPT}`,
  Forbidden: "Ask the people who run this service.",
  QuotaExceeded: "Delete files or finish open uploads, then retry.",
  NotFound: "Sign in as who began it, or add the file again.",
  Ended: SEND_ANEW,
  Rejected: CHANGE,
  in_review: "Nothing to do: somebody looks at it and decides.",
  not_scanned: LATER,
  parts_changed: SEND_ANEW,
  upload_gone: SEND_ANEW,
  FileChanged: "Once nobody writes to it, add the file again.",
  ChecksumMismatch: "Retry on another network: this one changes bytes.",
  RateLimited: LATER,
  Unavailable: LATER,
  no_api: TELL,
  unreadable: TELL,
  Offline: `Retry when the network is back: ${SENT_IS_KEPT}`,
  Cancelled: "Add the file again.",
  StateUnusable: "Allow this site to store data.",
};

export class PortwayError extends Error {
  override readonly name: string = "PortwayError";
  readonly code: string;
  readonly detail: string;
  /** Whether the same upload can succeed later: `retry()`. */
  readonly retryable: boolean;
  readonly status: number | undefined;

  constructor(facts: ErrorFacts) {
    super(facts.detail, { cause: facts.cause });
    this.code = facts.code;
    this.detail = facts.detail;
    this.retryable = facts.retryable ?? false;
    this.status = facts.status;
  }

  /** A sentence for the person who waits. */
  get whatToDo(): string {
    const usual = "Retry, or ask the people who run this service.";
    return WHAT_TO_DO[this.code] ?? WHAT_TO_DO[this.name] ?? usual;
  }
}

export class InvalidRequest extends PortwayError {
  override readonly name = "InvalidRequest";
  /** Everything that is wrong, at once. */
  readonly faults: Fault[];

  constructor(facts: ErrorFacts) {
    super(facts);
    this.faults = facts.faults ?? [];
  }
}

export class Unauthorized extends PortwayError {
  override readonly name = "Unauthorized";
}

export class Forbidden extends PortwayError {
  override readonly name: string = "Forbidden";
}

export class QuotaExceeded extends Forbidden {
  override readonly name = "QuotaExceeded";
}

export class NotFound extends PortwayError {
  override readonly name = "NotFound";
}

export class Ended extends PortwayError {
  override readonly name = "Ended";
}

export class Rejected extends PortwayError {
  override readonly name = "Rejected";
  /** `infected`, `rejected`, `not_scanned`, `in_review` (an operator decides), `error`, `parts_changed`, … */
  readonly reason: string;
  readonly findings: Finding[];

  constructor(facts: ErrorFacts) {
    super({ ...facts, code: facts.reason ?? facts.code });
    this.reason = this.code;
    this.findings = facts.findings ?? [];
  }
}

export class FileChanged extends PortwayError {
  override readonly name = "FileChanged";
}

export class PartRefused extends PortwayError {
  override readonly name = "PartRefused";
}

export class ChecksumMismatch extends PortwayError {
  override readonly name = "ChecksumMismatch";
}

export class RateLimited extends PortwayError {
  override readonly name = "RateLimited";
}

export class Unavailable extends PortwayError {
  override readonly name = "Unavailable";
}

export class Offline extends PortwayError {
  override readonly name = "Offline";
}

export class Cancelled extends PortwayError {
  override readonly name = "Cancelled";

  constructor(facts: ErrorFacts = { code: "cancelled", detail: "The upload was cancelled." }) {
    super(facts);
  }
}

export class StateUnusable extends PortwayError {
  override readonly name = "StateUnusable";
}
