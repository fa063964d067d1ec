import { expect, test, vi } from "vitest";
import { createUploader, type Progress, type UploadState } from "../src/index.js";
import { seededBytes, TestFile } from "../src/testing/index.js";
import { world } from "./world.js";

const FILE = () => new TestFile(seededBytes(9500, 1));

test("states come in the order of the work", async () => {
  const { clock, uploader } = world();
  const upload = uploader.add(FILE(), { start: false });
  const states: UploadState[] = [upload.state];
  upload.on("state", (state) => states.push(state));
  upload.start();
  await clock.run(upload.done);
  expect(states).toEqual(["queued", "preparing", "sending", "completing", "checking", "done"]);
});

test("progress never exceeds the file, ends at all of it, and knows speed and time while it sends", async () => {
  const { clock, uploader } = world({}, { parallel: 2 });
  const upload = uploader.add(FILE());
  const seen: Progress[] = [];
  upload.on("progress", (progress) => seen.push(progress));
  await clock.run(upload.done);
  expect(Math.max(...seen.map(({ bytes }) => bytes))).toBe(9500);
  expect(seen.at(-1)).toMatchObject({
    bytes: 9500,
    total: 9500,
    partsDone: 10,
    parts: 10,
    speed: null,
    secondsLeft: null,
  });
  const moving = seen.filter(({ speed }) => speed !== null);
  expect(moving.length).toBeGreaterThan(3);
  expect(moving.every(({ speed }) => (speed ?? 0) < 1_000_000)).toBe(true);
});

test("a listener that throws stops nothing, and one that was taken off hears nothing", async () => {
  const { clock, uploader } = world();
  const upload = uploader.add(FILE());
  upload.on("progress", () => {
    throw new Error("a bug of the page");
  });
  const heard: UploadState[] = [];
  upload.on("state", (state) => heard.push(state))();
  await clock.run(upload.done);
  expect(heard).toEqual([]);
});

test("an uploader tells of what is added, of all bytes together, of errors, and of what is removed", async () => {
  const { clock, uploader } = world({ verdict: ({ name }) => (name === "bad" ? "rejected" : null) });
  const told: string[] = [];
  uploader.on("add", ({ name }) => told.push(`add ${name}`));
  uploader.on("error", ({ upload, error }) => told.push(`${error.code} ${upload.name}`));
  uploader.on("remove", ({ name }) => told.push(`remove ${name}`));
  const uploads = ["good", "bad"].map((name) => uploader.add(new TestFile(seededBytes(2500, 1), name)));
  await clock.run(Promise.allSettled(uploads.map(({ done }) => done)));
  expect(uploader.progress).toMatchObject({ bytes: 5000, total: 5000, files: 2, filesDone: 1, filesFailed: 1 });
  const [good] = uploads;
  if (good) await clock.run(uploader.remove(good));
  expect(told).toEqual(["add good", "add bad", "rejected bad", "remove good"]);
  expect(uploader.uploads).toHaveLength(1);
});

test("pauseAll, resumeAll and cancelAll reach every file", async () => {
  const { clock, server, uploader } = world();
  const uploads = [1, 2, 3].map((seed) => uploader.add(new TestFile(seededBytes(5000, seed), `${seed}`)));
  await clock.pass(100);
  uploader.pauseAll();
  expect(uploads.map(({ state }) => state)).toEqual(["paused", "paused", "paused"]);
  uploader.resumeAll();
  await clock.pass(100);
  await clock.run(uploader.cancelAll());
  expect(uploads.map(({ state }) => state)).toEqual(["cancelled", "cancelled", "cancelled"]);
  expect([...server.uploads.values()].some(({ isOpen }) => isOpen)).toBe(false);
});

test("where nobody listens for the progress of all, it is not summed up", async () => {
  const { clock, uploader } = world();
  const summed = vi.spyOn(Object.getPrototypeOf(uploader), "progress", "get");
  await clock.run(uploader.add(FILE()).done);
  expect(summed).not.toHaveBeenCalled();
  uploader.on("progress", () => {});
  await clock.run(uploader.add(FILE()).done);
  expect(summed).toHaveBeenCalled();
  summed.mockRestore();
});

test("a store that cannot be used is a warning, not an error", async () => {
  const broken = async () => {
    throw new Error("private window");
  };
  const store = { add: broken, put: broken, delete: broken, list: broken };
  const { clock, uploader } = world({}, { seams: { store } });
  const upload = uploader.add(FILE());
  const warnings: string[] = [];
  upload.on("warning", ({ code }) => warnings.push(code));
  await clock.run(upload.done);
  expect(new Set(warnings)).toEqual(new Set(["state_unusable"]));
});

test("options that make no sense are refused at once", () => {
  expect(() => createUploader({ endpoint: "", token: "t" })).toThrow(TypeError);
  expect(() => createUploader({ endpoint: "http://localhost", token: "t", parallel: 0 })).toThrow(TypeError);
});
