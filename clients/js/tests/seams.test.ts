import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { type Clock, createUploader, type FileSource, type Seams, type Transport } from "../src/index.js";
import { FakePortway, SimulatedClock, seededBytes, TestFile, testSeams } from "../src/testing/index.js";
import { realClock } from "../src/world/clock.js";

const GUIDE = readFileSync(new URL("../../../docs/clients/js.md", import.meta.url), "utf8");
const token = "a token";

/** The example of the guide that begins with these words, as a function of what it does not define itself. */
function example<Result>(begin: string, given: Record<string, unknown>, result: string): Result {
  const block = GUIDE.split("```ts\n")
    .find((text) => text.startsWith(begin))
    ?.split("```")[0];
  if (!block) throw new Error(`docs/clients/js.md has no example that begins with ${begin}`);
  const plain = block.replace(/: (Transport|Store|FileSource|Clock)\b/, ""); // the only types in them
  return new Function(...Object.keys(given), `${plain}; return ${result};`)(...Object.values(given)) as Result;
}

/** A Portway in memory, and an uploader that is made with the seams of an example beside those of tests. */
function made(more: Partial<Seams> = {}) {
  const clock = new SimulatedClock();
  const server = new FakePortway({ clock });
  const create = ({ seams }: { seams: Partial<Seams> }) =>
    createUploader({ endpoint: server.endpoint, token, seams: { ...testSeams(server, clock), ...more, ...seams } });
  return { clock, server, create };
}

const FILE = () => new TestFile(seededBytes(3500, 1));

test("a transport of one's own sees every request", async () => {
  const { clock, server, create } = made();
  const seen: string[] = [];
  const report = (method: string, host: string, status: number) => seen.push(`${method} ${host} ${status}`);
  const webTransport: Transport = { reaches: () => server.reaches(), send: (request) => server.send(request) };
  const given = { webTransport, performance, report, endpoint: "", token, createUploader: create };
  const uploader = example<ReturnType<typeof create>>("const timed", given, "uploader");
  await clock.run(uploader.add(FILE()).done);
  expect(seen).toHaveLength(server.requests.length);
  expect(seen).toContain("PUT s3.test 200");
});

/** localStorage, as far as the example uses it: its keys are its members. */
function storage(): Record<string, unknown> {
  const methods = {
    getItem: (name: string) => kept[name] ?? null,
    setItem: (name: string, value: string) => void Object.assign(kept, { [name]: value }),
    removeItem: (name: string) => Reflect.deleteProperty(kept, name),
  };
  const kept: Record<string, unknown> = Object.create(methods);
  return kept;
}

test("a store of one's own goes on where it was, and is empty at the end", async () => {
  const { clock, server, create } = made();
  const localStorage = storage();
  const given = { localStorage, endpoint: "", token, createUploader: create };
  const open = () => example<ReturnType<typeof create>>("const names", given, "uploader");
  const first = open();
  const begun = first.add(FILE());
  await clock.pass(300);
  first.close();
  await clock.pass(1000);
  const second = open();
  expect(await clock.run(second.resumable())).toMatchObject([{ id: begun.id, size: 3500 }]);
  await clock.run(second.add(FILE()).done);
  expect([server.uploads.size, Object.keys(localStorage)]).toEqual([1, []]);
});

test("a file source of one's own is sent as it is sliced", async () => {
  const { clock, server, create } = made();
  const bytes = seededBytes(9000, 2);
  const uploader = create({ seams: {} });
  const image = new TestFile(bytes);
  const given = { image, start: 1000, end: 5500, uploader };
  const [upload, track] = example<[ReturnType<typeof uploader.add>, FileSource]>(
    "const track",
    given,
    "[upload, track]",
  );
  const { id, name, size } = await clock.run(upload.done);
  expect([name, size]).toEqual([track.name, 4500]);
  expect(server.uploads.get(id)?.content).toEqual(bytes.slice(1000, 5500));
});

test("a clock of one's own says what time it is, and its pauses end with their signal", async () => {
  const ahead = 3_600_000;
  const given = { ahead, endpoint: "", token, createUploader: () => null };
  const clock = example<Clock>("const clock: Clock", given, "clock");
  expect(Math.abs(clock.now() - realClock.now() - ahead)).toBeLessThan(60_000);
  await clock.sleep(1);
  const over = new AbortController();
  const slept = clock.sleep(3_600_000, over.signal);
  over.abort();
  await slept;
});
