import { expect, test } from "vitest";
import { Cancelled, FileChanged, memoryStore, Rejected } from "../src/index.js";
import { inOrder, seededBytes, TestFile } from "../src/testing/index.js";
import { processLocks } from "../src/world/locks.js";
import { uploaderOf, world } from "./world.js";

const FILE = () => new TestFile(seededBytes(9500, 1), "nine and a half parts.bin");
const PUT = (request: string) => request.startsWith("PUT s3");

test("a pause at any moment, and another page load, send no part twice that S3 has", async () => {
  for (const ms of [0, 10, 60, 300, 700, 900]) {
    const { clock, server, uploader } = world({}, { parallel: 2 });
    const store = memoryStore();
    const first = uploaderOf(clock, server, { parallel: 2, seams: { store } });
    const begun = first.add(FILE());
    await clock.pass(ms);
    begun.pause();
    expect(begun.state).toBe("paused");
    await clock.pass(10_000);
    const sent = server.requests.filter(PUT).length;
    const second = uploaderOf(clock, server, { seams: { store } }, 2);
    const published = await clock.run(second.add(FILE()).done);
    expect(server.uploads.size).toBe(1);
    expect(server.uploads.get(published.id)?.content).toEqual(FILE().bytes);
    expect(server.requests.filter(PUT).length - sent).toBeLessThanOrEqual(10 - sent + 2);
    expect(await clock.run(second.resumable())).toEqual([]);
    uploader.close();
  }
});

test("another file of the same name and size is not taken for the one that was begun", async () => {
  const { clock, server } = world();
  const store = memoryStore();
  const first = uploaderOf(clock, server, { seams: { store } });
  const begun = first.add(FILE());
  await clock.pass(300);
  begun.pause();
  const other = new TestFile(seededBytes(9500, 2), FILE().name);
  const published = await clock.run(uploaderOf(clock, server, { seams: { store } }, 2).add(other).done);
  expect(published.id).not.toBe(begun.id);
  expect(await clock.run(first.resumable())).toMatchObject([]);
});

test("cancel removes the upload at the server, also when create is just being answered", async () => {
  for (const ms of [0, 10, 40, 200, 400]) {
    const { clock, server, uploader } = world();
    const upload = uploader.add(FILE());
    await clock.pass(ms);
    await clock.run(upload.cancel());
    expect([...server.uploads.values()].filter((one) => one.isOpen)).toEqual([]);
    await expect(upload.done).rejects.toThrow(Cancelled);
    expect(await clock.run(uploader.resumable())).toEqual([]);
  }
});

test("a file that changes while it is sent is refused, and retry begins anew with what it is now", async () => {
  const { clock, server, uploader } = world({}, { parallel: 1 });
  const file = FILE();
  const upload = uploader.add(file);
  await clock.pass(400);
  file.bytes = seededBytes(9500, 5);
  await expect(clock.run(upload.done)).rejects.toThrow(FileChanged);
  upload.retry();
  const published = await clock.run(upload.done);
  expect(server.uploads.get(published.id)?.content).toEqual(file.bytes);
});

test("a file that is gone is told from a network that is gone", async () => {
  const { clock, uploader } = world({ faults: inOrder("s3", "lost") }, { parallel: 1 });
  const file = FILE();
  const upload = uploader.add(file);
  upload.on("progress", () => {
    file.isGone = true;
  });
  await expect(clock.run(upload.done)).rejects.toThrow(FileChanged);
});

test("a rejected file says why, and one that could not be processed is processed again without being sent", async () => {
  let reason: string | null = "rejected";
  const { clock, server, uploader } = world({ verdict: () => reason });
  const upload = uploader.add(FILE());
  const error = await clock.run(upload.done.catch((caught: Rejected) => caught));
  expect(error).toBeInstanceOf(Rejected);
  expect(error).toMatchObject({ reason: "rejected", findings: [{ words: "It was not liked." }] });
  reason = "error";
  upload.retry();
  await clock.run(expect(upload.done).rejects.toMatchObject({ reason: "error", retryable: true }));
  const sent = server.requests.filter(PUT).length;
  reason = null;
  upload.retry();
  await clock.run(upload.done);
  expect(server.requests.filter(PUT)).toHaveLength(sent);
});

test("what ended elsewhere is told as it ended", async () => {
  const { clock, server, uploader } = world({}, { parallel: 1 });
  const upload = uploader.add(FILE());
  await clock.pass(800);
  const known = server.uploads.get(upload.id ?? "");
  if (known) known.status = "expired";
  await expect(clock.run(upload.done)).rejects.toMatchObject({ name: "Ended", code: "expired" });
});

test("a file that waits for a person is not sent again: asking once more shows what was decided, also after a reload", async () => {
  let reason: string | null = "in_review";
  const { clock, server } = world({ verdict: () => reason });
  const store = memoryStore();
  const held = uploaderOf(clock, server, { seams: { store } }).add(FILE());
  await clock.run(expect(held.done).rejects.toMatchObject({ reason: "in_review" }));
  held.retry();
  await clock.run(expect(held.done).rejects.toMatchObject({ reason: "in_review" }));
  reason = null;
  for (const upload of server.uploads.values()) upload.status = "completed";
  await clock.run(uploaderOf(clock, server, { seams: { store } }, 2).add(FILE()).done);
  expect(server.uploads.size).toBe(1);
});

test("what failed for good is not offered to be resumed", async () => {
  const { clock, uploader } = world({ verdict: () => "infected" });
  await clock.run(expect(uploader.add(FILE()).done).rejects.toThrow(Rejected));
  expect(await clock.run(uploader.resumable())).toEqual([]);
});

test("what has all its bytes needs its file no more: after a reload it is not offered to be resumed", async () => {
  for (const status of ["completing", "processing", "completed", "failed", "gone"] as const) {
    const { clock, server } = world();
    const store = memoryStore();
    const begun = uploaderOf(clock, server, { seams: { store } }).add(FILE());
    await clock.pass(300);
    begun.pause();
    await clock.pass(10_000);
    const later = uploaderOf(clock, server, { seams: { store } }, 2);
    expect(await clock.run(later.resumable())).toHaveLength(1);
    const upload = server.uploads.get(begun.id ?? "");
    if (status === "gone") server.uploads.clear();
    else if (upload) upload.status = status;
    expect(await clock.run(later.resumable())).toEqual([]);
  }
});

test("where nobody can tell whether a file is needed, it is offered to be resumed", async () => {
  const { clock, server } = world();
  const store = memoryStore();
  const begun = uploaderOf(clock, server, { seams: { store } }).add(FILE());
  await clock.pass(300);
  begun.pause();
  await clock.pass(10_000);
  server.isOnline = false;
  expect(await clock.run(uploaderOf(clock, server, { seams: { store } }, 2).resumable())).toHaveLength(1);
});

test("what another tab is sending is not offered to be resumed; what it paused is", async () => {
  const { clock, server } = world();
  const shared = { store: memoryStore(), locks: processLocks() };
  const upload = uploaderOf(clock, server, { seams: shared }).add(FILE());
  const other = uploaderOf(clock, server, { seams: shared }, 2);
  await clock.pass(300);
  expect(await clock.run(other.resumable())).toEqual([]);
  upload.pause();
  await clock.pass(10_000);
  expect(await clock.run(other.resumable())).toMatchObject([{ id: upload.id }]);
});

test("an unfinished upload that the server cannot be told to remove stays listed until it can", async () => {
  const { clock, server } = world();
  const store = memoryStore();
  const begun = uploaderOf(clock, server, { seams: { store } }).add(FILE());
  await clock.pass(300);
  begun.pause();
  await clock.pass(10_000);
  const later = uploaderOf(clock, server, { seams: { store } }, 2);
  const [kept] = await clock.run(later.resumable());
  server.isOnline = false;
  await expect(clock.run(kept?.cancel() ?? Promise.resolve())).rejects.toMatchObject({ code: "offline" });
  expect(await clock.run(later.resumable())).toHaveLength(1);
  server.isOnline = true;
  await clock.run(kept?.cancel() ?? Promise.resolve());
  expect(await clock.run(later.resumable())).toEqual([]);
});

test("a file that the server looks at already cannot be called back, and nobody is told that it was", async () => {
  const { clock, uploader } = world();
  const upload = uploader.add(FILE());
  let cancelled: Promise<void> | undefined;
  upload.on("state", (state) => {
    if (state === "checking") cancelled ??= uploader.cancelAll();
  });
  const published = await clock.run(upload.done);
  await cancelled;
  expect(cancelled).toBeDefined();
  expect([upload.state, upload.id]).toEqual(["done", published.id]);
});

test("a token function that fails is asked again by retry, whether it throws or rejects", async () => {
  for (const fail of [() => Promise.reject(new Error("signed out")), () => throwing()]) {
    let token: () => string | Promise<string> = fail;
    const { clock, server } = world();
    const upload = uploaderOf(clock, server, { token: () => token() }).add(FILE());
    await clock.run(expect(upload.done).rejects.toMatchObject({ code: "no_token" }));
    token = () => "a token";
    upload.retry();
    await clock.run(upload.done);
  }
});

function throwing(): never {
  throw new Error("signed out");
}
