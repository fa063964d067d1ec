/** The other ways in than the dialog: dropped and pasted, by events as browsers make them. */

import { expect } from "vitest";
import { publishedSha256 } from "../harness/api.js";
import { test } from "../harness/test.js";
import { opened, words } from "../harness/uploader.js";

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
    const row = await page.waitForSelector("portway-uploader >>> li.row .unseen");
    const called = (await row?.evaluate((element) => element.textContent)) ?? "";
    expect(called).toMatch(name);
    await page.waitForSelector("portway-uploader >>> li.row canvas");
    await expect.poll(() => words(page, called), IN_TIME).toBe("Ready");
    const id = await page.evaluate(
      () => document.querySelector<HTMLElement & { value: string[] }>("portway-uploader")?.value[0],
    );
    expect(await publishedSha256(id ?? "")).toBe(sent);
    expect(complaints).toEqual([]);
  });
