import { readFile, writeFile } from "node:fs/promises";
import type { BrowserContext, Page } from "puppeteer-core";
import { expect } from "vitest";
import { launched } from "../harness/browsers.js";
import { idOf, missing, PART, sameBytes, send } from "../harness/desk.js";
import { fileOf } from "../harness/files.js";
import { network } from "../harness/network.js";
import { ahead, folder, pageUrl, site } from "../harness/site.js";
import { pick, tab, test } from "../harness/test.js";

const PARTS = 9;
const SENT = 3;

/** A tab of a browser without Web Locks. */
async function unlocked(context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  await page.evaluateOnNewDocument(() => Object.defineProperty(Navigator.prototype, "locks", { value: undefined }));
  await page.goto(pageUrl);
  return page;
}

/** A file of nine parts on its way, and then no network: some parts arrived, the others did not. Its id. */
async function stuck(page: Page, path: string, choices: { checksum?: "none" } = {}): Promise<string> {
  await network.tell(`down_after=${SENT}`);
  await send(page, [path], {}, choices);
  await page.evaluate(() => window.desk.until(0, "waiting"));
  return idOf(page);
}

/** The network is back: no more than what was missing is sent, and the file is published as it was. */
async function goesOn(page: Page, path: string, id: string, most = PARTS - SENT): Promise<void> {
  expect(Object.values(await sameBytes(page, [path]))).toEqual([true]);
  expect(await idOf(page)).toBe(id);
  const { bodies } = await network.up();
  expect(bodies).toBeGreaterThanOrEqual(Math.min(most, 1));
  expect(bodies).toBeLessThanOrEqual(most);
}

test("pause stops sending, resume goes on with what is missing", async ({ page }) => {
  const path = await fileOf(PARTS * PART, "paused.bin");
  await network.tell("slow=1,slow_seconds=1", "s3");
  await send(page, [path]);
  await page.evaluate(() => window.desk.until(0, "sending", 1, "pause"));
  const id = await idOf(page);
  expect(await page.evaluate(() => window.desk.seen())).toMatchObject([{ state: "paused" }]);
  await network.up();
  const left = await missing(id);
  expect(left).toBeLessThan(PARTS);
  await page.evaluate(() => window.desk.resume(0));
  await goesOn(page, path, id, left);
});

test("a network that goes away in the middle is waited for", async ({ page }) => {
  const path = await fileOf(PARTS * PART, "offline.bin");
  const id = await stuck(page, path);
  await network.up();
  await goesOn(page, path, id);
});

test("after a reload in the middle the file is recognised and goes on", async ({ page }) => {
  const path = await fileOf(PARTS * PART, "reloaded.bin");
  const id = await stuck(page, path);
  await page.reload();
  await network.up();
  const left = await missing(id);
  await send(page, [path]);
  await goesOn(page, path, id, left);
});

test("a tab that was closed and opened again knows what was begun", async ({ context, page }) => {
  const path = await fileOf(PARTS * PART, "closed.bin");
  const id = await stuck(page, path);
  await page.close();
  await network.up();
  const again = await tab(context);
  await send(again, []);
  expect(await again.evaluate(() => window.desk.resumable())).toMatchObject([{ id, name: "closed.bin" }]);
  await send(again, [path]);
  await goesOn(again, path, id);
});

test("URLs that died while there was no network are refused by S3 and signed anew", async ({ page }) => {
  const path = await fileOf(PARTS * PART, "expired.bin");
  const answered: string[] = [];
  page.on("response", (response) => {
    const method = response.request().method();
    const { origin, pathname } = new URL(response.url());
    if (origin === site.s3 && method === "PUT") answered.push(`part ${response.status()}`);
    if (method === "POST" && pathname.endsWith("/parts")) answered.push("signed");
  });
  const id = await stuck(page, path, { checksum: "none" }); // all were signed at once: nobody heard of the time since
  const seconds = Number(await readFile(ahead, "ascii").catch(() => "0"));
  await writeFile(ahead, String(seconds + 1000));
  await network.up();
  await goesOn(page, path, id, 2 * (PARTS - SENT)); // each is refused once
  const refused = answered.indexOf("part 403");
  expect(refused, answered.join()).toBeGreaterThanOrEqual(0);
  expect(answered.slice(refused)).toContain("signed");
  expect(answered.slice(refused)).toContain("part 200");
});

test("a 403 in the middle is answered with a fresh URL", async ({ page }) => {
  const path = await fileOf(PARTS * PART, "refused.bin");
  await network.tell("expired=1,times=1", "s3");
  await send(page, [path]);
  expect(Object.values(await sameBytes(page, [path]))).toEqual([true]);
  expect((await network.up()).bodies).toBe(2 * PARTS);
});

test("two tabs with the same file send it once", async ({ context, page }) => {
  const path = await fileOf(PARTS * PART, "in two tabs.bin");
  const other = await tab(context);
  const id = await stuck(page, path);
  await send(other, [path]);
  await other.evaluate(() => window.desk.until(0, "waiting"));
  await network.up();
  await goesOn(page, path, id);
  await goesOn(other, path, id, 0);
});

test("two tabs with the same file send it once also where there are no Web Locks, as without TLS", async ({
  context,
}) => {
  const path = await fileOf(PARTS * PART, "in two tabs, unlocked.bin");
  const [page, other] = [await unlocked(context), await unlocked(context)];
  const id = await stuck(page, path);
  await send(other, [path]);
  await other.evaluate(() => window.desk.until(0, "waiting"));
  expect(await other.evaluate(() => window.desk.resumable())).toEqual([]); // what another tab sends is not left over
  await page.close(); // its lease goes with it
  await network.up();
  await goesOn(other, path, id);
});

for (const [locks, opened] of [
  ["with Web Locks", tab],
  ["without", unlocked],
] as const)
  test(`two tabs that start the same file in the same instant make one upload of it, ${locks}`, async ({ context }) => {
    const path = await fileOf(PARTS * PART, `at once, ${locks}.bin`);
    const tabs = [await opened(context), await opened(context)];
    for (const page of tabs) {
      await send(page, []);
      await pick(page, [path]);
    }
    await network.tell(`down_after=${SENT}`); // neither has ended before the other begins
    await Promise.all(tabs.map((page) => page.evaluate(() => window.desk.add())));
    await Promise.all(tabs.map((page) => page.evaluate(() => window.desk.until(0, "waiting"))));
    await network.up();
    const ends = await Promise.all(tabs.map((page) => sameBytes(page, [path])));
    expect(ends.map((same) => Object.values(same))).toEqual([[true], [true]]);
    expect((await network.up()).bodies).toBeLessThanOrEqual(PARTS - SENT);
    expect(await idOf(tabs[0] as Page)).toBe(await idOf(tabs[1] as Page));
  });

test("a browser that was ended and started again goes on with the file", async () => {
  const path = await fileOf(PARTS * PART, "another day.bin");
  const first = await launched(`${folder}/profile`);
  const id = await stuck(await tab(first.defaultBrowserContext()), path);
  await first.close();
  await network.up();
  const second = await launched(`${folder}/profile`);
  const page = await tab(second.defaultBrowserContext());
  await send(page, [path]);
  await goesOn(page, path, id);
  await second.close();
});
