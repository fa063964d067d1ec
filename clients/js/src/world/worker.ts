/**
 * The worker that hashes: `{id, blob, algorithm}` comes in, `{id, checksum}` or `{id, error}` goes out.
 * @module
 */
import { checksumOf } from "../crc.js";
import type { Algorithm } from "../seams.js";

interface Asked {
  id: number;
  blob: Blob;
  algorithm: Algorithm;
}

self.onmessage = async ({ data: { id, blob, algorithm } }: MessageEvent<Asked>) => {
  try {
    self.postMessage({ id, checksum: await checksumOf(blob, algorithm) });
  } catch (error) {
    self.postMessage({ id, error: String(error) });
  }
};
