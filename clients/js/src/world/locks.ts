import type { Locks, Seams } from "../seams.js";
import { orAborted, Promised, pause } from "../waiting.js";

/** Web Locks: held by one tab at a time, and let go when the tab dies. */
export const webLocks: Locks = {
  hold: (name, signal, onWait) =>
    new Promise((resolve, reject) => {
      const { locks } = navigator;
      const take = () => new Promise<void>(resolve);
      const wait = () => {
        onWait();
        locks.request(name, { signal }, take).catch(reject);
      };
      locks.request(name, { ifAvailable: true }, (lock) => (lock ? take() : wait())).catch(reject);
    }),
};

/** Longer than the minute to which browsers slow down the timers of a hidden tab. */
const LEASE_MS = 70_000;
const RENEW_MS = 10_000;
const LOOK_MS = 2000;

/**
 * Where there are no Web Locks, as on pages without TLS: leases in the store. A tab that dies holds its own for a minute
 * more; one that was frozen for longer hears that it lost it.
 */
export function leases({ store, clock, newKey }: Pick<Seams, "store" | "clock" | "newKey">): Locks {
  return {
    async hold(name, signal, onWait, onLost) {
      const holder = newKey();
      const over = new AbortController();
      /** Where nothing can be kept nobody is kept out. */
      const claim = async (ms = LEASE_MS) => {
        const now = clock.now();
        return store.claim?.(name, holder, now, now + ms).catch(() => true) ?? true;
      };
      const free = () => void claim(0);
      for (let waits = false; !(await claim()); waits = true) {
        if (!waits) onWait();
        await pause(clock, LOOK_MS, signal);
      }
      void (async () => {
        for (let isMine = true; isMine; isMine = await claim()) {
          await clock.sleep(RENEW_MS, over.signal);
          if (over.signal.aborted) return;
        }
        onLost?.();
      })();
      globalThis.addEventListener?.("pagehide", free, { signal: over.signal });
      return () => {
        over.abort();
        free();
      };
    },
  };
}

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
