import type { FileSource } from "../types.js";

/** A Blob that is read at once, so that a simulated clock need not wait for the machine. */
class BytesBlob extends Blob {
  readonly #bytes: Uint8Array<ArrayBuffer>;

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    super([bytes]);
    this.#bytes = bytes;
  }

  override slice(start = 0, end = this.#bytes.length): Blob {
    return new BytesBlob(this.#bytes.slice(start, end));
  }

  override async arrayBuffer(): Promise<ArrayBuffer> {
    return this.#bytes.slice().buffer;
  }

  override stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return new ReadableStream({
      start: (sink) => {
        if (this.size > 0) sink.enqueue(this.#bytes.slice());
        sink.close();
      },
    });
  }
}

const UNREADABLE = {
  arrayBuffer: () => Promise.reject(new Error("NotReadableError")),
  stream: () => new ReadableStream({ start: (sink) => sink.error(new Error("NotReadableError")) }),
};

/** A file in memory. Its bytes may be changed behind the client's back. */
export class TestFile implements FileSource {
  bytes: Uint8Array<ArrayBuffer>;
  readonly name: string;
  readonly type: string;
  readonly lastModified: number;
  /** Reading fails, as of a file that was deleted. */
  isGone = false;

  constructor(
    bytes: Uint8Array<ArrayBuffer>,
    name = "a file.bin",
    type = "application/octet-stream",
    lastModified = 0,
  ) {
    this.bytes = bytes;
    this.name = name;
    this.type = type;
    this.lastModified = lastModified;
  }

  get size(): number {
    return this.bytes.length;
  }

  slice(start: number, end: number): Blob {
    const blob = new BytesBlob(this.bytes.slice(start, end));
    return this.isGone ? Object.assign(blob, UNREADABLE) : blob;
  }
}

/** Numbers from 0 to 1 that are the same in every run with the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function seededBytes(length: number, seed: number): Uint8Array<ArrayBuffer> {
  const random = seeded(seed);
  return Uint8Array.from({ length }, () => random() * 256);
}
