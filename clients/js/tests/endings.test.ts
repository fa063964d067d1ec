import { expect, test } from "vitest";
import { Cancelled, type Hasher, memoryStore, type TokenAnswer } from "../src/index.js";
import { seededBytes, TestFile } from "../src/testing/index.js";
import { uploaderOf, world } from "./world.js";

const FILE = () => new TestFile(seededBytes(9500, 1), "nine and a half parts.bin");
const never = () => new Promise<never>(() => {});

test("without an answer of the token function: cancel, remove and pause end the upload at once, and the list is empty for good", async () => {
  const { clock, uploader } = world({}, { token: never });
  const [one, two, three] = ["1", "2", "3"].map((name) => uploader.add(new TestFile(seededBytes(5000, 1), name)));
  await clock.pass(5000);
  expect(one?.progress).toMatchObject({ state: "waiting", waitingFor: "token" });
  const ends = Promise.all([one?.cancel(), two && uploader.remove(two)]);
  three?.pause();
  expect([one, two, three].map((upload) => upload?.state)).toEqual(["cancelled", "cancelled", "paused"]);
  await clock.run(ends);
  await expect(one?.done).rejects.toThrow(Cancelled);
  expect(await clock.run(uploader.resumable())).toEqual([]);
});

test("without an answer of the token function: what the server knows already is cancelled here at once, and there as soon as a token can be had", async () => {
  let answer: (token: TokenAnswer) => void = () => {};
  let token: () => TokenAnswer | Promise<TokenAnswer> = () => ({ token: "a", expiresAt: new Date(0) });
  const { clock, server, uploader } = world({}, { parallel: 1, token: () => token() });
  const upload = uploader.add(FILE());
  await clock.pass(600);
  token = () =>
    new Promise((resolve) => {
      answer = resolve;
    });
  const warnings: string[] = [];
  upload.on("warning", ({ code }) => warnings.push(code));
  const before = clock.now();
  const cancelled = upload.cancel();
  expect(upload.state).toBe("cancelled");
  await clock.run(cancelled);
  expect(clock.now() - before).toBeLessThanOrEqual(30_000);
  expect(warnings).toEqual(["offline"]);
  answer("a token");
  await clock.pass(1000);
  expect([...server.uploads.values()].map(({ status }) => status)).toEqual(["cancelled"]);
});

test("without an answer of the token function: a token that is refused after a pause harms nobody, and resume asks for another one", async () => {
  let refuse: (why: Error) => void = () => {};
  let count = 0;
  const token = () =>
    count++ === 0
      ? new Promise<string>((_, reject) => {
          refuse = reject;
        })
      : "a token";
  const { clock, uploader } = world({}, { token });
  const upload = uploader.add(FILE());
  await clock.pass(1000);
  upload.pause();
  refuse(new Error("the window was closed"));
  await clock.pass(1000);
  expect([upload.state, upload.error]).toEqual(["paused", null]);
  upload.resume();
  await clock.run(upload.done);
  expect(count).toBe(2);
});

/** A hasher whose worker never answers once it hashes what completing needs. */
const stuck = (): Hasher => ({ checksum: never, close: () => {} });

test("close: settles everything, whatever it is at; what S3 has is known to another uploader", async () => {
  for (const ms of [0, 30, 200, 600, 2000, 6000]) {
    const { clock, server } = world();
    const store = memoryStore();
    const uploader = uploaderOf(clock, server, { parallel: 1, seams: { store } });
    const upload = uploader.add(FILE());
    await clock.pass(ms);
    const state = upload.state;
    uploader.close();
    if (state === "done") continue;
    await expect(clock.run(upload.done)).rejects.toMatchObject({ code: "closed" });
    expect([upload.state, upload.error]).toEqual(["paused", null]);
    const other = uploaderOf(clock, server, { seams: { store } }, 2);
    await clock.run(other.add(FILE()).done);
    expect(server.uploads.size).toBe(1);
  }
});

test("close: settles an upload that is being completed while its worker hashes", async () => {
  const { clock, server } = world();
  const store = memoryStore();
  const first = uploaderOf(clock, server, { parallel: 1, checksum: "none", seams: { store } });
  const begun = first.add(FILE());
  await clock.pass(600);
  first.close();
  const [known] = server.uploads.values();
  for (let number = 1; number <= 10; number++) known?.store(number, FILE().bytes.slice(0, known.length(number)));
  for (const part of known?.parts.values() ?? []) part.checksum = "";
  const uploader = uploaderOf(clock, server, { seams: { store, hasher: stuck() } }, 2);
  const upload = uploader.add(FILE());
  await clock.pass(1000);
  expect([begun.state, upload.state]).toEqual(["paused", "completing"]);
  uploader.close();
  await expect(clock.run(upload.done)).rejects.toMatchObject({ code: "closed" });
});

test("close: nothing is added, begun or tried again afterwards", async () => {
  const { clock, server, uploader } = world({ verdict: () => "error" });
  const failed = uploader.add(FILE());
  await clock.run(failed.done.catch(() => {}));
  const waits = uploader.add(FILE(), { start: false });
  uploader.close();
  expect(() => uploader.add(FILE())).toThrow("closed");
  const asked = server.requests.length;
  waits.start();
  failed.retry();
  uploader.resumeAll();
  await clock.pass(60_000);
  expect([failed.state, waits.state, server.requests.length]).toEqual(["failed", "queued", asked]);
});
