import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, test } from "vitest";
import { Cancelled, createUploader, fileSource, fileStore, type Uploader, type UploaderOptions } from "../src/node.js";
import { seededBytes } from "../src/testing/index.js";

const { PORTWAY_API = "", PORTWAY_TOKEN = "" } = process.env;
const MIB = 1 << 20;
let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "portway-js-"));
});
afterAll(() => rm(folder, { recursive: true }));

function uploaderOf(options: Partial<UploaderOptions> = {}): Uploader {
  return createUploader({ endpoint: PORTWAY_API, token: PORTWAY_TOKEN, ...options });
}

/** A file of noise at its start and end, so that one of many parts takes no time to make. */
async function fileOf(size: number, name: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, seededBytes(Math.min(size, MIB), size));
  await truncate(path, size);
  return path;
}

async function sha256(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of stream) hash.update(chunk);
  return hash.digest("hex");
}

/** The faults of the network befall the test's own requests, too. */
async function patiently<Value>(action: () => Promise<Value>): Promise<Value> {
  for (let left = 10; ; left--) {
    try {
      return await action();
    } catch (error) {
      if (left === 0) throw error;
    }
  }
}

function downloaded(uploader: Uploader, id: string): Promise<string> {
  return patiently(async () => {
    const { url } = await uploader.downloadUrl(id);
    const { ok, body } = await fetch(url);
    if (!ok) throw new Error("S3 is busy");
    return sha256(body as unknown as AsyncIterable<Uint8Array>);
  });
}

for (const [size, options] of [
  [0, {}],
  [1, {}],
  [5 * MIB + 1, { partSize: 5 * MIB }],
  [40 * MIB, { partSize: 5 * MIB, checksum: "crc32c" }],
  [40 * MIB, {}],
  [20 * MIB, { checksum: "none" }],
] as const) {
  test.concurrent(`${size} bytes with ${JSON.stringify(options)} are published as they were on disk`, async ({
    expect,
  }) => {
    const name = `file ${size} ${Object.values(options).join(" ")}.bin`; // each its own: they run at the same time
    const path = await fileOf(size, name);
    const uploader = uploaderOf(options);
    const states: string[] = [];
    const upload = uploader.add(await fileSource(path), { metadata: { course: "biology-1" } });
    upload.on("state", (state) => states.push(state));
    const published = await upload.done;
    expect(published).toMatchObject({ size, name, metadata: { course: "biology-1" } });
    expect(await downloaded(uploader, published.id)).toBe(await sha256(createReadStream(path)));
    const [first, second] = new Set(states.filter((state) => state !== "waiting"));
    expect([first, second]).toEqual(["preparing", "sending"]);
    expect(states.at(-1)).toBe("done");
  });
}

test.concurrent("another process goes on where a paused one stopped, and sends only what S3 does not have", async ({
  expect,
}) => {
  const path = await fileOf(45 * MIB, "in two goes.bin");
  const state = join(folder, "state");
  const first = uploaderOf({ partSize: 5 * MIB, parallel: 2, seams: { store: fileStore(state) } });
  const begun = first.add(await fileSource(path));
  await new Promise<void>((resolve) => begun.on("progress", ({ partsDone }) => partsDone >= 3 && resolve()));
  begun.pause();
  expect(begun.state).toBe("paused");
  first.close();
  const second = uploaderOf({ partSize: 5 * MIB, seams: { store: fileStore(state) } });
  expect(await second.resumable()).toMatchObject([{ id: begun.id, size: 45 * MIB }]);
  const upload = second.add(await fileSource(path));
  const starts: number[] = [];
  upload.on("state", (state) => state === "sending" && starts.push(upload.progress.partsDone));
  const published = await upload.done;
  expect(published.id).toBe(begun.id);
  expect(starts[0]).toBeGreaterThanOrEqual(3);
  expect(await downloaded(second, published.id)).toBe(await sha256(createReadStream(path)));
});

test.concurrent("a cancelled upload is gone at the server", async ({ expect }) => {
  const path = await fileOf(30 * MIB, "not wanted.bin");
  const uploader = uploaderOf({ partSize: 5 * MIB, parallel: 1 });
  const upload = uploader.add(await fileSource(path));
  await new Promise<void>((resolve) => upload.on("progress", ({ partsDone }) => partsDone >= 1 && resolve()));
  const { id } = upload;
  await upload.cancel();
  await expect(upload.done).rejects.toThrow(Cancelled);
  const headers = { authorization: `Bearer ${PORTWAY_TOKEN}` };
  const view = await patiently(async () => (await fetch(`${PORTWAY_API}/v1/uploads/${id}`, { headers })).json());
  expect(view).toMatchObject({ status: "cancelled", bytes_stored: 0 });
});
