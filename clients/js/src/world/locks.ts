import type { Locks } from "../seams.js";
import { orAborted, Promised } from "../waiting.js";

const PREFIX = "portway:";

/** Web Locks: held by one tab at a time, and let go when the tab dies. Where there are none, as on pages without TLS,
 * two tabs send twice what S3 takes twice. */
export const webLocks: Locks = {
  hold: (name, signal, onWait) =>
    new Promise((resolve, reject) => {
      const locks = globalThis.navigator?.locks;
      if (!locks) return resolve(() => {});
      const take = () => new Promise<void>((letGo) => resolve(letGo));
      const wait = () => {
        onWait();
        locks.request(PREFIX + name, { signal }, take).catch(reject);
      };
      locks.request(PREFIX + name, { ifAvailable: true }, (lock) => (lock ? take() : wait())).catch(reject);
    }),
};

/** For one process. */
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
