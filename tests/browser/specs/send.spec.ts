import type { CDPSession, Page } from "puppeteer-core";
import { expect } from "vitest";
import { ask, isInS3, upload } from "../harness/api.js";
import { idOf, sameBytes, send } from "../harness/desk.js";
import { fileOf, MIB } from "../harness/files.js";
import { network } from "../harness/network.js";
import { engine } from "../harness/site.js";
import { test } from "../harness/test.js";

const SIZES = {
  "nothing at all": 0,
  "one byte": 1,
  "5 MiB": 5 * MIB,
  "5 MiB and a byte": 5 * MIB + 1,
  "300 MB": 300e6,
};

/** The garbage of a page and of its workers, now. */
async function takeOut(page: Page, session: CDPSession): Promise<void> {
  for (const one of [session, ...page.workers().map(({ client }) => client)])
    await one.send("HeapProfiler.collectGarbage").catch(() => {}); // a worker may end meanwhile
  await page.evaluate(() => new Promise(requestAnimationFrame));
}

for (const [words, size] of Object.entries(SIZES))
  test(`a file of ${words} is published with the bytes that were sent`, async ({ page }) => {
    const name = `${words}.bin`;
    const path = await fileOf(size, name);
    await send(page, [path]);
    expect(await sameBytes(page, [path])).toEqual({ [name]: true });
  });

/** Firefox cannot be told to take out its garbage. */
for (const name of engine === "chromium" ? ["while garbage is taken out.bin"] : [])
  test("a part that is hashed while the browser takes out its garbage gets its checksum", async ({ page }) => {
    const path = await fileOf(300 * MIB, name);
    await send(page, [path]);
    let isSent = false;
    const same = sameBytes(page, [path]).finally(() => {
      isSent = true;
    });
    const session = await page.createCDPSession();
    while (!isSent) await takeOut(page, session);
    expect(await same).toEqual({ [name]: true });
  });

test("fifty files at once are all published, each with its own bytes", async ({ page }) => {
  const paths = await Promise.all(Array.from({ length: 50 }, (_, n) => fileOf(1000 + n * 7000, `of fifty ${n}.bin`)));
  await send(page, paths);
  const same = await sameBytes(page, paths);
  expect(Object.keys(same)).toHaveLength(50);
  expect(Object.values(same)).not.toContain(false);
});

test("a file that policy does not allow fails with the reason in words", async ({ page }) => {
  await send(page, [await fileOf(5000, "no picture.png")], { category: "images" });
  const { error } = await page.evaluate(() => window.desk.until(0, "failed"));
  expect(error).toMatchObject({ kind: "Rejected" });
  expect(error?.detail).not.toBe("");
  expect(error?.whatToDo).not.toBe("");
});

test("what is cancelled in the middle is gone at the server and in S3", async ({ page }) => {
  await network.tell("slow=1,slow_seconds=1", "s3");
  await send(page, [await fileOf(60 * MIB, "cancelled.bin")]);
  const id = await idOf(page);
  await page.evaluate(() => window.desk.until(0, "sending", 1));
  expect(await isInS3(id)).toBe(true);
  await page.evaluate(() => window.desk.until(0, "sending", 1, "cancel"));
  expect(await page.evaluate(() => window.desk.seen())).toMatchObject([{ state: "cancelled" }]);
  await expect.poll(async () => (await upload(id)).status, { timeout: 20_000 }).toBe("cancelled");
  await expect.poll(() => isInS3(id), { timeout: 20_000 }).toBe(false);
  await expect(ask("POST", `/v1/uploads/${id}/parts`, { numbers: [1] })).rejects.toThrow(/409|410/);
});
