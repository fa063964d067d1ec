import { expect, test } from "vitest";
import { memoryStore, type Seams, type Upload } from "../src/index.js";
import { seededBytes, TestFile, testSeams } from "../src/testing/index.js";
import { leases } from "../src/world/locks.js";
import { uploaderOf, type World, world } from "./world.js";

const FILE = () => new TestFile(seededBytes(9500, 1), "nine and a half parts.bin");
const PUT = (request: string) => request.startsWith("PUT s3");
const MINUTE = 60_000;

/** A tab without Web Locks, which can be frozen: then nothing happens in it, not even answers. */
class Tab {
  readonly upload: Upload;
  #isFrozen = false;
  #thaw = () => {};
  #thawed = Promise.resolve();

  constructor({ clock, server }: World, store: Seams["store"], seed: number) {
    const seams = testSeams(server, clock, seed);
    const here = {
      now: () => clock.now(),
      sleep: (ms: number, signal?: AbortSignal) => this.#here(clock.sleep(ms, signal)),
    };
    const transport: Seams["transport"] = {
      send: (request) => this.#here(server.send(request)),
      reaches: () => this.#here(server.reaches()),
    };
    const world = { ...seams, store, transport, clock: here };
    const uploader = uploaderOf(clock, server, { parallel: 1, seams: { ...world, locks: leases(world) } }, seed);
    this.upload = uploader.add(FILE());
  }

  /** For good, that is a crash. */
  freeze(): void {
    this.#isFrozen = true;
    this.#thawed = new Promise((resolve) => {
      this.#thaw = resolve;
    });
  }

  thaw(): void {
    this.#isFrozen = false;
    this.#thaw();
  }

  async #here<Value>(what: Promise<Value>): Promise<Value> {
    const value = await what;
    if (this.#isFrozen) await this.#thawed;
    return value;
  }
}

test("two tabs with the same file, without Web Locks: send it once, one after the other, and end with the same file", async () => {
  const here = world();
  const store = memoryStore();
  const one = new Tab(here, store, 1);
  await here.clock.pass(600);
  const two = new Tab(here, store, 2);
  await here.clock.pass(600);
  expect(two.upload.progress).toMatchObject({ state: "waiting", waitingFor: "tab" });
  const files = await here.clock.run(Promise.all([one.upload.done, two.upload.done]));
  expect(files[0]?.id).toBe(files[1]?.id);
  expect(here.server.requests.filter(PUT)).toHaveLength(10);
});

test("two tabs with the same file, without Web Locks: that begin in the same moment do not send at the same time", async () => {
  const here = world();
  const store = memoryStore();
  const tabs = [1, 2, 3].map((seed) => new Tab(here, store, seed));
  await here.clock.run(Promise.all(tabs.map(({ upload }) => upload.done)));
  expect(here.server.mostAtOnce).toBe(1);
});

test("two tabs with the same file, without Web Locks: take turns when one pauses: the other goes on at once with what is missing", async () => {
  const here = world();
  const store = memoryStore();
  const one = new Tab(here, store, 1);
  await here.clock.pass(1500);
  const two = new Tab(here, store, 2);
  await here.clock.pass(600);
  one.upload.pause();
  const before = here.clock.now();
  await here.clock.run(two.upload.done);
  expect(here.clock.now() - before).toBeLessThan(MINUTE / 4);
  expect(here.server.uploads.size).toBe(1);
  expect(here.server.requests.filter(PUT).length).toBeLessThanOrEqual(11); // one was on its way
});

test("two tabs with the same file, without Web Locks: the other takes over a minute after the one that sends has crashed, and not before", async () => {
  const here = world();
  const store = memoryStore();
  const one = new Tab(here, store, 1);
  await here.clock.pass(1500);
  one.freeze();
  const two = new Tab(here, store, 2);
  await here.clock.pass(MINUTE / 2);
  expect(two.upload.state).toBe("waiting");
  const { id } = await here.clock.run(two.upload.done);
  expect(id).toBe(one.upload.id);
  expect(here.server.uploads.get(id)?.content).toEqual(FILE().bytes);
  expect(here.server.requests.filter(PUT).length).toBeLessThanOrEqual(11);
});

test("two tabs with the same file, without Web Locks: one that was frozen for hours hears that the other sends now, waits, and ends with the same file", async () => {
  const here = world({}, {});
  const store = memoryStore();
  const one = new Tab(here, store, 1);
  await here.clock.pass(1500);
  one.freeze();
  const two = new Tab(here, store, 2);
  await here.clock.pass(2 * MINUTE);
  two.upload.pause(); // it has the lease no more
  await here.clock.pass(MINUTE);
  two.upload.resume();
  await here.clock.pass(100);
  const sent = here.server.requests.filter(PUT).length;
  one.thaw();
  const files = await here.clock.run(Promise.all([one.upload.done, two.upload.done]));
  expect(files[0]?.id).toBe(files[1]?.id);
  expect(here.server.requests.filter(PUT).length - sent).toBeLessThanOrEqual(11 - sent + 1);
});

test("two tabs with the same file, without Web Locks: a store that keeps nothing keeps nobody out", async () => {
  const here = world();
  const claim = () => Promise.reject(new Error("private window"));
  const tab = new Tab(here, { ...memoryStore(), claim }, 1);
  await here.clock.run(tab.upload.done);
});

test("a lease is one holder's until its end, or until he gives it back", async () => {
  const { claim } = memoryStore();
  const answers = [
    await claim?.("file", "one", 0, 70),
    await claim?.("file", "two", 69, 139),
    await claim?.("file", "one", 69, 139), // renewed
    await claim?.("file", "two", 138, 208),
    await claim?.("file", "two", 139, 209), // over
    await claim?.("file", "one", 140, 210),
    await claim?.("file", "one", 141, 141), // not his to give back
    await claim?.("file", "two", 142, 142), // given back
    await claim?.("file", "one", 142, 212),
  ];
  expect(answers).toEqual([true, false, true, false, true, false, false, true, true]);
});
