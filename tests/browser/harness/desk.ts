import type { Page } from "puppeteer-core";
import { publishedSha256, upload } from "./api.js";
import { MIB, sha256Of } from "./files.js";
import { site } from "./site.js";
import { pick } from "./test.js";

/** The smallest parts that S3 takes: many, of a small file. */
export const PART = 5 * MIB;

/** Hand files to the client in the page, which begins to send them. */
export async function send(
  page: Page,
  paths: readonly string[],
  options: { category?: string } = {},
  choices: { checksum?: "none" } = {},
): Promise<void> {
  const settings = { ...site, token: site.tokens.owner, partSize: PART, ...choices };
  await page.evaluate((given) => window.desk.open(given), settings);
  await pick(page, paths);
  await page.evaluate((given) => window.desk.add(given), options);
}

/** The id of the one upload of the page, once the server knows it. */
export async function idOf(page: Page): Promise<string> {
  const id = await page.waitForFunction(() => window.desk.seen()[0]?.id);
  return (await id.jsonValue()) as string;
}

/** How many parts the server waits for. */
export async function missing(id: string): Promise<number> {
  return (await upload(id)).missing.reduce((sum, [first, last]) => sum + last - first + 1, 0);
}

/** Waits until all that was added is published. Whether each published file has the bytes of the one sent; by name. */
export async function sameBytes(page: Page, paths: readonly string[]): Promise<Record<string, boolean>> {
  const files = await page.evaluate(() => window.desk.allDone());
  const same: Record<string, boolean> = {};
  for (const [index, { id, name }] of files.entries())
    same[name] = (await publishedSha256(id)) === (await sha256Of(paths[index] ?? ""));
  return same;
}
