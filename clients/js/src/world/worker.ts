/**
 * The worker that hashes: `{blob, algorithm, port}` comes in, `{checksum}` or `{error}` goes out through the port.
 * @module
 */
import { checksumOf } from "../crc.js";
import type { Algorithm } from "../seams.js";

interface Asked {
  blob: Blob;
  algorithm: Algorithm;
  port: MessagePort;
}

self.onmessage = async ({ data: { blob, algorithm, port } }: MessageEvent<Asked>) => {
  try {
    port.postMessage({ checksum: await checksumOf(blob, algorithm) });
  } catch (error) {
    port.postMessage({ error: String(error) });
  }
};
