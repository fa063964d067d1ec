import { Speed, secondsLeft } from "./pace.js";
import { type Layout, lengthOf } from "./plan.js";
import type { Progress, UploadState } from "./types.js";

/** What of a file is stored and what is on its way. */
export class Meter {
  readonly #size: number;
  #speed = new Speed();
  readonly #onWay = new Map<number, number>();
  #layout: Layout | null = null;
  #missing = new Set<number>();
  #stored = 0;

  constructor(size: number) {
    this.#size = size;
  }

  /** As S3 has it now. */
  begin(layout: Layout, missing: readonly number[]): void {
    this.#layout = layout;
    this.#missing = new Set(missing);
    this.stop();
    this.#stored = missing.reduce((left, number) => left - lengthOf(layout, number), this.#size);
  }

  get isMoving(): boolean {
    return this.#onWay.size > 0;
  }

  sent(number: number, bytes: number, nowMs: number): void {
    this.#onWay.set(number, bytes);
    this.#speed.add(this.#bytes(), nowMs);
  }

  stored(number: number, nowMs: number): void {
    this.#onWay.delete(number);
    if (this.#layout && this.#missing.delete(number)) this.#stored += lengthOf(this.#layout, number);
    this.#speed.add(this.#bytes(), nowMs);
  }

  /** A try failed: its bytes do not count. */
  lost(number: number, nowMs: number): void {
    this.#onWay.delete(number);
    this.#speed.add(this.#bytes(), nowMs);
  }

  /** Nothing is sent any more. */
  stop(): void {
    this.#onWay.clear();
    this.#speed = new Speed();
  }

  progress(state: UploadState): Omit<Progress, "waitingFor"> {
    const bytes = this.#bytes();
    const speed = state === "sending" ? this.#speed.perSecond() : null;
    const parts = this.#layout?.count ?? null;
    const partsDone = parts === null ? 0 : parts - this.#missing.size;
    return {
      ...{ state, bytes, total: this.#size, partsDone, parts, speed },
      secondsLeft: secondsLeft(this.#size - bytes, speed),
    };
  }

  #bytes(): number {
    let bytes = this.#stored;
    for (const sent of this.#onWay.values()) bytes += sent;
    return Math.min(bytes, this.#size);
  }
}
