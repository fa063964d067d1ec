import { writeFile } from "node:fs/promises";
import type { Page } from "puppeteer-core";
import { expect } from "vitest";
import { ask, publishedSha256 } from "../harness/api.js";
import { fileOf, MIB, sha256Of } from "../harness/files.js";
import { network } from "../harness/network.js";
import { folder } from "../harness/site.js";
import { pictured, test } from "../harness/test.js";
import { appears, choose, isSignedIn, opened, press, words } from "../harness/uploader.js";

const LARGE = 80 * MIB; // five parts, as the server cuts them

/** The uploads of a name, as the server lists them. */
async function uploadsOf(name: string): Promise<{ id: string; status: string }[]> {
  const { uploads } = await ask<{ uploads: { id: string; name: string; status: string }[] }>("GET", "/v1/uploads");
  return uploads.filter((upload) => upload.name === name);
}

/** Waits until a file's row says so. */
async function says(page: Page, name: string, what: string): Promise<void> {
  await expect.poll(() => words(page, name), { timeout: 90_000 }).toBe(what);
}

/** The file is ready in the page, and published once, as it was sent. */
async function isPublished(page: Page, name: string, path: string): Promise<void> {
  await says(page, name, "Ready");
  const [upload, ...others] = await uploadsOf(name);
  expect(others).toEqual([]);
  expect(await publishedSha256(upload?.id ?? "")).toBe(await sha256Of(path));
}

/** From now on: by how much what is shown jumps, as Web Vitals measure it (CLS). Firefox does not tell. */
async function jumps(page: Page): Promise<() => Promise<number>> {
  await page.evaluate(() => {
    const seen = Object.assign(window, { jumps: 0 });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEntry & { value: number })[]) seen.jumps += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
  });
  return () => page.evaluate(() => (window as unknown as { jumps: number }).jumps);
}

test("files that a person chooses become ready, nothing jumps, and the browser has nothing to complain about", async ({
  context,
}) => {
  const { page, complaints } = await opened(context);
  const jumped = await jumps(page);
  const sizes = { "empty.bin": 0, "small.bin": 70_000, "of two parts.bin": 17 * MIB };
  const files = Object.entries(sizes).map(async ([name, size]) => [name, await fileOf(size, name)] as const);
  const paths = new Map(await Promise.all(files));
  await choose(page, ...paths.values());
  for (const [name, path] of paths) await isPublished(page, name, path);
  await pictured(page, "three files are ready");
  expect(await jumped()).toBeLessThan(0.02); // 0.1 is called good
  expect(complaints).toEqual([]);
});

test("a file that is refused says why, and what to do", async ({ context }) => {
  const { page } = await opened(context);
  const path = `${folder}/not what it says.png`;
  await writeFile(path, "MZ this is no picture at all".repeat(100));
  await page.select("select", "images");
  await choose(page, path);
  await expect.poll(() => words(page, "not what it says.png"), { timeout: 30_000 }).toMatch(/Refused|Held for review/);
  const advice = await appears(page, ".advice");
  expect(await advice?.evaluate((element) => element.children.length)).toBeGreaterThan(1);
  await pictured(page, "a file is refused");
});

test("the buttons pause, resume and cancel", async ({ context }) => {
  const { page } = await opened(context);
  const paths = [await fileOf(LARGE, "by button.bin"), await fileOf(LARGE, "not wanted.bin")];
  await network.tell("slow=1,slow_seconds=60", "s3");
  await choose(page, ...paths);
  for (const name of ["by button.bin", "not wanted.bin"]) await says(page, name, "Uploading");
  await press(page, "Pause by button.bin");
  await says(page, "by button.bin", "Paused");
  await pictured(page, "one is paused");
  await press(page, "Cancel not wanted.bin");
  await says(page, "not wanted.bin", "Cancelled");
  await network.up();
  await press(page, "Resume by button.bin");
  await isPublished(page, "by button.bin", paths[0] ?? "");
  await expect.poll(async () => (await uploadsOf("not wanted.bin")).map(({ status }) => status)).toEqual(["cancelled"]);
});

test("without a network the page says that it waits, and goes on by itself", async ({ context }) => {
  const { page } = await opened(context);
  const path = await fileOf(LARGE, "waits.bin");
  await network.tell("down_after=2");
  await choose(page, path);
  await says(page, "waits.bin", "No connection, trying again");
  await pictured(page, "no network");
  await network.up();
  await isPublished(page, "waits.bin", path);
});

test("after a reload the page asks for the file and sends only the rest", async ({ context }) => {
  const { page } = await opened(context);
  const path = await fileOf(LARGE, "left.bin");
  await network.tell("down_after=2");
  await choose(page, path);
  await says(page, "left.bin", "No connection, trying again");
  await network.tell("down_after=0", "s3");
  await network.tell("", "api"); // where the page comes from, too
  await page.reload();
  await isSignedIn(page);
  await appears(page, ".leftover");
  await pictured(page, "unfinished");
  await network.up();
  await choose(page, path);
  await isPublished(page, "left.bin", path);
  expect((await network.up()).bodies).toBeLessThanOrEqual(3);
});
