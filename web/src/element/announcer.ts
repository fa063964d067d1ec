/** The line of news, read aloud too. It gathers what happened into one sentence, seldom; never how far a file has come. */

import { countInWords, shownName } from "./format.js";

/** What is worth saying about files; the order of the table is the order of the sentence. */
const SENTENCES = {
  added: (what: string) => `${what} added`,
  ready: (what: string) => `${what} ready`,
  held: (what: string) => `${what} held for review`,
  failed: (what: string) => `${what} failed`,
  offline: (what: string) => `${what} waiting for the network`,
  skipped: (what: string) => `${what} already in the list`,
  unreadable: (what: string) => `${what} could not be read`,
} as const;

export type Happening = keyof typeof SENTENCES;

/** Long enough to gather a folder of small files, short enough to follow a person's own action. */
const GATHER_MS = 1200;
/** Then it is no news any more; that it goes is not read aloud. */
const SHOWN_MS = 12_000;

export class Announcer {
  readonly #region: HTMLElement;
  readonly #names = new Map<Happening, string[]>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #end: ReturnType<typeof setTimeout> | undefined;

  constructor(region: HTMLElement) {
    this.#region = region;
  }

  /** Says so, with what else happens in the next second. */
  note(happening: Happening, name: string): void {
    this.#names.set(happening, [...(this.#names.get(happening) ?? []), name]);
    this.#timer ??= setTimeout(() => this.#say(), GATHER_MS);
  }

  stop(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#end);
    this.#timer = undefined;
    this.#names.clear();
  }

  #say(): void {
    const sentence = announcement(this.#names);
    this.stop();
    this.#region.textContent = sentence;
    this.#end = setTimeout(() => this.#region.replaceChildren(), SHOWN_MS);
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
