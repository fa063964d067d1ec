/**
 * What comes back, and what is done about it. Pure: two tables.
 * @module
 */
import {
  ChecksumMismatch,
  Ended,
  type ErrorFacts,
  Forbidden,
  InvalidRequest,
  NotFound,
  type PortwayError,
  QuotaExceeded,
  RateLimited,
  Unauthorized,
  Unavailable,
} from "./errors.js";
import type { TransportAnswer } from "./seams.js";
import type { Fault } from "./types.js";

/**
 * `stored`: S3 has it. `sign`: the URL is of no use any more. `hash`: what arrived is not what was hashed.
 * `look`: the upload may have ended elsewhere, ask. `again`: the same once more. `slower`: again, and fewer at once.
 */
export type PartVerdict = "stored" | "sign" | "hash" | "look" | "again" | "slower";

/** S3's codes that say more than their status. */
const BY_CODE: Record<string, PartVerdict> = {
  ExpiredToken: "sign",
  BadDigest: "hash",
  XAmzContentChecksumMismatch: "hash",
  IncompleteBody: "again",
  RequestTimeout: "slower",
};

/** 412: a file in one PUT that is there already. */
const BY_STATUS: Record<number, PartVerdict> = {
  0: "again",
  200: "stored",
  403: "sign",
  408: "slower",
  412: "stored",
  429: "slower",
  503: "slower",
};

export function judgePart(status: number, code: string): PartVerdict {
  return BY_CODE[code] ?? BY_STATUS[status] ?? (status >= 500 ? "again" : "look");
}

/** The code in S3's XML; "" when there is none. */
export function s3Code(text: string): string {
  return /<Code>(\w+)<\/Code>/.exec(text)?.[1] ?? "";
}

/** `token`: ask for another one, once. `unread`: there was no answer, or none that a browser may read. */
export type CallVerdict = "good" | "token" | "again" | "unread" | "no";

const CALLS: Record<number, CallVerdict> = {
  0: "unread",
  401: "token",
  408: "again",
  429: "again",
  500: "again",
  502: "again",
  503: "again",
  504: "again",
};

export function judgeCall(status: number): CallVerdict {
  return CALLS[status] ?? (status >= 200 && status < 300 ? "good" : "no");
}

/** The problem document of RFC 9457; a gateway answers without one. */
export interface Problem {
  code?: string;
  detail?: string;
  message?: string;
  retryable?: boolean;
  errors?: Fault[];
}

/** A web page, or no such path, which Portway says with a code: another server is there, or another part of it. */
const NO_API = "no_api";
type ErrorClass = new (facts: ErrorFacts) => PortwayError;
const ERRORS: Record<string, ErrorClass> = {
  0: Unavailable,
  401: Unauthorized,
  403: Forbidden,
  404: NotFound,
  409: Ended,
  410: Ended,
  429: RateLimited,
  [NO_API]: Unavailable,
  quota_exceeded: QuotaExceeded,
  parts_differ: ChecksumMismatch,
};
/** What gateways mean when they say nothing. */
const CODES: Record<number, string> = {
  0: "unreadable",
  200: NO_API,
  201: NO_API,
  202: NO_API,
  401: "unauthorized",
  403: "forbidden",
  404: NO_API,
  429: "rate_limited",
  503: "unavailable",
};

export function parsed<Document>(text: string): Document | null {
  try {
    return JSON.parse(text) as Document;
  } catch {
    return null;
  }
}

/** The error of an answer that is final. `what` was asked, for a person. */
export function errorOf(answer: TransportAnswer, what: string): PortwayError {
  const { status } = answer;
  const problem = parsed<Problem>(answer.text) ?? {};
  const code = problem.code ?? CODES[status] ?? `http_${status}`;
  const Kind = kindOf(status, code);
  const words = status ? `was answered with ${status}.` : "cannot be read: CORS rules have to name this page's origin.";
  return new Kind({
    code,
    detail: problem.detail ?? problem.message ?? `${what} ${words}`,
    status,
    faults: problem.errors ?? [],
    retryable: problem.retryable ?? (Kind === Unavailable || judgeCall(status) !== "no"),
  });
}

function kindOf(status: number, code: string): ErrorClass {
  return ERRORS[code] ?? ERRORS[status] ?? (status < 500 ? InvalidRequest : Unavailable);
}
