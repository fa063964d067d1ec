import type { Seams } from "./seams.js";
import { realClock } from "./world/clock.js";
import { localHasher, workerHasher } from "./world/hasher.js";
import { processLocks, webLocks } from "./world/locks.js";
import { browserOnline } from "./world/online.js";
import { indexedStore, memoryStore } from "./world/store.js";
import { webTransport } from "./world/transport.js";

/** The world as this place has it: a page, a worker, or Node. Nothing is opened before it is needed. */
export function defaultSeams(): Seams {
  return {
    clock: realClock,
    random: Math.random,
    newKey: () => Array.from(crypto.getRandomValues(new Uint8Array(16)), hex).join(""),
    transport: webTransport,
    hasher: typeof Worker === "function" ? workerHasher() : localHasher,
    store: typeof indexedDB === "object" ? indexedStore() : memoryStore(),
    locks: globalThis.navigator?.locks ? webLocks : processLocks(),
    online: browserOnline,
  };
}

const hex = (byte: number) => byte.toString(16).padStart(2, "0");
