/** The element in somebody else's page, as examples/embed has it: script tags, a form, no bundler, another origin. */

import { mkdir, writeFile } from "node:fs/promises";
import { expect } from "vitest";
import { publishedSha256, upload } from "../harness/api.js";
import { sha256Of } from "../harness/files.js";
import { folder, pageUrl } from "../harness/site.js";
import { pick, tab, test } from "../harness/test.js";

const CHOOSE = "portway-uploader >>> .drop input[type=file]";

test("the example of docs and README works, and its form sends the id of what is ready", async ({ context }) => {
  await mkdir(folder, { recursive: true });
  const path = `${folder}/letter.txt`;
  await writeFile(path, "Dear reader,\nthis is a letter.\n");
  const page = await tab(context, `${pageUrl}examples/embed/`);
  await pick(page, [path], CHOOSE);
  const said = () => page.evaluate(() => document.querySelector("output")?.textContent ?? "");
  await expect.poll(said, { timeout: 30_000 }).toMatch(/^letter\.txt is file \w{26}\n$/);
  const [id = ""] = /\w{26}/.exec(await said()) ?? [];
  expect(await publishedSha256(id)).toBe(await sha256Of(path));
  expect(await upload(id)).toMatchObject({ category: "documents" });
  await page.locator("form > button").click();
  await expect.poll(said).toContain(`would be sent: who=&attachments=${id}`);
});
