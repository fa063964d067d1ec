import { expect } from "vitest";
import { ask, publishedSha256, upload } from "../harness/api.js";
import { fileOf, sha256Of } from "../harness/files.js";
import { pageUrl, site } from "../harness/site.js";
import { pick, tab, test } from "../harness/test.js";

for (const way of ["byFetch", "byXhr"] as const) {
  test(`a page of an allowed origin sends ${way} and reads what S3 answers`, async ({ page }) => {
    const path = await fileOf(300_000, `bare ${way}.bin`);
    await pick(page, [path]);
    const created = await page.evaluate((api, token) => window.bare.create(api, token), site.api, site.tokens.owner);
    const [part] = created.parts;
    if (!part) throw new Error("nothing was signed");
    const put = await page.evaluate((signed, how) => window.bare[how](signed), part, way);
    expect(put.status).toBe(200);
    expect(put.headers["etag"]).toMatch(/^"[0-9a-f]{32}"$/);
    expect(put.headers["x-amz-checksum-crc64nvme"]).toMatch(/^[\w+/]{11}=$/);
    expect(put.told).toBe(way === "byXhr" ? 300_000 : 0);
    await ask("POST", `/v1/uploads/${created.id}/complete`, {});
    await expect.poll(async () => (await upload(created.id)).status, { timeout: 20_000 }).toBe("completed");
    expect(await publishedSha256(created.id)).toBe(await sha256Of(path));
  });
}

test("a page of another origin can neither ask the API nor send to S3", async ({ context, page }) => {
  await pick(page, [await fileOf(1000, "mine.bin")]);
  const created = await page.evaluate((api, token) => window.bare.create(api, token), site.api, site.tokens.owner);
  const [part] = created.parts;
  if (!part) throw new Error("nothing was signed");
  const stranger = await tab(context, pageUrl.replace("127.0.0.1", "localhost"));
  await pick(stranger, [await fileOf(1000, "theirs.bin")]);
  const asking = stranger.evaluate((api, token) => window.bare.create(api, token), site.api, site.tokens.owner);
  await expect(asking).rejects.toThrow();
  await expect(stranger.evaluate((signed) => window.bare.byFetch(signed), part)).rejects.toThrow();
  await expect(stranger.evaluate((signed) => window.bare.byXhr(signed), part)).rejects.toThrow(
    "nothing that may be read",
  );
  expect((await upload(created.id)).bytes_stored).toBe(0);
  await ask("DELETE", `/v1/uploads/${created.id}`);
});
