import type { Off } from "./types.js";

/** Listeners by type of event. One that throws stops nothing: the browser reports it, the others hear the event. */
export class Emitter<Events> {
  readonly #listeners = new Map<keyof Events, Set<(event: never) => void>>();

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
