import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fileStore, memoryStore, type Store, type StoredUpload } from "../src/node.js";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "portway-store-"));
});
afterAll(() => rm(folder, { recursive: true }));

const upload = (key: string, id: string | null = null): StoredUpload => ({
  ...{ key, id, endpoint: "https://api.test", idempotencyKey: "k", name: "a/\u202e.bin", size: 3 },
  ...{ lastModified: 1.5, category: "images", metadata: { course: "biology" }, startedAt: 7 },
});

describe.each<[string, () => Store]>([
  ["in memory", memoryStore],
  ["on disk", () => fileStore(join(folder, "deep", "state"))],
])("a store %s", (_, made) => {
  test("keeps the first of what is added at once under a key, and says so to all", async () => {
    const store = made();
    const added = ["a", "b", "c"].map((id) => store.add(upload("first", id)));
    expect(await Promise.all(added)).toEqual([1, 2, 3].map(() => upload("first", "a")));
    expect(await store.list()).toEqual([upload("first", "a")]);
    await store.delete("first");
    expect(await store.add(upload("first", "b"))).toEqual(upload("first", "b"));
    await store.delete("first");
  });

  test("gives back what was put last under a key, lists all, and forgets what is deleted, also twice", async () => {
    const store = made();
    expect(await store.list()).toEqual([]);
    await store.put(upload("one"));
    await store.put(upload('["two", "../../etc/passwd"]'));
    await store.put(upload("one", "id"));
    expect(await store.add(upload("one"))).toEqual(upload("one", "id"));
    expect((await store.list()).map(({ key }) => key).sort()).toEqual(['["two", "../../etc/passwd"]', "one"]);
    for (const key of ["one", "one", '["two", "../../etc/passwd"]']) await store.delete(key);
    expect(await store.list()).toEqual([]);
  });
});

test("what is kept on disk is for its owner only, and another process finds it", async () => {
  const place = join(folder, "mine");
  await fileStore(place).put(upload("one"));
  const [name = "", ...others] = await readdir(place);
  expect(others).toEqual([]);
  expect([(await stat(place)).mode & 0o777, (await stat(join(place, name))).mode & 0o777]).toEqual([0o700, 0o600]);
  expect(await fileStore(place).list()).toEqual([upload("one")]);
});

test("a file that was not written whole is none; one that may not be read is an error", async () => {
  const place = join(folder, "damaged");
  const store = fileStore(place);
  await store.put(upload("one"));
  const [name = ""] = await readdir(place);
  await writeFile(join(place, name), '{"key": "o');
  expect(await store.list()).toEqual([]);
  expect(await store.add(upload("one", "anew"))).toEqual(upload("one", "anew"));
  await store.delete("one");
  await writeFile(join(folder, "a file"), "");
  await expect(fileStore(join(folder, "a file")).put(upload("one"))).rejects.toThrow();
});
