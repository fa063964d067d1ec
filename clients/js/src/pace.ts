/**
 * How many parts go at once, and how fast they go. Pure: times are handed in as milliseconds.
 * @module
 */

/** Lowerings count once in this time: parts that fail together say one thing together. */
const SETTLE_MS = 1000;

/** Half as many after trouble, one more after as many successes as go at once: what TCP does with its window. */
export class Pace {
  readonly most: number;
  readonly #adaptive: boolean;
  #limit: number;
  #successes = 0;
  #loweredAt = Number.NEGATIVE_INFINITY;

  constructor(most: number, adaptive: boolean) {
    this.most = most;
    this.#adaptive = adaptive;
    this.#limit = most;
  }

  get limit(): number {
    return this.#limit;
  }

  troubled(nowMs: number): void {
    this.#successes = 0;
    if (!this.#adaptive || Math.abs(nowMs - this.#loweredAt) < SETTLE_MS) return;
    this.#loweredAt = nowMs;
    this.#limit = Math.max(1, this.#limit >> 1);
  }

  succeeded(): void {
    this.#successes += 1;
    if (this.#successes < this.#limit || this.#limit >= this.most) return;
    this.#successes = 0;
    this.#limit += 1;
  }
}

const WINDOW_MS = 8000;
const LEAST_MS = 250;

/** Bytes a second over the last seconds, from a count of bytes that may also fall when a part has to be sent again. */
export class Speed {
  #samples: { at: number; bytes: number }[] = [];

  add(bytes: number, nowMs: number): void {
    const last = this.#samples.at(-1);
    if (last && nowMs < last.at) this.#samples = []; // somebody set the clock back
    this.#samples.push({ at: nowMs, bytes });
    while (this.#samples.length > 2 && nowMs - (this.#samples[0]?.at ?? nowMs) > WINDOW_MS) this.#samples.shift();
  }

  perSecond(): number | null {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (!first || !last || last.at - first.at < LEAST_MS) return null;
    return Math.max(0, ((last.bytes - first.bytes) * 1000) / (last.at - first.at));
  }
}

/** Whole seconds for what is left; null when nobody can know. */
export function secondsLeft(left: number, speed: number | null): number | null {
  return speed ? Math.ceil(left / speed) : null;
}

/** Parts that take longer than this are watched on their way; faster ones are sent the faster way, unseen. */
const FLYING_SECONDS = 1.5;
const NEWEST_COUNTS = 0.3;

/** How long parts take lately. */
export class PartTime {
  #perByte: number | null = null;

  add(seconds: number, bytes: number): void {
    if (bytes === 0) return;
    const now = seconds / bytes;
    this.#perByte = this.#perByte === null ? now : this.#perByte + NEWEST_COUNTS * (now - this.#perByte);
  }

  secondsFor(bytes: number): number | null {
    return this.#perByte === null ? null : this.#perByte * bytes;
  }

  flies(bytes: number): boolean {
    return (this.secondsFor(bytes) ?? Number.POSITIVE_INFINITY) < FLYING_SECONDS;
  }
}
