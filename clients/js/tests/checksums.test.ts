import { describe, expect, test } from "vitest";
import { combined } from "../src/combine.js";
import { Crc, checksumOf, fromText, toText } from "../src/crc.js";
import { type Algorithm, workerHasher } from "../src/index.js";
import { seeded, seededBytes } from "../src/testing/index.js";

/** The check values of the catalogue of parametrised CRC algorithms, for "123456789". */
const CHECKS: [Algorithm, bigint, string][] = [
  ["crc64nvme", 0xae8b14860a799888n, "rosUhgp5mIg="],
  ["crc32c", 0xe3069283n, "4waSgw=="],
];

function whole(bytes: Uint8Array, algorithm: Algorithm): string {
  const crc = new Crc(algorithm);
  crc.update(bytes);
  return toText(crc.value(), algorithm);
}

describe.each(CHECKS)("%s", (algorithm, check, text) => {
  test("has the check value of its catalogue, and is written as S3 writes it", () => {
    expect(whole(new TextEncoder().encode("123456789"), algorithm)).toBe(text);
    expect(fromText(text)).toBe(check);
  });

  test("is the same however the bytes are cut, and in whatever place of a buffer they are", async () => {
    const random = seeded(3);
    const bytes = seededBytes(5000, 4);
    const expected = whole(bytes, algorithm);
    for (let round = 0; round < 20; round++) {
      const cut = Math.floor(random() * 5000);
      const crc = new Crc(algorithm);
      crc.update(bytes.subarray(0, cut));
      crc.update(bytes.subarray(cut));
      expect(toText(crc.value(), algorithm)).toBe(expected);
    }
    expect(await checksumOf(new Blob([bytes.slice(0, 7), bytes.slice(7)]), algorithm)).toBe(expected);
  });

  test("of a whole is combined from those of its parts, of any lengths, also of none", () => {
    const random = seeded(5);
    for (let round = 0; round < 20; round++) {
      const bytes = seededBytes(Math.floor(random() * 3000), round);
      const size = 1 + Math.floor(random() * 700);
      const parts = [];
      for (let at = 0; at < Math.max(1, bytes.length); at += size) {
        const part = bytes.slice(at, at + size);
        parts.push({ checksum: whole(part, algorithm), length: part.length });
      }
      expect(combined(parts, algorithm)).toBe(whole(bytes, algorithm));
    }
  });
});

test("checksums of both algorithms may grow side by side", () => {
  const bytes = seededBytes(300, 7);
  const sides = CHECKS.map(([algorithm]) => ({ algorithm, crc: new Crc(algorithm) }));
  for (const start of [0, 100, 200]) for (const { crc } of sides) crc.update(bytes.slice(start, start + 100));
  const texts = sides.map(({ algorithm, crc }) => toText(crc.value(), algorithm));
  expect(texts).toEqual(sides.map(({ algorithm }) => whole(bytes, algorithm)));
});

/** A stream that fills what its reader brings, at most so many bytes at a time. `buffers` gets the size of each. */
function filling(bytes: Uint8Array, most: number, buffers: number[]): ReadableStream {
  let left = bytes;
  return new ReadableStream({
    type: "bytes",
    pull(source) {
      if (left.length === 0) source.close();
      const request = source.byobRequest as ReadableStreamBYOBRequest;
      const view = request.view as Uint8Array;
      const piece = left.subarray(0, Math.min(most, view.length));
      buffers.push(view.buffer.byteLength);
      view.set(piece);
      left = left.subarray(piece.length);
      request.respond(piece.length);
    },
  });
}

function bringing(bytes: Uint8Array): ReadableStream {
  return new ReadableStream({
    start(source) {
      source.enqueue(bytes);
      source.close();
    },
  });
}

test("a Blob is read into one small buffer, over and over, where its stream allows it; the checksum is the same", async () => {
  const bytes = seededBytes(600_000, 6);
  const buffers: number[] = [];
  const of = (stream: ReadableStream) => checksumOf({ size: bytes.length, stream: () => stream } as Blob, "crc64nvme");
  expect(await of(filling(bytes, 70_001, buffers))).toBe(whole(bytes, "crc64nvme"));
  expect(await of(bringing(bytes))).toBe(whole(bytes, "crc64nvme"));
  expect(new Set(buffers)).toEqual(new Set([256 << 10]));
});

test("a program that hashed where there are no workers, as in Node, is not kept from ending", async () => {
  const ports = () => process.getActiveResourcesInfo().filter((name) => name === "MessagePort").length;
  const before = ports();
  const hasher = workerHasher(() => {
    throw new Error("no workers here");
  });
  const file = Object.assign(new Blob(["123456789"]), { name: "", lastModified: 0 });
  const { signal } = new AbortController();
  expect(await hasher.checksum(file, 0, 9, "crc64nvme", signal)).toBe("rosUhgp5mIg=");
  expect(ports()).toBe(before);
});
