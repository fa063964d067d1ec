/** Sizes, speeds, times and names as people read them. Pure, in English, the same in every browser. */

const UNITS = ["kB", "MB", "GB", "TB"] as const;
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `bytes` in the largest unit that leaves a number of 1 or more: `"1 byte"`, `"12.4 MB"`. Units of a thousand. */
export function sizeInWords(bytes: number): string {
  if (bytes < 1000) return bytes === 1 ? "1 byte" : `${bytes} bytes`;
  let value = bytes;
  let unit = -1;
  // 999.5 would be printed as 1000, which is one of the next unit
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value.toFixed(value < 99.95 ? 1 : 0)} ${UNITS[unit] ?? ""}`;
}

/** `"62.0 of 300 MB"`, `"900 kB of 3.0 GB"`, or only what was sent while nobody knows the whole. */
export function sentInWords(sent: number, total: number | null): string {
  if (total === null) return sizeInWords(sent);
  const [part, whole] = [sizeInWords(sent), sizeInWords(total)];
  if (sent >= total || part === whole) return whole;
  const unit = whole.slice(whole.indexOf(" "));
  return `${part.endsWith(unit) ? part.slice(0, -unit.length) : part} of ${whole}`;
}

/** Bytes per second in words, `""` while unknown. */
export function speedInWords(bytesPerSecond: number | null): string {
  return bytesPerSecond === null || bytesPerSecond < 1 ? "" : `${sizeInWords(Math.round(bytesPerSecond))}/s`;
}

const STEPS: readonly (readonly [below: number, words: (seconds: number) => string])[] = [
  [5, () => "a few seconds left"],
  [MINUTE - 2.5, (seconds) => `${Math.max(5, Math.round(seconds / 5) * 5)} s left`],
  [HOUR - MINUTE / 2, (seconds) => `${Math.max(1, Math.round(seconds / MINUTE))} min left`],
  [DAY - MINUTE / 2, (seconds) => hoursInWords(Math.round(seconds / MINUTE))],
  [Number.POSITIVE_INFINITY, (seconds) => daysInWords(Math.max(1, Math.round(seconds / DAY)))],
];

/** What is left in steps coarse enough to read, `""` while unknown. */
export function leftInWords(seconds: number | null): string {
  if (seconds === null || !Number.isFinite(seconds)) return "";
  return STEPS.find(([below]) => seconds < below)?.[1](seconds) ?? "";
}

function hoursInWords(minutes: number): string {
  const rest = minutes % 60;
  return `${Math.floor(minutes / 60)} h${rest ? ` ${rest} min` : ""} left`;
}

function daysInWords(days: number): string {
  return days === 1 ? "1 day left" : `${days} days left`;
}

/** A share of a hundred, rounded down: 100 means that everything was sent. Null while the whole is unknown. */
export function percentOf(sent: number, total: number | null): number | null {
  if (total === null) return null;
  return total === 0 ? 100 : Math.min(100, Math.floor((sent / total) * 100));
}

/** `"1 file"`, `"12 files"`, `"1,000 files"`. */
export function countInWords(count: number, noun = "file"): string {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}

// Characters that turn the direction of what follows, and controls: in a name they only serve to deceive (CVE-2021-42574)
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones that must not reach the screen
const DECEIVING = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** A file's name as it may be shown: every character that could turn or hide another one is made visible. */
export function shownName(name: string): string {
  return name.replace(DECEIVING, "\ufffd");
}

/**
 * `name` in two: a head that may be cut off where there is no room, and a tail that always stays, with the extension.
 *
 * Graphemes are kept whole where the browser can tell them apart.
 */
export function headAndTail(name: string, tail = 10): [head: string, tail: string] {
  const signs = graphemes(name);
  const dot = signs.lastIndexOf(".");
  const extension = dot > 0 ? signs.length - dot : 0;
  const kept = Math.min(signs.length, extension > 0 && extension <= tail ? extension + 4 : tail);
  if (signs.length <= kept + 6) return [name, ""];
  return [signs.slice(0, -kept).join(""), signs.slice(-kept).join("")];
}

function graphemes(text: string): string[] {
  if (!("Segmenter" in Intl)) return Array.from(text);
  return Array.from(new Intl.Segmenter("en", { granularity: "grapheme" }).segment(text), (each) => each.segment);
}
