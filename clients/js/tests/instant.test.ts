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

type LocksOf = (here: World, store: Store) => (tab: number) => Seams["locks"];

/** Tabs of one browser by what keeps them apart. */
const LOCKS: [string, LocksOf][] = [
  [
    "the browser's locks",
    () => {
      const locks = processLocks();
      return () => locks;
    },
  ],
  [
    "leases in the store",
    ({ clock }, store) =>
      (tab) =>
        leases({ store, clock, newKey: () => `tab ${tab}` }),
  ],
];

/** How to open a tab of a browser, which adds the file. */
function browser(here: World, locksOf: LocksOf): (tab: number, file?: TestFile) => Upload {
  const store = slowStore(here);
  const locks = locksOf(here, store);
  return (tab, file = FILE()) =>
    uploaderOf(here.clock, here.server, { seams: { store, locks: locks(tab) } }, tab).add(file);
}

describe.each(LOCKS)("tabs that start the same file in the same instant, with %s", (_, locksOf) => {
  /** Two tabs, when so much time has passed: the one that sends, and the one that waits. */
  async function two(here: World, ms: number): Promise<[Upload, Upload]> {
    const tab = browser(here, locksOf);
    const [one, other] = [tab(1), tab(2)];
    await here.clock.pass(ms);
    return one.state === "waiting" ? [other, one] : [one, other];
  }

  test("make one upload, send it once, and all end with the same file", async () => {
    for (const file of [FILE, () => new TestFile(seededBytes(500, 2), "one part.bin")]) {
      const here = world();
      const tab = browser(here, locksOf);
      const tabs = [1, 2, 3].map((number) => tab(number, file()));
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

test.each(LOCKS)("who waits for another tab and cancels leaves that one alone, with %s", async (_, locksOf) => {
  for (const late of [0, 300]) {
    const here = world();
    const tab = browser(here, locksOf);
    const one = tab(1);
    await here.clock.pass(late);
    const other = tab(2);
    await here.clock.pass(100);
    expect(other.progress).toMatchObject({ state: "waiting", waitingFor: "tab" });
    await here.clock.run(other.cancel());
    const { id } = await here.clock.run(one.done);
    expect([other.state, here.server.uploads.get(id)?.content]).toEqual(["cancelled", FILE().bytes]);
  }
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
