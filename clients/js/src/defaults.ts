import type { Seams } from "./seams.js";
import { realClock } from "./world/clock.js";
import { localHasher, workerHasher } from "./world/hasher.js";
import { webLocks } from "./world/locks.js";
import { browserOnline } from "./world/online.js";
import { indexedStore } from "./world/store.js";
import { webTransport } from "./world/transport.js";

/** The world as a page or a worker has it. Nothing is opened before it is needed. */
export function defaultSeams(): Seams {
  return {
    clock: realClock,
    random: Math.random,
    newKey: () => Array.from(crypto.getRandomValues(new Uint8Array(16)), hex).join(""),
    transport: webTransport,
    hasher: typeof Worker === "function" ? workerHasher() : localHasher,
    store: indexedStore(),
    locks: webLocks,
    online: browserOnline,
  };
}

const hex = (byte: number) => byte.toString(16).padStart(2, "0");
