import { expect, test } from "vitest";
import type { TransportRequest, Upload, WaitReason } from "../src/index.js";
import { FakePortway, inOrder, SimulatedClock, seededBytes, TestFile } from "../src/testing/index.js";
import { uploaderOf, world } from "./world.js";

const FILE = () => new TestFile(seededBytes(9500, 1), "nine and a half parts.bin");

/** What it waited for, in order. */
function reasonsOf(upload: Upload): WaitReason[] {
  const reasons: WaitReason[] = [];
  upload.on("progress", ({ waitingFor }) => {
    if (waitingFor && reasons.at(-1) !== waitingFor) reasons.push(waitingFor);
  });
  return reasons;
}

test("who waits says what for: the network", async () => {
  const { clock, server, uploader } = world();
  const upload = uploader.add(FILE());
  await clock.pass(500);
  server.isOnline = false;
  await clock.pass(120_000);
  expect(upload.progress).toMatchObject({ state: "waiting", waitingFor: "network", speed: null });
  server.isOnline = true;
  await clock.run(upload.done);
  expect(upload.progress.waitingFor).toBeNull();
});

test("who waits says what for: a server that asks to wait", async () => {
  const busy = ["busy", "busy", "busy"] as const;
  for (const target of ["api", "s3"] as const) {
    const { clock, uploader } = world({ faults: inOrder(target, ...busy) }, { parallel: 1 });
    const upload = uploader.add(FILE());
    const reasons = reasonsOf(upload);
    await clock.run(upload.done);
    expect(new Set(reasons)).toEqual(new Set(["server"]));
  }
});

test("who waits says what for: a token, and what is over in a moment is not told of", async () => {
  const clock = new SimulatedClock();
  const server = new FakePortway({ clock });
  const slow = (ms: number) => async () => {
    await clock.sleep(ms);
    return { token: "a token", expiresAt: new Date(0) }; // asked for each call
  };
  const quick = uploaderOf(clock, server, { token: slow(200) }).add(FILE());
  const none = reasonsOf(quick);
  await clock.run(quick.done);
  const asked = uploaderOf(clock, server, { token: slow(2000) }, 2).add(FILE());
  const some = reasonsOf(asked);
  await clock.run(asked.done);
  expect([none, new Set(some)]).toEqual([[], new Set(["token"])]);
});

test("a token function that fails says why", async () => {
  for (const [fail, words] of [
    [() => Promise.reject(new Error("the session is over")), "the session is over"],
    [() => Promise.reject("signed out"), "signed out"],
  ] as const) {
    const { clock, uploader } = world({}, { token: fail });
    const upload = uploader.add(FILE());
    await expect(clock.run(upload.done)).rejects.toMatchObject({
      name: "Unauthorized",
      detail: expect.stringContaining(words),
    });
  }
});

/** A server that is no Portway: whatever it is asked, it answers so. */
function answered(status: number, text: string) {
  const clock = new SimulatedClock();
  const server = new FakePortway({ clock });
  const asked: string[] = [];
  const transport = {
    async send({ method, url }: TransportRequest) {
      asked.push(`${method} ${url}`);
      await clock.sleep(20);
      return { status, header: () => null, text };
    },
    reaches: async () => true,
  };
  const upload = uploaderOf(clock, server, { seams: { transport } }).add(FILE());
  return { clock, asked, upload };
}

test.each([
  ["a path that it does not know", 404, "<html>Not found</html>"],
  ["another gateway's", 404, '{"message":"Not Found"}'],
  ["a web page", 200, "<!doctype html><title>Welcome</title>"],
  ["a sign-in page", 201, "<html>Sign in</html>"],
])("a wrong endpoint: %s is told as that, at once", async (_, status, text) => {
  const { clock, asked, upload } = answered(status, text);
  await expect(clock.run(upload.done)).rejects.toMatchObject({
    name: "Unavailable",
    code: "no_api",
    retryable: true,
  });
  expect(asked).toHaveLength(1);
  expect(upload.error?.whatToDo).toContain("endpoint");
});

test("a wrong endpoint: one that a page may not read is not taken for a missing network, and given up within a minute", async () => {
  const { clock, upload } = answered(0, "");
  const reasons = reasonsOf(upload);
  const before = clock.now();
  await expect(clock.run(upload.done)).rejects.toMatchObject({ name: "Unavailable", code: "unreadable" });
  expect(upload.error?.detail).toContain("CORS");
  expect(upload.error?.whatToDo).toContain("endpoint");
  expect(clock.now() - before).toBeLessThan(60_000);
  expect(reasons).toEqual(["server"]);
});

test("a wrong endpoint: does not make an upload forgotten that was begun before", async () => {
  const { clock, server } = world();
  const first = uploaderOf(clock, server, { parallel: 1 });
  const upload = first.add(FILE());
  await clock.pass(600);
  upload.pause();
  const [known] = server.uploads.keys();
  const { send } = server;
  server.send = async () => ({ status: 404, header: () => null, text: "not here" });
  upload.resume();
  await expect(clock.run(upload.done)).rejects.toMatchObject({ code: "no_api" });
  server.send = send;
  upload.retry();
  expect((await clock.run(upload.done)).id).toBe(known);
});
