import { createCipheriv, createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import { folder } from "./site.js";

export const MIB = 1 << 20;

/** A file of `size` bytes that no other file has, the same in every run. Its path. */
export async function fileOf(size: number, name: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, name);
  const key = createHash("md5").update(`${name} ${size}`).digest();
  const bytes = createCipheriv("aes-128-ctr", key, Buffer.alloc(16));
  await using file = await open(path, "w");
  const nothing = Buffer.alloc(MIB);
  for (let left = size; left > 0; left -= MIB) await file.write(bytes.update(nothing.subarray(0, Math.min(MIB, left))));
  return path;
}

/** SHA-256 of bytes that come in pieces, in hex. */
export async function sha256(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of pieces) hash.update(piece);
  return hash.digest("hex");
}

/** SHA-256 of a file, in hex. */
export function sha256Of(path: string): Promise<string> {
  return sha256(createReadStream(path, { highWaterMark: MIB }));
}
