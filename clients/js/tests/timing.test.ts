/** When things are done: what only the times of requests show, since a file gets through without it, too. */

import { describe, expect, test } from "vitest";
import { Unavailable } from "../src/index.js";
import { type FaultKind, seededBytes, TestFile } from "../src/testing/index.js";
import { world } from "./world.js";

const FILE = () => new TestFile(seededBytes(9500, 1), "nine and a half parts.bin");
const AHEAD_MS = -7_200_000;

/** A world that writes down when each PUT began and when its URL ends; `fault` says what befalls the PUT. */
function watched(fault: (put: Put, count: number) => FaultKind | null, parallel = 1, random = 0, partSize = 500) {
  const puts: Put[] = [];
  const made = world(
    {
      ...{ urlSeconds: 45, aheadMs: AHEAD_MS },
      faults: ({ url }, target) => {
        if (target === "api") return null;
        const end = Number(new URL(url).searchParams.get("end"));
        const put = { at: made.clock.now(), end, leftMs: end - made.clock.now() - AHEAD_MS };
        return fault(put, puts.push(put));
      },
    },
    { checksum: "none", parallel, partSize, seams: { random: () => random } },
  );
  const gaps = () => puts.slice(1).map(({ at }, index) => at - (puts[index]?.at ?? 0));
  return { ...made, puts, gaps };
}

interface Put {
  readonly at: number;
  readonly end: number;
  readonly leftMs: number;
}

describe("URLs", () => {
  test("are not used in their last seconds, by the server's clock, also when nothing moved meanwhile", async () => {
    const { clock, uploader, puts } = watched((_, count) => (count === 5 ? "stall" : null));
    await clock.run(uploader.add(FILE()).done);
    expect(puts.length).toBe(20);
    expect(Math.min(...puts.map(({ leftMs }) => leftMs))).toBeGreaterThan(9_000);
  });

  test("that are near their end when an answer cannot be read are replaced before the next try", async () => {
    let broken = 0;
    const near = ({ leftMs }: Put) => leftMs < 28_000;
    const { clock, uploader, puts } = watched(
      (put, count) => {
        if (broken || !near(put)) return null;
        broken = count;
        return "lost";
      },
      1,
      0,
      100,
    );
    await clock.run(uploader.add(FILE()).done);
    const [before, after] = puts.slice(broken - 1);
    expect(broken).toBeGreaterThan(0);
    expect(after?.end).toBeGreaterThan(before?.end ?? 0);
  });
});

describe("trouble", () => {
  test("is answered by pauses that double, of a second and more", async () => {
    const { clock, uploader, gaps } = watched((_, count) => (count <= 3 ? "lost" : null), 1, 1);
    await clock.run(uploader.add(FILE()).done);
    for (const [index, seconds] of [1, 2, 4].entries()) {
      expect(gaps()[index]).toBeGreaterThanOrEqual(1000 * seconds);
      expect(gaps()[index]).toBeLessThan(1000 * seconds + 900);
    }
  });

  test("of which S3 says how long it lasts is waited for at least so long", async () => {
    const { clock, uploader, gaps } = watched((_, count) => (count <= 3 ? "busy" : null));
    await clock.run(uploader.add(FILE()).done);
    expect(Math.min(...gaps().slice(0, 3))).toBeGreaterThanOrEqual(1000);
  });

  test("by too many at once is answered by fewer at once", async () => {
    const { clock, server, uploader } = watched((_, count) => (count <= 8 ? "busy" : null), 8);
    const upload = uploader.add(FILE());
    await clock.pass(800);
    expect(server.mostAtOnce).toBe(8);
    server.mostAtOnce = 0;
    await clock.pass(900);
    expect(server.mostAtOnce).toBeGreaterThan(0);
    expect(server.mostAtOnce).toBeLessThan(8);
    await clock.run(upload.done);
  });

  test("that does not end is an error, after more tries than one part has for itself", async () => {
    const { clock, uploader, puts } = watched(() => "busy");
    await expect(clock.run(uploader.add(FILE()).done)).rejects.toThrow(Unavailable);
    expect(puts.length).toBeGreaterThan(4);
  });
});
