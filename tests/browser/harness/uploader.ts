import type { BrowserContext, ElementHandle, Page } from "puppeteer-core";
import { vi } from "vitest";
import { site } from "./site.js";
import { pick } from "./test.js";

const ELEMENT = "portway-uploader >>>";

/** The uploader page of the stack in a new tab, and everything that the browser complained about while it was open. */
export async function opened(context: BrowserContext): Promise<{ page: Page; complaints: string[] }> {
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("dialog", (dialog) => void dialog.accept()); // "leave the page, although files are on their way?"
  await page.goto(site.api);
  await isSignedIn(page);
  return { page, complaints };
}

/** The provider has sent the browser back to the page. Puppeteer's own wait is lost when the page is left meanwhile. */
export async function isSignedIn(page: Page): Promise<void> {
  const isThere = () => Boolean(document.querySelector("portway-uploader")?.shadowRoot?.querySelector(".drop"));
  await vi.waitUntil(() => page.evaluate(isThere).catch(() => false), { timeout: 60_000, interval: 50 });
}

/** Choose files as a person does, by the page's own input. */
export async function choose(page: Page, ...paths: string[]): Promise<void> {
  await pick(page, paths, `${ELEMENT} .drop input[type=file]`);
}

/** The words of the state of a file's row. */
export function words(page: Page, name: string): Promise<string | null> {
  return page.evaluate((wanted) => {
    const root = document.querySelector("portway-uploader")?.shadowRoot;
    for (const row of root?.querySelectorAll("li.row") ?? [])
      if (row.querySelector(".unseen")?.textContent === wanted) return row.querySelector(".state")?.textContent ?? null;
    return null;
  }, name);
}

/**
 * Waits until something of the uploader is seen. (Puppeteer looks again when the document changes, which a shadow tree is
 * no part of; for what has to be visible it looks at every frame.)
 */
export async function appears(page: Page, selector: string): Promise<ElementHandle> {
  const found = await page.waitForSelector(`${ELEMENT} ${selector}`, { visible: true });
  return found as ElementHandle;
}

/** Press the button of this name. */
export async function press(page: Page, label: string): Promise<void> {
  await (await appears(page, `button[aria-label=${JSON.stringify(label)}]`)).click();
}
