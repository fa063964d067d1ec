import { readFile, writeFile } from "node:fs/promises";
import type { Page } from "puppeteer-core";
import { expect } from "vitest";
import { launched } from "../harness/browsers.js";
import { idOf, missing, PART, sameBytes, send } from "../harness/desk.js";
import { fileOf } from "../harness/files.js";
import { network } from "../harness/network.js";
import { ahead, folder } from "../harness/site.js";
import { tab, test } from "../harness/test.js";

const PARTS = 9;
const SENT = 3;

/** A file of nine parts on its way, and then no network: some parts arrived, the others did not. Its id. */
async function stuck(page: Page, path: string): Promise<string> {
  await network.tell(`down_after=${SENT}`);
  await send(page, [path]);
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

test("URLs that died while there was no network are signed anew", async ({ page }) => {
  const path = await fileOf(PARTS * PART, "expired.bin");
  const id = await stuck(page, path);
  const seconds = Number(await readFile(ahead, "ascii").catch(() => "0"));
  await writeFile(ahead, String(seconds + 1000));
  await network.up();
  await goesOn(page, path, id, 2 * (PARTS - SENT)); // each is refused once
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
