/**
 * What is kept of an upload over a reload, and how a file that is picked again is recognised.
 * @module
 */
import { checksumOf } from "./crc.js";
import type { Seams, StoredUpload } from "./seams.js";
import type { FileSource } from "./types.js";

const EDGE = 64 << 10;

export interface Wish {
  name: string;
  category: string | undefined;
  metadata: Readonly<Record<string, string>>;
}

/** Name, size, time, both ends of the content, and where it is to go. Rejects when the file cannot be read. */
export async function fingerprint(file: FileSource, endpoint: string, wish: Wish): Promise<string> {
  const { size, lastModified = null } = file;
  const edges = [file.slice(0, Math.min(EDGE, size)), file.slice(Math.max(0, size - EDGE), size)];
  const checksums = await Promise.all(edges.map((edge) => checksumOf(edge, "crc64nvme")));
  const metadata = Object.entries(wish.metadata).sort();
  return JSON.stringify([endpoint, wish.name, size, lastModified, checksums, wish.category ?? null, metadata]);
}

export function newRecord(
  key: string,
  file: FileSource,
  endpoint: string,
  wish: Wish,
  seams: Pick<Seams, "clock" | "newKey">,
): StoredUpload {
  const { size, lastModified = null } = file;
  const { name, category, metadata } = wish;
  return freshRecord({ key, endpoint, name, size, lastModified, category, metadata: { ...metadata } }, seams);
}

/** The same file, to be begun anew. */
export function freshRecord(
  record: Omit<StoredUpload, "id" | "idempotencyKey" | "startedAt">,
  seams: Pick<Seams, "clock" | "newKey">,
): StoredUpload {
  return { ...record, id: null, idempotencyKey: seams.newKey(), startedAt: seams.clock.now() };
}
