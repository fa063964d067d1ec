import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "puppeteer-core";
import { test as base } from "vitest";
import { launched } from "./browsers.js";
import { network } from "./network.js";
import { artefacts, pageUrl } from "./site.js";

interface Fixtures {
  browser: Browser;
  /** Storage that no other test sees; its tabs share it. */
  context: BrowserContext;
  /** The bare page in a new tab. What it looks like after a failure is in the artefacts. */
  page: Page;
}

/** A new tab with a page; at another address than the bare one's, if one is given. */
export async function tab(context: BrowserContext, url = pageUrl): Promise<Page> {
  const page = await context.newPage();
  await page.goto(url);
  return page;
}

/** A picture among the artefacts of the run. */
export async function pictured(page: Page, name: string): Promise<void> {
  await mkdir(artefacts, { recursive: true });
  await page.screenshot({ path: join(artefacts, `${name.replaceAll(/[^a-z0-9]+/gi, "-")}.png`) as `${string}.png` });
}

/** Pick files in an input of the page. */
export async function pick(page: Page, paths: readonly string[], selector = "input[type=file]"): Promise<void> {
  const input = await page.waitForSelector(selector);
  await (input as Awaited<ReturnType<typeof page.$<"input">>>)?.uploadFile(...paths);
}

export const test = base.extend<Fixtures>({
  browser: [
    // biome-ignore lint/correctness/noEmptyPattern: vitest reads from the pattern what a fixture needs
    async ({}, use) => {
      const browser = await launched();
      await use(browser);
      await browser.close();
    },
    { scope: "worker" },
  ],
  context: async ({ browser, task }, use) => {
    const context = await browser.createBrowserContext();
    await use(context);
    if (task.result?.errors?.length)
      // `onTestFailed` is called when the context is closed
      for (const page of await context.pages()) await pictured(page, `failed ${task.name}`);
    await network.up();
    await context.close();
  },
  page: async ({ context }, use) => {
    await use(await tab(context));
  },
});
