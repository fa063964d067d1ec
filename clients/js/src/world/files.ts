/// <reference types="node" />
import { createHash, randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Store, StoredUpload } from "../seams.js";

/** undefined for what is not there, or was never written whole. */
function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT" && !(error instanceof SyntaxError)) throw error;
}

/**
 * Keeps what was begun in a folder, a file for each upload, so that the next process goes on with it. For one process at
 * a time: two that send the same file send twice what S3 takes twice.
 */
export function fileStore(folder: string): Store {
  const pathOf = (key: string) => join(folder, `${createHash("sha256").update(key).digest("hex")}.json`);
  const read = (path: string) =>
    readFile(path, "utf8")
      .then((text) => JSON.parse(text) as StoredUpload)
      .catch(absent);
  const put = async (upload: StoredUpload) => {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const path = pathOf(upload.key);
    const next = `${path}.${randomUUID()}`;
    await writeFile(next, JSON.stringify(upload), { mode: 0o600 });
    await rename(next, path); // whole or not at all, whenever the process ends
  };
  let before: Promise<unknown> = Promise.resolve();
  return {
    add(upload) {
      const added = before.then(async () => {
        const known = await read(pathOf(upload.key));
        if (!known) await put(upload);
        return known ?? upload;
      });
      before = added.catch(() => {}); // one after the other: of two at once the second finds what the first wrote
      return added;
    },
    put,
    delete: (key) => rm(pathOf(key), { force: true }),
    async list() {
      const names = (await readdir(folder).catch(absent)) ?? [];
      const rows = names.filter((name) => name.endsWith(".json")).map((name) => read(join(folder, name)));
      return (await Promise.all(rows)).filter((row) => row !== undefined);
    },
  };
}
