/// <reference types="node" />
/**
 * For Node 20 and newer: files by their path.
 * @module
 */
import { openAsBlob } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import type { FileSource } from "./types.js";

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
