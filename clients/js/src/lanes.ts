import { orAborted, Promised } from "./waiting.js";

interface Waiter extends Promised<void> {
  owner: object;
}

/**
 * A shared limit. Whoever has the fewest lanes comes next, and among those who came first: a large file does not keep
 * small ones out, and alone it gets everything.
 */
export class Lanes {
  readonly #limit: () => number;
  readonly #taken = new Set<Waiter>();
  readonly #waiting = new Set<Waiter>();

  constructor(limit: () => number) {
    this.#limit = limit;
  }

  /** Resolves with a function that gives the lane back; rejects when `signal` is aborted before. */
  async take(owner: object, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    const waiter = Object.assign(new Promised<void>(), { owner });
    this.#waiting.add(waiter);
    this.#next();
    const leave = () => {
      this.#waiting.delete(waiter);
      this.#taken.delete(waiter);
      this.#next();
    };
    await orAborted(waiter.promise, signal).catch((reason) => {
      leave();
      throw reason;
    });
    return leave;
  }

  #next(): void {
    while (this.#taken.size < this.#limit() && this.#waiting.size > 0) {
      let waiter: Waiter | undefined; // of thousands that wait most have none: the first of them is found at once
      for (let lanes = 0; !waiter; lanes++) waiter = [...this.#waiting].find((other) => this.#of(other) === lanes);
      this.#waiting.delete(waiter);
      this.#taken.add(waiter);
      waiter.resolve();
    }
  }

  #of({ owner }: Waiter): number {
    return [...this.#taken].filter((other) => other.owner === owner).length;
  }
}
