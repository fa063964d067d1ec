import { describe, expect, test } from "vitest";
import { memoryStore, type Seams, type Store, type Upload } from "../src/index.js";
import { seededBytes, TestFile } from "../src/testing/index.js";
import { leases, processLocks } from "../src/world/locks.js";
import { uploaderOf, type World, world } from "./world.js";

const FILE = () => new TestFile(seededBytes(9500, 1), "nine and a half parts.bin");
const PUT = (request: string) => request.startsWith("PUT s3");

/** A store as slow as a browser's. */
function slowStore({ clock }: World): Store {
  const [store, slow] = [memoryStore(), () => clock.sleep(3)];
  return {
    add: (upload) => slow().then(() => store.add(upload)),
    put: (upload) => slow().then(() => store.put(upload)),
    delete: (key) => slow().then(() => store.delete(key)),
    list: () => store.list(),
    claim: (...asked) => slow().then(async () => (await store.claim?.(...asked)) ?? true),
  };
}

const ofTheBrowser = new WeakMap<World, Seams["locks"]>();

const LOCKS: [string, (here: World, store: Store, seed: number) => Seams["locks"]][] = [
  ["the browser's locks", (here) => ofTheBrowser.get(here) as Seams["locks"]],
  ["leases in the store", ({ clock }, store, seed) => leases({ store, clock, newKey: () => `tab ${seed}` })],
];

describe.each(LOCKS)("tabs that start the same file in the same instant, with %s", (_, locksOf) => {
  /** Two tabs, when so much time has passed: the one that sends, and the one that waits. */
  async function two(here: World, ms: number): Promise<[Upload, Upload]> {
    const [one, other] = started(here, 2) as [Upload, Upload];
    await here.clock.pass(ms);
    return one.state === "waiting" ? [other, one] : [one, other];
  }

  /** So many tabs; an upload each. */
  function started(here: World, count: number, file = FILE): Upload[] {
    const store = slowStore(here);
    ofTheBrowser.set(here, processLocks());
    return Array.from({ length: count }, (__, tab) => {
      const seams = { store, locks: locksOf(here, store, tab) };
      return uploaderOf(here.clock, here.server, { seams }, tab).add(file());
    });
  }

  test("make one upload, send it once, and all end with the same file", async () => {
    for (const file of [FILE, () => new TestFile(seededBytes(500, 2), "one part.bin")]) {
      const here = world();
      const tabs = started(here, 3, file);
      const files = await here.clock.run(Promise.all(tabs.map((upload) => upload.done)));
      expect(new Set(files.map(({ id }) => id)).size).toBe(1);
      expect(here.server.uploads.size).toBe(1);
      expect(here.server.requests.filter(PUT)).toHaveLength(Math.ceil(file().size / 1000));
    }
  });

  test("go on with what is missing when the one that sends is paused, whenever that is", async () => {
    for (const ms of [0, 20, 60, 300, 900]) {
      const here = world();
      const [first, other] = await two(here, ms);
      first.pause();
      const published = await here.clock.run(other.done);
      expect(here.server.uploads.size).toBe(1);
      expect(here.server.uploads.get(published.id)?.content).toEqual(FILE().bytes);
      expect(here.server.requests.filter(PUT).length).toBeLessThanOrEqual(10 + 6); // those on their way
    }
  });

  test("make another upload when the one that sends cancels, whenever that is: his is gone, the file is sent", async () => {
    for (const ms of [0, 20, 60, 300, 900]) {
      const here = world();
      const [first, other] = await two(here, ms);
      await here.clock.run(Promise.all([first.cancel(), other.done]));
      expect(here.server.uploads.get(other.id ?? "")?.content).toEqual(FILE().bytes);
      const left = [...here.server.uploads.values()].filter(({ id }) => id !== other.id);
      expect(left.map(({ status }) => status)).toEqual(left.map(() => "cancelled"));
    }
  });
});

test("a file that is added twice at once is one upload and one file", async () => {
  const { clock, server, uploader } = world();
  const uploads = [uploader.add(FILE()), uploader.add(FILE())];
  const files = await clock.run(Promise.all(uploads.map((upload) => upload.done)));
  expect(files[0]?.id).toBe(files[1]?.id);
  expect([server.uploads.size, server.requests.filter(PUT).length]).toEqual([1, 10]);
});

test("a file that is added again after it was published is another upload", async () => {
  const { clock, server, uploader } = world();
  const first = await clock.run(uploader.add(FILE()).done);
  const second = await clock.run(uploader.add(FILE()).done);
  expect(second.id).not.toBe(first.id);
  expect(server.uploads.size).toBe(2);
});

test("files that wait for another tab do not keep the next ones from being sent", async () => {
  const { clock, server } = world();
  const shares = { store: memoryStore(), locks: processLocks() };
  const [one, two] = [1, 2].map((seed) => uploaderOf(clock, server, { parallel: 1, seams: shares }, seed));
  const sent = one?.add(FILE());
  await clock.pass(100);
  const waits = two?.add(FILE());
  await clock.run((two as NonNullable<typeof two>).add(new TestFile(seededBytes(500, 2), "another")).done);
  expect([sent?.state, waits?.state]).toEqual(["sending", "waiting"]);
});
