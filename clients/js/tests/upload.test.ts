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
