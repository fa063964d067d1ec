/**
 * What is kept of an upload over a reload, and how a file that is picked again is recognised.
 * @module
 */
import { checksumOf } from "./crc.js";
import type { Seams, StoredUpload } from "./seams.js";
import type { Upload } from "./types.js";

const EDGE = 64 << 10;

/** What of an upload is remembered. */
export type Wish = Pick<Upload, "file" | "name" | "size" | "category" | "metadata">;

/** Name, size, time, both ends of the content, and where it is to go. Rejects when the file cannot be read. */
export async function fingerprint({ file, name, size, category, metadata }: Wish, endpoint: string): Promise<string> {
  const edges = [file.slice(0, Math.min(EDGE, size)), file.slice(Math.max(0, size - EDGE), size)];
  const checksums = await Promise.all(edges.map((edge) => checksumOf(edge, "crc64nvme")));
  const { lastModified = null } = file;
  const wishes = [category ?? null, Object.entries(metadata).sort()];
  return JSON.stringify([endpoint, name, size, lastModified, checksums, ...wishes]);
}

export function newRecord(
  key: string,
  { file, name, size, category, metadata }: Wish,
  endpoint: string,
  seams: Pick<Seams, "clock" | "newKey">,
): StoredUpload {
  const { lastModified = null } = file;
  return freshRecord({ key, endpoint, name, size, lastModified, category, metadata: { ...metadata } }, seams);
}

/** The same file, to be begun anew. */
export function freshRecord(
  record: Omit<StoredUpload, "id" | "idempotencyKey" | "startedAt">,
  seams: Pick<Seams, "clock" | "newKey">,
): StoredUpload {
  return { ...record, id: null, idempotencyKey: seams.newKey(), startedAt: seams.clock.now() };
}
