import type { Off } from "./types.js";

/** Progress is told at most so often, and always when a state changes. */
const TELL_MS = 100;

/** Listeners by type of event. One that throws stops nothing: the browser reports it, the others hear the event. */
export class Emitter<Events> {
  readonly #listeners = new Map<keyof Events, Set<(event: never) => void>>();

  #toldAt = 0;

  /** Whether to tell of progress, if anybody listens: now in any case, or if the last time is long ago. */
  isTime(nowMs: number, anyway: boolean): boolean {
    if (!this.#listeners.has("progress" as keyof Events)) return false; // of thousands of files it is work to sum up
    const isDue = anyway || Math.abs(nowMs - this.#toldAt) >= TELL_MS;
    if (isDue) this.#toldAt = nowMs;
    return isDue;
  }

  on<Type extends keyof Events>(type: Type, listener: (event: Events[Type]) => void): Off {
    const listeners = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  emit<Type extends keyof Events>(type: Type, event: Events[Type]): void {
    for (const listener of [...(this.#listeners.get(type) ?? [])]) {
      try {
        (listener as (event: Events[Type]) => void)(event);
      } catch (error) {
        globalThis.reportError?.(error);
      }
    }
  }
}
