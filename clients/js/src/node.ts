/// <reference types="node" />
/**
 * For Node 20 and newer: everything of the client, and files by their path.
 * @module
 */
import { openAsBlob } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import type { FileSource, Uploader, UploaderOptions } from "./types.js";
import { createUploader as create } from "./uploader.js";
import { processLocks } from "./world/locks.js";
import { memoryStore } from "./world/store.js";

export * from "./index.js";
export { fileStore } from "./world/files.js";

/** As in a browser, with what Node has: nothing is kept for after the process, unless `seams.store` is a `fileStore`. */
export function createUploader(options: UploaderOptions): Uploader {
  return create({ ...options, seams: { store: memoryStore(), locks: processLocks(), ...options.seams } });
}

/** A file on disk; its bytes are read as they are sent. Rejects when there is none, or it may not be read. */
export async function fileSource(path: string, options: { type?: string } = {}): Promise<FileSource> {
  const [blob, { mtimeMs }] = await Promise.all([openAsBlob(path), stat(path)]);
  return {
    size: blob.size,
    name: basename(path),
    type: options.type ?? "",
    lastModified: mtimeMs,
    slice: (start, end) => blob.slice(start, end) as unknown as Blob,
  };
}
