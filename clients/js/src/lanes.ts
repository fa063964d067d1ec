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
  #taken: Waiter[] = [];
  #waiting: Waiter[] = [];

  constructor(limit: () => number) {
    this.#limit = limit;
  }

  /** Resolves with a function that gives the lane back; rejects when `signal` is aborted before. */
  async take(owner: object, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    const waiter = Object.assign(new Promised<void>(), { owner });
    this.#waiting.push(waiter);
    this.#next();
    const leave = () => {
      this.#waiting = this.#waiting.filter((other) => other !== waiter);
      this.#taken = this.#taken.filter((other) => other !== waiter);
      this.#next();
    };
    await orAborted(waiter.promise, signal).catch((reason) => {
      leave();
      throw reason;
    });
    return leave;
  }

  #next(): void {
    while (this.#taken.length < this.#limit() && this.#waiting.length > 0) {
      const waiter = this.#waiting.reduce((best, other) => (this.#of(other) < this.#of(best) ? other : best));
      this.#waiting = this.#waiting.filter((other) => other !== waiter);
      this.#taken.push(waiter);
      waiter.resolve();
    }
  }

  #of({ owner }: Waiter): number {
    return this.#taken.filter((other) => other.owner === owner).length;
  }
}
