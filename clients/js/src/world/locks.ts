import type { Locks } from "../seams.js";
import { orAborted, Promised } from "../waiting.js";

const PREFIX = "portway:";

/** Web Locks: held by one tab at a time, and let go when the tab dies. */
export const webLocks: Locks = {
  hold: (name, signal, onWait) =>
    new Promise((resolve, reject) => {
      let letGo = () => {};
      const held = new Promise<void>((release) => {
        letGo = release;
      });
      const take = (lock: Lock | null) => {
        if (!lock) return undefined;
        resolve(letGo);
        return held;
      };
      const ask = async () => {
        let isHeld = false;
        await navigator.locks.request(PREFIX + name, { ifAvailable: true }, (lock) => {
          isHeld = lock !== null;
          return take(lock);
        });
        if (isHeld) return;
        onWait();
        await navigator.locks.request(PREFIX + name, { signal }, take);
      };
      ask().catch(reject);
    }),
};

/** For one process: Node, and browsers without Web Locks, whose tabs then send twice what S3 takes twice. */
export function processLocks(): Locks {
  const holders = new Map<string, Promise<void>>();
  return {
    async hold(name, signal, onWait) {
      for (let other = holders.get(name); other; other = holders.get(name)) {
        onWait();
        await orAborted(other, signal);
      }
      const held = new Promised<void>();
      holders.set(name, held.promise);
      return () => {
        if (holders.get(name) === held.promise) holders.delete(name);
        held.resolve();
      };
    },
  };
}
