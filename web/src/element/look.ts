/** How one upload looks: its state in words, a tone, what can be done. Pure tables; the row only draws them. */

import type { PortwayError, Upload, UploadState, WaitReason } from "@portway/client";
import { leftInWords, sentInWords, sizeInWords, speedInWords } from "./format.js";
import type { Icon } from "./icons.js";

export type Tone = "plain" | "busy" | "good" | "warn" | "bad";
/** `idle` has nothing to show, `unknown` moves without a share. */
export type Bar = "idle" | "moving" | "still" | "unknown" | "whole";

export type Action = "pause" | "resume" | "cancel" | "retry" | "again" | "open" | "remove";

/** `words` go before the file's name for readers; `label` stands on the button where there is room. */
export interface ActionLook {
  readonly icon: Icon;
  readonly words: string;
  readonly label?: string;
}

export const ACTIONS: Readonly<Record<Action, ActionLook>> = {
  pause: { icon: "pause", words: "Pause" },
  resume: { icon: "resume", words: "Resume" },
  cancel: { icon: "cancel", words: "Cancel" },
  retry: { icon: "retry", words: "Try again:", label: "Try again" },
  again: { icon: "retry", words: "Upload again:", label: "Upload again" },
  open: { icon: "open", words: "Open", label: "Open" },
  remove: { icon: "cancel", words: "Remove from the list:" },
};

/** `actions` are the left and the right button; a place may be empty. */
export interface Look {
  readonly words: string;
  readonly tone: Tone;
  readonly icon: Icon | null;
  readonly facts: readonly string[];
  readonly advice: readonly string[];
  readonly bar: Bar;
  readonly actions: readonly [Action | null, Action | null];
}

/** What a look is made of; an upload is one. */
export type Shown = Pick<Upload, "state" | "progress" | "error" | "size">;

type StateLook = Pick<Look, "words" | "tone" | "icon" | "bar" | "actions">;

const STATES: Record<UploadState, StateLook> = {
  queued: { words: "Waiting to start", tone: "plain", icon: null, bar: "still", actions: [null, "cancel"] },
  preparing: { words: "Preparing", tone: "busy", icon: null, bar: "unknown", actions: ["pause", "cancel"] },
  sending: { words: "Uploading", tone: "busy", icon: null, bar: "moving", actions: ["pause", "cancel"] },
  paused: { words: "Paused", tone: "plain", icon: "pause", bar: "still", actions: ["resume", "cancel"] },
  waiting: { words: "Trying again soon", tone: "warn", icon: "held", bar: "still", actions: ["pause", "cancel"] },
  completing: { words: "Finishing", tone: "busy", icon: null, bar: "unknown", actions: [null, null] },
  checking: { words: "Checking what is in it", tone: "busy", icon: null, bar: "unknown", actions: [null, null] },
  done: { words: "Ready", tone: "good", icon: "good", bar: "idle", actions: ["open", "remove"] },
  failed: { words: "Failed", tone: "bad", icon: "bad", bar: "idle", actions: [null, "remove"] },
  cancelled: { words: "Cancelled", tone: "plain", icon: null, bar: "idle", actions: ["again", "remove"] },
};

const WAITS: Record<WaitReason, string> = {
  network: "No connection, trying again",
  server: "Trying again soon",
  token: "Waiting for your sign-in",
  tab: "Another tab is sending it",
};

/** By the error's code where that says more, else by the name of its class. What to do comes from the error itself. */
const FAILURES: Readonly<Record<string, string>> = {
  no_token: "Sign-in failed",
  no_api: "No upload service there",
  unreadable: "No answer that can be read",
  InvalidRequest: "Not accepted",
  Unauthorized: "Signed out",
  Forbidden: "Not allowed",
  QuotaExceeded: "No space left",
  NotFound: "Not found",
  Ended: "Expired",
  FileChanged: "The file has changed",
  PartRefused: "Refused by the storage",
  ChecksumMismatch: "Damaged on the way",
  RateLimited: "Too many at once",
  Unavailable: "No answer",
  Offline: "No network",
};

/** By the `reason` of a rejection: how the server ended it. */
const REASONS: Readonly<Record<string, Pick<Look, "words" | "tone" | "icon">>> = {
  in_review: { words: "Held for review", tone: "warn", icon: "held" },
  infected: { words: "Refused: malware", tone: "bad", icon: "bad" },
  rejected: { words: "Refused", tone: "bad", icon: "bad" },
  not_scanned: { words: "Not checked yet", tone: "warn", icon: "warn" },
  error: { words: "Not checked yet", tone: "warn", icon: "warn" },
  parts_changed: { words: "Changed on the way", tone: "bad", icon: "bad" },
  upload_gone: { words: "Lost before it was stored", tone: "bad", icon: "bad" },
};

/** A rejection by its members: two copies of the SDK on a page have two classes of that name. */
export function reasonOf(error: PortwayError | null): string | null {
  return error?.name === "Rejected" ? String(Object(error)["reason"]) : null;
}

/** Everything that the row of an upload shows. */
export function lookOf(upload: Shown, isOnline: boolean, folder = ""): Look {
  const facts = [...factsOf(upload), ...(folder ? [folder] : [])];
  const look: Look = { ...STATES[upload.state], facts, advice: [] };
  if (upload.state === "waiting") return { ...look, words: waitInWords(upload, isOnline) };
  if (upload.state === "failed" && upload.error) return { ...look, ...failureOf(upload.error) };
  return look;
}

/** What it waits for; the browser knows best that there is no network at all. */
export function waitInWords({ progress: { waitingFor } }: Shown, isOnline: boolean): string {
  return isOnline ? WAITS[waitingFor ?? "server"] : "Waiting for the network";
}

function failureOf(error: PortwayError): Pick<Look, "words" | "tone" | "icon" | "advice" | "actions"> {
  const reason = reasonOf(error);
  const known = reason === null ? null : REASONS[reason];
  const words = FAILURES[error.code] ?? FAILURES[error.name] ?? STATES.failed.words;
  return {
    ...(known ?? { words, tone: "bad", icon: "bad" }),
    advice: adviceOf(error),
    actions: [error.retryable ? "retry" : null, "remove"],
  };
}

/** What was found, each thing once, and what to do about it. */
export function adviceOf(error: PortwayError): string[] {
  const { findings = [], faults = [] } = error as PortwayError & {
    findings?: { words: string }[];
    faults?: { message: string }[];
  };
  const found = [...findings.map(({ words }) => words), ...faults.map(({ message }) => message)];
  return [...new Set([...(found.length ? found : [error.detail]), error.whatToDo])].filter(Boolean);
}

function factsOf({ state, progress, size }: Shown): string[] {
  const isMoving = state === "sending";
  const isUnderway = isMoving || state === "paused" || state === "waiting";
  const sent = isUnderway && progress.bytes > 0 ? sentInWords(progress.bytes, progress.total) : sizeInWords(size);
  const pace = isMoving ? [leftInWords(progress.secondsLeft), speedInWords(progress.speed)] : [];
  return [sent, ...pace].filter(Boolean);
}

/** Which of the list's filters shows it. */
export type Group = "moving" | "attention" | "ready" | "other";

const GROUPS: Record<UploadState, Group> = {
  queued: "moving",
  preparing: "moving",
  sending: "moving",
  paused: "moving",
  waiting: "moving",
  completing: "moving",
  checking: "moving",
  done: "ready",
  failed: "attention",
  cancelled: "other",
};

/** Whether it can still be called back: nothing ended and nothing the server is at work with. */
export function mayCancel({ state }: Pick<Upload, "state">): boolean {
  return STATES[state].actions.includes("cancel");
}

export function groupOf({ state }: Pick<Upload, "state">): Group {
  return GROUPS[state];
}
