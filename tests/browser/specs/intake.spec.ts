/** The other ways in than the dialog: dropped and pasted, by events as browsers make them; and folders. */

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "puppeteer-core";
import { expect } from "vitest";
import { publishedSha256 } from "../harness/api.js";
import { fileOf, sha256Of } from "../harness/files.js";
import { engine, folder } from "../harness/site.js";
import { pick, test } from "../harness/test.js";
import { appears, opened, words } from "../harness/uploader.js";

const IN_TIME = { timeout: 60_000 };

for (const [way, name] of [
  ["drop", /^dropped\.png$/],
  ["paste", /^Pasted .+\.png$/],
] as const)
  test(`a picture that comes by ${way} has a preview and becomes ready, with its bytes`, async ({ context }) => {
    const { page, complaints } = await opened(context);
    const sent = await page.evaluate(async (type) => {
      const canvas = Object.assign(document.createElement("canvas"), { width: 60, height: 40 });
      canvas.getContext("2d")?.fillRect(10, 10, 20, 20);
      const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
      if (!blob) throw new Error("nothing was drawn");
      const isDrop = type === "drop";
      const held = new DataTransfer();
      held.items.add(new File([blob], isDrop ? "dropped.png" : "image.png", { type: "image/png" }));
      const shape = { bubbles: true, cancelable: true, composed: true };
      const drop = () => new DragEvent("drop", { ...shape, dataTransfer: held });
      // Firefox makes no such event with files in it
      const paste = () => Object.defineProperty(new Event("paste", shape), "clipboardData", { value: held });
      document.body.dispatchEvent(isDrop ? drop() : paste());
      const digest = await crypto.subtle.digest("SHA-256", await blob.arrayBuffer());
      return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
    }, way);
    const row = await appears(page, "li.row .unseen");
    const called = (await row?.evaluate((element) => element.textContent)) ?? "";
    expect(called).toMatch(name);
    await appears(page, "li.row canvas");
    await expect.poll(() => words(page, called), IN_TIME).toBe("Ready");
    const id = await page.evaluate(
      () => document.querySelector<HTMLElement & { value: string[] }>("portway-uploader")?.value[0],
    );
    expect(await publishedSha256(id ?? "")).toBe(sent);
    expect(complaints).toEqual([]);
  });

/** A folder with a folder in it, an empty file, names that nobody expects, and what systems leave behind. Its path. */
async function holiday(): Promise<string> {
  const root = join(folder, "holiday");
  await mkdir(join(root, "day 1", "empty"), { recursive: true });
  for (const path of SENT) await fileOf(SIZES[path] ?? 0, join("holiday", path));
  for (const path of [".DS_Store", "day 1/Thumbs.db"]) await writeFile(join(root, path), "litter");
  return root;
}

const SIZES: Record<string, number> = {
  "readme.txt": 10,
  "day 1/beach.bin": 200_000,
  "day 1/nothing.txt": 0,
  "day 1/100 % 日本 #?&'é.txt": 30,
};
const SENT = Object.keys(SIZES);

/** Drag what is at a path on the disk over the page, and let it go. */
async function dropPath(page: Page, path: string): Promise<void> {
  const devtools = await page.createCDPSession();
  const data = { items: [], files: [path], dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"] as const)
    await devtools.send("Input.dispatchDragEvent", { type, x: 200, y: 200, data });
  await devtools.detach();
}

/** The element, as far as these tests ask it. */
type Uploader = HTMLElement & {
  declare: (file: File, folder: string) => object;
  uploader: { uploads: { name: string; metadata: Record<string, string>; id: string | null }[] };
};

/** The ids of what is ready, by path in the folder. */
function ready(page: Page): Promise<Record<string, string>> {
  return page.evaluate(() => {
    const uploads = document.querySelector<Uploader>("portway-uploader")?.uploader.uploads ?? [];
    return Object.fromEntries(uploads.map(({ name, metadata, id }) => [`${metadata["folder"]}/${name}`, id ?? ""]));
  });
}

/** Firefox takes folders from nobody but a person: WebDriver BiDi refuses them ("Is directory"), and knows no drag of files. */
const FOLDER_WAYS: Record<string, (page: Page, path: string) => Promise<void>> = {
  "is dropped": dropPath,
  "is chosen": (page, path) => pick(page, [path], "portway-uploader >>> .drop input[webkitdirectory]"),
};

for (const [way, give] of Object.entries(engine === "chromium" ? FOLDER_WAYS : {}))
  test(`a folder that ${way} is sent with the folders in it, empty files too, and without litter`, async ({
    context,
  }) => {
    const { page, complaints } = await opened(context);
    await page.evaluate(() => {
      const element = document.querySelector<Uploader>("portway-uploader");
      if (element) element.declare = (_, folder) => ({ category: "anything", metadata: { folder } });
    });
    const path = await holiday();
    await give(page, path);
    for (const sent of SENT) await expect.poll(() => words(page, sent.split("/").at(-1) ?? ""), IN_TIME).toBe("Ready");
    const found = await ready(page);
    expect(Object.keys(found).sort()).toEqual(SENT.map((sent) => `holiday/${sent}`).sort());
    for (const sent of SENT)
      expect(await publishedSha256(found[`holiday/${sent}`] ?? "")).toBe(await sha256Of(join(path, sent)));
    expect(complaints).toEqual([]);
  });
