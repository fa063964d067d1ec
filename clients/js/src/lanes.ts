interface Waiter {
  owner: object;
  go: () => void;
}

/**
 * A shared limit. Whoever has the fewest lanes comes next, and among those who came first: a large file does not keep
 * small ones out, and alone it gets everything.
 */
export class Lanes {
  readonly #limit: () => number;
  readonly #taken = new Map<object, number>();
  #waiting: Waiter[] = [];
  #busy = 0;

  constructor(limit: () => number) {
    this.#limit = limit;
  }

  /** Resolves with a function that gives the lane back; rejects when `signal` is aborted before. */
  async take(owner: object, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const waiter = { owner, go: resolve };
      const leave = () => {
        this.#waiting = this.#waiting.filter((other) => other !== waiter);
        reject(signal.reason);
      };
      waiter.go = () => {
        signal.removeEventListener("abort", leave);
        resolve();
      };
      signal.addEventListener("abort", leave, { once: true });
      this.#waiting.push(waiter);
      this.#next();
    });
    const giveBack = this.#once(() => this.#count(owner, -1));
    if (signal.aborted) giveBack();
    signal.throwIfAborted();
    return giveBack;
  }

  #once(action: () => void): () => void {
    let given = false;
    return () => {
      if (given) return;
      given = true;
      action();
      this.#next();
    };
  }

  #next(): void {
    while (this.#busy < this.#limit() && this.#waiting.length > 0) {
      const waiter = this.#waiting.reduce((best, other) => (this.#of(other) < this.#of(best) ? other : best));
      this.#waiting = this.#waiting.filter((other) => other !== waiter);
      this.#count(waiter.owner, 1);
      waiter.go();
    }
  }

  #of(waiter: Waiter): number {
    return this.#taken.get(waiter.owner) ?? 0;
  }

  #count(owner: object, change: number): void {
    this.#busy += change;
    const left = (this.#taken.get(owner) ?? 0) + change;
    if (left > 0) this.#taken.set(owner, left);
    else this.#taken.delete(owner);
  }
}
