/** All files together: one headline, figures, and what can be done with all of them. Pure. */

import type { OverallProgress, UploadState } from "@portway/client";
import { countInWords, leftInWords, percentOf, sentInWords, speedInWords } from "./format.js";
import { type Bar, groupOf, reasonOf, type Shown, waitInWords } from "./look.js";

export type AllAction = "pauseAll" | "resumeAll" | "retryAll" | "cancelAll" | "clear";

export interface Totals {
  readonly headline: string;
  readonly figures: string;
  /** 0 to 100. */
  readonly percent: number;
  readonly bar: Bar;
  readonly actions: readonly { action: AllAction; words: string }[];
}

interface Counts {
  readonly states: Readonly<Partial<Record<UploadState, number>>>;
  readonly files: number;
  readonly moving: number;
  readonly ready: number;
  readonly held: number;
  readonly failed: number;
  readonly retryable: number;
  /** One that waits, which tells what for. */
  readonly waits: Shown | undefined;
}

/** Uploads by what they mean to the person; cancelled ones are no files any more. */
export function countsOf(uploads: readonly Shown[]): Counts {
  const states: Partial<Record<UploadState, number>> = {};
  for (const { state } of uploads) states[state] = (states[state] ?? 0) + 1;
  const failures = uploads.filter((upload) => upload.state === "failed");
  const held = failures.filter(({ error }) => reasonOf(error) === "in_review").length;
  return {
    states,
    files: uploads.length - (states.cancelled ?? 0),
    moving: uploads.filter((upload) => groupOf(upload) === "moving").length,
    ready: states.done ?? 0,
    held,
    failed: failures.length - held,
    retryable: failures.filter(({ error }) => error?.retryable).length,
    waits: uploads.find(({ state }) => state === "waiting"),
  };
}

export function totalsOf(uploads: readonly Shown[], overall: OverallProgress, isOnline: boolean): Totals {
  const counts = countsOf(uploads);
  const percent = percentOf(overall.bytes, overall.total) ?? 0;
  const { words, bar } = moodOf(counts, isOnline);
  return {
    headline: [words, tallyOf(counts)].filter(Boolean).join(": "),
    figures: counts.files === 0 ? "" : figuresOf(overall, percent, counts, bar),
    percent,
    bar,
    actions: actionsOf(counts, uploads.length),
  };
}

/** What for, the upload says. */
const WAITS = "Waiting";
/** What goes on, the liveliest first. */
const MOODS: readonly (readonly [states: readonly UploadState[], words: string, bar: Bar])[] = [
  [["sending", "preparing"], "Uploading", "moving"],
  [["completing", "checking"], "Checking", "moving"],
  [["waiting"], WAITS, "still"],
  [["paused"], "Paused", "still"],
  [["queued"], "Waiting to start", "still"],
];
/** They send, or would. */
const NEEDS_NETWORK: readonly UploadState[] = ["sending", "waiting", "preparing", "queued"];

/** With nothing going on, the tally says it all. */
function moodOf({ states, files, ready, waits }: Counts, isOnline: boolean): { words: string; bar: Bar } {
  const has = (names: readonly UploadState[]) => names.some((name) => states[name]);
  if (!isOnline && has(NEEDS_NETWORK)) return { words: "No network", bar: "still" };
  const [, mood = "", bar] = MOODS.find(([names]) => has(names)) ?? [];
  const words = waits && mood === WAITS ? waitInWords(waits, isOnline) : mood;
  return { words, bar: bar ?? (files > 0 && ready === files ? "whole" : "still") };
}

function tallyOf({ files, ready, held, failed }: Counts): string {
  if (files === 0) return "Nothing is being uploaded";
  const done =
    ready === files ? `${countInWords(files)} ready` : `${ready.toLocaleString("en")} of ${countInWords(files)} ready`;
  const others = [
    failed && `${failed.toLocaleString("en")} failed`,
    held && `${held.toLocaleString("en")} held for review`,
  ];
  return [done, ...others].filter(Boolean).join(", ");
}

function figuresOf(overall: OverallProgress, percent: number, { moving }: Counts, bar: Bar): string {
  if (moving === 0) return sentInWords(overall.total, overall.total);
  const pace = bar === "moving" ? [leftInWords(overall.secondsLeft), speedInWords(overall.speed)] : [];
  return [`${percent} %`, sentInWords(overall.bytes, overall.total), ...pace].filter(Boolean).join(" · ");
}

function actionsOf(counts: Counts, listed: number): { action: AllAction; words: string }[] {
  const { states, moving, retryable } = counts;
  const runs = NEEDS_NETWORK.reduce((sum, state) => sum + (states[state] ?? 0), 0);
  const table: readonly (readonly [boolean, AllAction, string])[] = [
    [runs > 0, "pauseAll", "Pause all"],
    [runs === 0 && (states.paused ?? 0) > 0, "resumeAll", "Resume all"],
    [runs + (states.paused ?? 0) > 0, "cancelAll", "Cancel all"],
    [retryable > 0, "retryAll", retryable === 1 ? "Try 1 again" : `Try ${retryable.toLocaleString("en")} again`],
    [moving === 0 && listed > 0, "clear", "Clear finished"],
  ];
  return table.filter(([shown]) => shown).map(([, action, words]) => ({ action, words }));
}
