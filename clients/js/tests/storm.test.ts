import { expect, test } from "vitest";
import { PortwayError } from "../src/index.js";
import { type FaultKind, REFUSALS, seeded, seededBytes, storm, TestFile } from "../src/testing/index.js";
import { type World, world } from "./world.js";

/** These take two seconds on a machine that does nothing else. */
const SECONDS = 60_000;
const CHECKSUMS = ["auto", "crc32c", "none"] as const;

/** One run with everything chosen by the seed: sizes, checksums, faults, pauses, loss of the network. */
async function run(
  seed: number,
  rate: number,
  without: readonly FaultKind[] = [],
): Promise<{ world: World; ends: string[] }> {
  const chance = seeded(seed);
  const faults = storm(rate, chance, without);
  const checksum = CHECKSUMS[seed % CHECKSUMS.length] ?? "auto";
  const made = world({ faults, random: chance, urlSeconds: 30 + chance() * 900 }, { checksum }, seed);
  const { clock, server, uploader } = made;
  const sizes = Array.from({ length: 1 + (seed % 3) }, () => Math.floor(chance() * 15_000));
  const files = sizes.map((size, at) => new TestFile(seededBytes(size, seed + at), `file ${at}`));
  const uploads = files.map((file) => uploader.add(file));
  const settled = Promise.allSettled(uploads.map((upload) => upload.done));
  for (const upload of uploads) {
    await clock.pass(chance() * 3000);
    if (chance() < 0.3) upload.pause();
    server.isOnline = chance() > 0.3;
    await clock.pass(chance() * 60_000);
    server.isOnline = true;
    upload.resume();
  }
  const results = await clock.run(settled);
  const ends = results.map((result, at) => {
    if (result.status === "rejected") return result.reason instanceof PortwayError ? result.reason.name : "a bug";
    expect(server.uploads.get(result.value.id)?.content).toEqual(files[at]?.bytes);
    return "done";
  });
  return { world: made, ends };
}

test(
  "on a bad network, where one request of ten meets a fault, every file is published as it was",
  async () => {
    const ends: string[] = [];
    for (let seed = 1; seed <= 40; seed++) ends.push(...(await run(seed, 0.1, REFUSALS)).ends);
    expect(new Set(ends)).toEqual(new Set(["done"]));
  },
  SECONDS,
);

test(
  "however bad the network is, every upload ends published as it was or with an error that says what to do",
  async () => {
    const ends = new Set<string>();
    for (let seed = 100; seed <= 125; seed++) for (const end of (await run(seed, 0.6)).ends) ends.add(end);
    expect(ends).not.toContain("a bug");
    expect(ends).toContain("done");
    expect([...ends].length).toBeGreaterThan(1);
  },
  SECONDS,
);

test(
  "the same seed gives the same run, request by request",
  async () => {
    const [one, two] = [await run(7, 0.2), await run(7, 0.2)];
    expect(one.world.server.requests).toEqual(two.world.server.requests);
    expect(one.world.server.requests.length).toBeGreaterThan(10);
  },
  SECONDS,
);
