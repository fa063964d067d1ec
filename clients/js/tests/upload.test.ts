import { describe, expect, test } from "vitest";
import { seededBytes, TestFile } from "../src/testing/index.js";
import { world } from "./world.js";

describe("a file is published as it was sent", () => {
  for (const size of [0, 1, 999, 1000, 1001, 12_345]) {
    for (const checksum of ["crc64nvme", "crc32c", "none"] as const) {
      test(`${size} bytes with ${checksum}`, async () => {
        const { clock, server, uploader } = world({}, { checksum, partSize: 1000 });
        const file = new TestFile(seededBytes(size, 7));
        const upload = uploader.add(file);
        const published = await clock.run(upload.done);
        expect(published.size).toBe(size);
        expect(server.uploads.get(published.id)?.content).toEqual(file.bytes);
        expect(upload.state).toBe("done");
        expect(upload.progress).toMatchObject({ bytes: size, total: size });
      });
    }
  }
});

test("what complete is answered with is the first look at the end: the next comes after a pause", async () => {
  const { clock, server, uploader } = world({}, { partSize: 1000 });
  await clock.run(uploader.add(new TestFile(seededBytes(2500, 7))).done);
  const ends = server.requests.slice(server.requests.findIndex((request) => request.endsWith("/complete")) + 1);
  expect(ends).toHaveLength(4); // looks after 0.2, 0.5 and 0.95 s, then the file
});
