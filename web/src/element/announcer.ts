/** The line of news, read aloud too. It gathers what happened into one sentence, seldom; never how far a file has come. */

import { countInWords, shownName } from "./format.js";

/** What is worth saying about files; the order of the table is that of the sentence, which a narrow screen cuts off. */
const SENTENCES = {
  unopened: (what: string) => `${what} cannot be opened now, try again later`,
  unreadable: (what: string) => `${what} could not be read`,
  skipped: (what: string) => `${what} already in the list`,
  added: (what: string) => `${what} added`,
  ready: (what: string) => `${what} ready`,
  held: (what: string) => `${what} held for review`,
  failed: (what: string) => `${what} failed`,
  offline: (what: string) => `${what} waiting for the network`,
} as const;

export type Happening = keyof typeof SENTENCES;

/** Follows what a person did; long enough to gather a folder of small files. */
const GATHER_MS = 1200;
/** Rest between announcements of what happens by itself: a thousand files must not talk all the time. */
const REST_MS = 10_000;
const BY_ITSELF: ReadonlySet<Happening> = new Set(["ready", "held", "failed", "offline"]);
/** Then it is no news any more; that it goes is not read aloud. */
const SHOWN_MS = 12_000;

export class Announcer {
  readonly #show: (words: string) => void;
  readonly #names = new Map<Happening, string[]>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #end: ReturnType<typeof setTimeout> | undefined;
  #dueAt = Number.POSITIVE_INFINITY;
  #saidAt = Number.NEGATIVE_INFINITY;

  /** `show` puts words into the live region, or nothing. */
  constructor(show: (words: string) => void) {
    this.#show = show;
  }

  /** Says so, with what else happens until then. */
  note(happening: Happening, name: string): void {
    const names = this.#names.get(happening) ?? [];
    names.push(name); // not a longer copy of it: somebody drops twenty thousand
    this.#names.set(happening, names);
    const now = Date.now();
    const dueAt = BY_ITSELF.has(happening) ? Math.max(now + GATHER_MS, this.#saidAt + REST_MS) : now + GATHER_MS;
    if (dueAt >= this.#dueAt) return;
    clearTimeout(this.#timer);
    this.#dueAt = dueAt;
    this.#timer = setTimeout(() => this.#say(), dueAt - now);
  }

  stop(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#end);
    this.#dueAt = Number.POSITIVE_INFINITY;
    this.#names.clear();
  }

  #say(): void {
    const sentence = announcement(this.#names);
    if ([...this.#names.keys()].some((happening) => BY_ITSELF.has(happening))) this.#saidAt = Date.now();
    this.stop();
    this.#show(sentence);
    this.#end = setTimeout(() => this.#show(""), SHOWN_MS);
  }
}

/** `"holiday.mov ready. 3 files failed."` */
export function announcement(names: ReadonlyMap<Happening, readonly string[]>): string {
  return Object.entries(SENTENCES)
    .map(([happening, sentence]) => [names.get(happening as Happening) ?? [], sentence] as const)
    .filter(([which]) => which.length > 0)
    .map(
      ([which, sentence]) =>
        `${sentence(which.length === 1 ? shownName(which[0] ?? "") : countInWords(which.length))}.`,
    )
    .join(" ");
}
