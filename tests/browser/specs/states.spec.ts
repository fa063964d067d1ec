/** Every state of the page that a person can see, by the stories of web/stories: looked at, and checked with axe. */

import { createRequire } from "node:module";
import type { UploadState } from "@portway/client";
import type { BrowserContext, KeyInput, Page } from "puppeteer-core";
import { describe, expect } from "vitest";
import { fileOf } from "../harness/files.js";
import { engine, pageUrl } from "../harness/site.js";
import { pick, pictured, tab, test } from "../harness/test.js";
import { appears } from "../harness/uploader.js";

const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const STATES = [
  "empty",
  "one",
  "uploading",
  "paused",
  "offline",
  "retrying",
  "checking",
  "ready",
  "attention",
  "leftovers",
  "names",
];
const SIZES = { desktop: { width: 1000, height: 1000 }, phone: { width: 320, height: 760 } };
const LOOKS = [
  ["desktop", "light"],
  ["desktop", "dark"],
  ["phone", "light"],
  ["phone", "dark"],
] as const;
/** Colours depend on the theme, room on the size: these two have all four. What axe reads is no other in Firefox. */
const CHECKED = new Set(engine === "chromium" ? ["desktop light", "phone dark"] : []);

declare global {
  interface Window {
    /** What the stories show. */
    uploader: { uploads: { move(state: UploadState): void }[] };
  }
}

/** What axe objects to, in words. */
async function objections(page: Page): Promise<string[]> {
  await page.addScriptTag({ path: axe });
  return page.evaluate(async (runOnly) => {
    const { axe } = window as unknown as { axe: { run(where: Document, options: object): Promise<AxeResult> } };
    const { violations } = await axe.run(document, { runOnly });
    return violations.flatMap(({ help, nodes }) => nodes.map(({ target }) => `${help}: ${target.flat().join(" ")}`));
  }, RULES);
}

interface AxeResult {
  violations: { help: string; nodes: { target: (string | string[])[] }[] }[];
}

/** The page is no wider than the screen: nobody scrolls sideways. */
function overflow(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/** The page of a story in a new tab. */
async function shown(context: BrowserContext, story: string): Promise<Page> {
  const page = await tab(context, `${pageUrl}stories.html?story=${story}`);
  await appears(page, ".drop");
  return page;
}

describe.each(STATES)("%s", (story) => {
  test("fits, and axe objects to nothing, by day and by night, on a desk and on a phone", async ({ context }) => {
    const page = await shown(context, story);
    await page.addScriptTag({ path: axe });
    for (const [size, theme] of LOOKS) {
      const look = `${size} ${theme}`;
      await page.setViewport(SIZES[size]);
      await page.evaluate((name) => document.documentElement.setAttribute("data-theme", name), theme);
      await pictured(page, `${story} ${look}`);
      if (CHECKED.has(look)) expect(await objections(page), look).toEqual([]);
      expect(await overflow(page), look).toBe(0);
    }
  });
});

/** Where each row is, and what it says. */
function rows(page: Page): Promise<{ top: number; height: number; words: string }[]> {
  return page.evaluate(() => {
    const root = document.querySelector("portway-uploader")?.shadowRoot;
    return Array.from(root?.querySelectorAll<HTMLElement>(".row") ?? [], (row) => {
      const { top, height } = row.getBoundingClientRect();
      return { top, height, words: row.querySelector(".state")?.textContent ?? "" };
    });
  });
}

/** The label of what has the focus inside the element. */
function focused(page: Page): Promise<string | null> {
  return page.evaluate(() => {
    const active = document.querySelector("portway-uploader")?.shadowRoot?.activeElement;
    return active?.getAttribute("aria-label") ?? active?.textContent ?? null;
  });
}

/** Until the element has drawn what was done. */
async function drawn(page: Page): Promise<void> {
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
}

test.for(["desktop", "phone"] as const)(
  "no row moves while files go from waiting to ready, on a %s",
  async (size, { context }) => {
    const page = await shown(context, "uploading");
    await page.setViewport(SIZES[size]);
    await drawn(page);
    const places = async () => (await rows(page)).map(({ top, height }) => [top, height]);
    const before = await places();
    if (size === "phone") expect(Math.max(...before.map(([, height]) => height ?? 0)), "compact").toBeLessThan(82);
    for (const state of ["preparing", "sending", "paused", "waiting", "completing", "checking", "done"] as const) {
      await page.evaluate((name) => window.uploader.uploads[0]?.move(name), state);
      await drawn(page);
      expect(await places(), state).toEqual(before);
    }
    expect((await rows(page))[0]?.words).toBe("Ready");
  },
);

test("on a phone a finger has 44 pixels for each button of a row", async ({ context }) => {
  const page = await shown(context, "uploading");
  await page.setViewport(SIZES.phone);
  await drawn(page);
  const missed = await page.evaluate(() => {
    const root = document.querySelector("portway-uploader")?.shadowRoot;
    return Array.from(root?.querySelectorAll<HTMLElement>(".row button:not([hidden])") ?? []).flatMap((button) => {
      const { x, y, width, height } = button.getBoundingClientRect();
      const [left, top] = [x + width / 2, y + height / 2];
      const corners = [-21, 21].flatMap((dx) => [-21, 21].map((dy) => root?.elementFromPoint(left + dx, top + dy)));
      return corners.every((found) => found && button.contains(found)) ? [] : [button.ariaLabel];
    });
  });
  expect(missed).toEqual([]);
});

test("everything can be done with keys, and the focus is never lost", async ({ context }) => {
  const page = await shown(context, "uploading");
  const pressed = async (key: KeyInput) => {
    await page.keyboard.press(key);
    await drawn(page);
    return focused(page);
  };
  const walk: (string | null)[] = [];
  for (let count = 0; count < 5; count += 1) walk.push(await pressed("Tab"));
  expect(walk).toEqual([
    "Choose files",
    "Choose a folder",
    "Pause all",
    "Cancel all",
    "Pause Wedding, second camera.mov",
  ]);
  expect(await pressed("Enter")).toBe("Resume Wedding, second camera.mov");
  expect(await pressed(" ")).toBe("Pause Wedding, second camera.mov");
  expect(await pressed("Tab")).toBe("Cancel Wedding, second camera.mov");
  expect(await pressed("Enter")).toBe("Remove from the list: Wedding, second camera.mov");
  expect(await pressed("Enter")).toBe("Cancel Interview with the mayor.wav");
});

test("what is asked of all files is done with each of which it makes sense", async ({ context }) => {
  const all = async (page: Page, action: string) => {
    await page.locator(`portway-uploader >>> [data-action=${action}]`).click();
    await drawn(page);
    return (await rows(page)).map(({ words }) => words);
  };
  const page = await shown(context, "uploading");
  const before = (await rows(page)).map(({ words }) => words);
  expect(before).toEqual(["Uploading", "Uploading", "Finishing", "Waiting to start", "Ready"]);
  expect(await all(page, "pauseAll")).toEqual(["Paused", "Paused", "Finishing", "Paused", "Ready"]);
  expect(await all(page, "resumeAll")).toEqual(["Uploading", "Uploading", "Finishing", "Uploading", "Ready"]);
  const failed = await shown(context, "attention");
  const again = await all(failed, "retryAll");
  expect(again.filter((words) => words === "Uploading")).toHaveLength(3);
  expect(again.filter((words) => /^(Held|Refused|Not accepted|Cancelled|Ready)/.test(words))).toHaveLength(5);
});

test("what cannot be taken back is asked before, and Escape means no", async ({ context }) => {
  const page = await shown(context, "uploading");
  await page.locator("portway-uploader >>> [data-action=cancelAll]").click();
  await appears(page, "dialog[open]");
  expect(await focused(page)).toBe("Keep uploading");
  await page.addScriptTag({ path: axe });
  expect(await objections(page)).toEqual([]);
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => !document.querySelector("portway-uploader")?.shadowRoot?.querySelector("dialog"));
  expect((await rows(page)).map(({ words }) => words)).not.toContain("Cancelled");
});

test("cancelling everything leaves alone what has ended or is being checked, and asks about the others only", async ({
  context,
}) => {
  const page = await shown(context, "uploading");
  const before = (await rows(page)).map(({ words }) => words);
  const stays = before.filter((words) => /^(Ready|Refused|Held|Checking|Finishing)/.test(words));
  expect(stays.length).toBeGreaterThan(0);
  await page.locator("portway-uploader >>> [data-action=cancelAll]").click();
  const dialog = await appears(page, "dialog[open]");
  const count = before.length - stays.length;
  expect(await dialog?.evaluate((element) => element.textContent)).toMatch(`Cancel ${count} upload`);
  await page.locator("portway-uploader >>> dialog .danger").click();
  await drawn(page);
  const after = (await rows(page)).map(({ words }) => words);
  expect(after.filter((words) => words === "Cancelled")).toHaveLength(count);
  expect(after.filter((words) => words !== "Cancelled")).toEqual(stays);
});

test("a file that is not the one that was begun is not taken for it", async ({ context }) => {
  const page = await shown(context, "leftovers");
  await pick(page, [await fileOf(1000, "other.bin")], "portway-uploader >>> .leftover input");
  const problem = await appears(page, ".problem:not(:empty)");
  const words = await problem?.evaluate((element) => element.textContent);
  expect(words).toMatch("That is another file. Choose Wedding, second camera.mov");
  expect(await rows(page)).toEqual([]);
});

test("a thousand files: some hundred rows, the others one press away, and a filter for those that failed", async ({
  context,
}) => {
  const page = await shown(context, "thousand");
  expect(await rows(page)).toHaveLength(200);
  await page.locator("portway-uploader >>> .more button").click();
  await drawn(page);
  expect(await rows(page)).toHaveLength(400);
  await page.locator("portway-uploader >>> .filters button:nth-child(3)").click();
  await drawn(page);
  expect((await rows(page)).map(({ words }) => words)).toEqual(Array.from({ length: 6 }, () => "No answer"));
});
