import type { Seams } from "./seams.js";
import { realClock } from "./world/clock.js";
import { workerHasher } from "./world/hasher.js";
import { leases, webLocks } from "./world/locks.js";
import { browserOnline } from "./world/online.js";
import { indexedStore } from "./world/store.js";
import { webTransport } from "./world/transport.js";

/** The world as a page or a worker has it, but for what is given. Nothing is opened before it is needed. */
export function seamsWith(given?: Partial<Seams>): Seams {
  const seams = {
    clock: realClock,
    random: Math.random,
    newKey: () => crypto.getRandomValues(new Uint32Array(4)).join("-"), // randomUUID is for secure pages only
    transport: webTransport,
    hasher: workerHasher(),
    store: indexedStore(),
    online: browserOnline,
    ...given,
  };
  return { locks: globalThis.navigator?.locks ? webLocks : leases(seams), ...seams };
}
