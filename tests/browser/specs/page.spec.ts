/** What the uploader page asks of whom, besides what uploader.spec.ts shows. */

import { expect } from "vitest";
import { fileOf } from "../harness/files.js";
import { site } from "../harness/site.js";
import { test } from "../harness/test.js";
import { choose, opened, words } from "../harness/uploader.js";

const IN_TIME = { timeout: 60_000 };

test("a link to the file is asked for when it is wanted, of nobody but the API, and leads to its bytes", async ({
  context,
}) => {
  const { page } = await opened(context);
  const asked: URL[] = [];
  page.on("request", (request) => asked.push(new URL(request.url())));
  await choose(page, await fileOf(1000, "wanted.bin"));
  await expect.poll(() => words(page, "wanted.bin"), IN_TIME).toBe("Ready");
  expect(asked.filter(({ pathname }) => pathname.endsWith("/url"))).toEqual([]);
  expect([...new Set(asked.map(({ origin }) => origin))].sort()).toEqual([site.api, site.s3].sort());
  const followed = page.evaluate(
    () =>
      new Promise<string[]>((resolve) => {
        HTMLAnchorElement.prototype.click = function () {
          resolve([this.rel, this.target, this.href]);
        };
      }),
  );
  await page.locator("portway-uploader >>> [data-action=open]").click();
  const [rel, target, url = ""] = await followed;
  expect([rel, target]).toEqual(["noopener noreferrer", "_blank"]);
  expect((await (await fetch(url)).arrayBuffer()).byteLength).toBe(1000);
});

test("what may not be uploaded at all is not sent, and the page says which rule it breaks", async ({ context }) => {
  const { page } = await opened(context);
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  await page.select(".choice select", "images");
  await choose(page, await fileOf(1000, "notes.txt"));
  await expect.poll(() => words(page, "notes.txt"), IN_TIME).toBe("Not accepted");
  const advice = await page.waitForSelector("portway-uploader >>> .advice");
  expect(await advice?.evaluate((shown) => shown.textContent)).toMatch(/^images takes/);
  expect(asked.filter((url) => url.startsWith(site.s3))).toEqual([]);
});
