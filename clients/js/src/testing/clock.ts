import type { Clock } from "../seams.js";

interface Sleeper {
  at: number;
  wake: () => void;
}

/** Turns of the event loop without a sleeper before somebody is told that nothing will ever happen. */
const PATIENCE = 200;

/** A clock on which hours take no time. Time passes only in `run`, and only when everybody sleeps. */
export class SimulatedClock implements Clock {
  #now: number;
  #sleepers: Sleeper[] = [];

  constructor(startMs: number = Date.UTC(2026, 0, 1)) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const sleeper: Sleeper = { at: this.#now + Math.max(0, ms), wake: () => {} };
      sleeper.wake = () => {
        signal?.removeEventListener("abort", sleeper.wake);
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        resolve();
      };
      signal?.addEventListener("abort", sleeper.wake, { once: true });
      this.#sleepers.push(sleeper);
    });
  }

  /** What the promise comes to, with time passing until it does. Rejects when nothing is left that could happen. */
  async run<Value>(promise: Promise<Value>): Promise<Value> {
    let isOver = false;
    const end = () => {
      isOver = true;
    };
    promise.then(end, end);
    for (let idle = 0; !isOver; idle++) {
      await turn();
      if (isOver) break;
      if (this.#wakeNext()) idle = 0;
      if (idle > PATIENCE) throw new Error("nobody sleeps and nothing happens: this would hang");
    }
    return promise;
  }

  /** Let so much time pass. */
  async pass(ms: number): Promise<void> {
    await this.run(this.sleep(ms));
    await turn();
  }

  #wakeNext(): boolean {
    if (this.#sleepers.length === 0) return false;
    const next = this.#sleepers.reduce((first, other) => (other.at < first.at ? other : first));
    this.#now = Math.max(this.#now, next.at);
    next.wake();
    return true;
  }
}

/** Everything that could happen without time passing has happened. */
function turn(): Promise<void> {
  const { setImmediate = setTimeout } = globalThis as { setImmediate?: (then: () => void) => unknown };
  return new Promise((resolve) => void setImmediate(resolve));
}
