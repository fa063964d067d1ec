/**
 * For your own tests: a Portway in memory with faults, a clock on which hours take no time, files that may change.
 *
 * ```ts
 * const clock = new SimulatedClock();
 * const server = new FakePortway({ clock });
 * const uploader = createUploader({ endpoint: server.endpoint, token: "any", seams: testSeams(server, clock) });
 * const file = await clock.run(uploader.add(new TestFile(bytes)).done);
 * ```
 * @module
 */
import type { Seams } from "../seams.js";
import { localHasher } from "../world/hasher.js";
import { processLocks } from "../world/locks.js";
import { memoryStore } from "../world/store.js";
import type { SimulatedClock } from "./clock.js";
import { seeded } from "./file.js";
import type { FakePortway } from "./portway.js";

export { SimulatedClock } from "./clock.js";
export { type FaultKind, type Faults, inOrder, REFUSALS, storm } from "./faults.js";
export { seeded, seededBytes, TestFile } from "./file.js";
export { type FakeOptions, FakePortway } from "./portway.js";
export { type Declaration, ServerUpload } from "./server.js";

/** Seams that touch nothing outside; the same seed gives the same run. */
export function testSeams(server: FakePortway, clock: SimulatedClock, seed = 1): Seams {
  let keys = 0;
  return {
    clock,
    random: seeded(seed),
    newKey: () => `key-${seed}-${++keys}`,
    transport: server,
    hasher: localHasher,
    store: memoryStore(),
    locks: processLocks(),
    online: { isOnline: () => server.isOnline, onReturn: () => () => {} },
  };
}
