import { describe, expect, test } from "vitest";
import { ChecksumMismatch, Offline, PartRefused, Unauthorized, type UploadState } from "../src/index.js";
import { type FaultKind, type Faults, inOrder, seededBytes, TestFile } from "../src/testing/index.js";
import { world } from "./world.js";

const FILE = () => new TestFile(seededBytes(9500, 1), "nine and a half parts.bin");
const PUT = (request: string) => request.startsWith("PUT s3");

describe("the requests of one file", () => {
  test("a file of one part is two requests: create with its checksum, and one PUT", async () => {
    const { clock, server, uploader } = world();
    await clock.run(uploader.add(new TestFile(seededBytes(500, 1))).done);
    expect(
      server.requests.filter((request) => !request.startsWith("GET")).map((request) => request.slice(0, 8)),
    ).toEqual(["POST api", "PUT s3 /"]);
  });

  /** The numbers that are asked to be signed, of a file in parts of 1000 bytes. */
  async function askedFor(choices: { partSize?: number }): Promise<number[]> {
    const asked: number[] = [];
    const faults: Faults = ({ method, url, body }) => {
      if (method === "POST" && url.endsWith("/parts")) asked.push(...JSON.parse(`${body}`).numbers);
      return null;
    };
    const { clock, server, uploader } = world({ faults }, choices);
    const { id } = await clock.run(uploader.add(FILE()).done);
    expect(server.uploads.get(id)?.content).toEqual(FILE().bytes);
    return asked;
  }

  test("the URL of the first part comes with create, bound to its checksum: nobody asks for it", async () => {
    expect((await askedFor({ partSize: 1000 })).sort((a, b) => a - b)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  test("where the server wants other parts than was thought, the first is hashed and signed as the others", async () => {
    expect(await askedFor({})).toContain(1);
  });

  test("many parts without checksums are signed in few calls", async () => {
    const { clock, server, uploader } = world({}, { checksum: "none", partSize: 100 });
    await clock.run(uploader.add(FILE()).done);
    const signs = server.requests.filter((request) => request.endsWith("/parts"));
    expect(server.requests.filter(PUT)).toHaveLength(95);
    expect(signs.length).toBeLessThan(8);
  });

  test("at most as many parts as wished are on their way, over all files together", async () => {
    const { clock, server, uploader } = world({}, { parallel: 3, partSize: 1000 });
    const uploads = [1, 2, 3, 4].map((seed) => uploader.add(new TestFile(seededBytes(8000, seed), `${seed}`)));
    await clock.run(Promise.all(uploads.map((upload) => upload.done)));
    expect(server.mostAtOnce).toBe(3);
  });

  test("a small file that comes later does not wait for a large one", async () => {
    const { clock, uploader } = world({}, { parallel: 2, partSize: 100 });
    const large = uploader.add(new TestFile(seededBytes(20_000, 1), "large"));
    await clock.pass(1000);
    await clock.run(uploader.add(new TestFile(seededBytes(100, 2), "small")).done);
    expect(large.progress.bytes).toBeLessThan(10_000);
  });
});

describe("what S3 answers", () => {
  const refused: [string, FaultKind[], unknown][] = [
    ["an expired token is signed anew", ["expired"], null],
    ["a refusal is signed anew", ["forbidden", "forbidden"], null],
    ["three refusals at once, with fresh URLs, are an error", ["forbidden", "forbidden", "forbidden"], PartRefused],
    ["a part that arrives damaged is sent again", ["damaged", "damaged"], null],
    ["a part that arrives damaged again and again is an error", ["damaged", "damaged", "damaged"], ChecksumMismatch],
    ["SlowDown is waited for", ["busy", "busy", "busy"], null],
    ["what stalls is given up after a minute and sent again", ["stall"], null],
    ["an answer that was lost costs one more PUT", ["unheard"], null],
    ["a connection that breaks is tried again", ["lost", "lost", "lost"], null],
  ];
  for (const [words, faults, error] of refused) {
    test(words, async () => {
      const { clock, server, uploader } = world({ faults: inOrder("s3", ...faults) }, { parallel: 1 });
      const upload = uploader.add(FILE());
      if (error) await expect(clock.run(upload.done)).rejects.toThrow(error as never);
      else expect(server.uploads.get((await clock.run(upload.done)).id)?.content).toEqual(FILE().bytes);
    });
  }

  test("URLs that ended during a pause of hours are signed anew, and the device's wrong clock does not matter", async () => {
    const { clock, server, uploader } = world({ urlSeconds: 60, aheadMs: -7_200_000 }, { checksum: "none" });
    const upload = uploader.add(FILE());
    await clock.pass(600);
    upload.pause();
    await clock.pass(3 * 3_600_000);
    upload.resume();
    await clock.run(upload.done);
    expect(server.requests.filter(PUT).length).toBeLessThan(18);
  });
});

describe("the token", () => {
  test("a function is asked again when the server says 401, once", async () => {
    let count = 0;
    const { clock, uploader } = world({ accepts: (token) => token === "2" }, { token: () => `${++count}` });
    await clock.run(uploader.add(FILE()).done);
    expect(count).toBe(2);
  });

  test("a token that is never good is an error that says to sign in, and retry goes on after it", async () => {
    let good = "other";
    const { clock, uploader } = world({ accepts: (token) => token === good }, { token: () => "mine" });
    const upload = uploader.add(FILE());
    await expect(clock.run(upload.done)).rejects.toThrow(Unauthorized);
    expect(upload.error?.whatToDo).toContain("Sign in");
    good = "mine";
    upload.retry();
    await clock.run(upload.done);
    expect(upload.state).toBe("done");
  });

  test("a token that says when it ends is renewed a minute before", async () => {
    const asked: number[] = [];
    const { clock, uploader } = world(
      { faults: inOrder("s3", "stall", "stall", "stall") },
      {
        parallel: 1,
        token: () => {
          asked.push(clock.now());
          return { token: "good", expiresAt: new Date(clock.now() + 120_000) };
        },
      },
    );
    await clock.run(uploader.add(FILE()).done);
    expect(asked.length).toBeGreaterThan(1);
  });
});

describe("no network", () => {
  test("is waited for, for hours, and says so", async () => {
    const { clock, server, uploader } = world();
    const states: UploadState[] = [];
    const upload = uploader.add(FILE());
    upload.on("state", (state) => states.push(state));
    await clock.pass(500);
    server.isOnline = false;
    await clock.pass(5 * 3_600_000);
    expect(upload.state).toBe("waiting");
    server.isOnline = true;
    await clock.run(upload.done);
    expect(states).toContain("waiting");
  });

  test("is an error after as long as was allowed", async () => {
    const { clock, server, uploader } = world({}, { offlineSeconds: 60 });
    server.isOnline = false;
    const before = clock.now();
    await expect(clock.run(uploader.add(FILE()).done)).rejects.toThrow(Offline);
    expect(clock.now() - before).toBeLessThan(90_000);
  });
});
