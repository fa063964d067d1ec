/** What the uploader page asks of whom, besides what uploader.spec.ts shows. */

import { expect } from "vitest";
import { fileOf } from "../harness/files.js";
import { site } from "../harness/site.js";
import { test } from "../harness/test.js";
import { appears, choose, isSignedIn, opened, words } from "../harness/uploader.js";

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

test("the page signs in at the stack's own issuer with PKCE, and keeps no token where another page load finds it", async ({
  context,
}) => {
  const page = await context.newPage();
  const asked: { method: string; url: URL; bearer: string | undefined }[] = [];
  page.on("request", (request) => {
    const bearer = request.headers()["authorization"];
    asked.push({ method: request.method(), url: new URL(request.url()), bearer });
  });
  await page.goto(site.api);
  await isSignedIn(page);
  await choose(page, await fileOf(1000, "signed in.bin"));
  await expect.poll(() => words(page, "signed in.bin"), IN_TIME).toBe("Ready");
  const authorize = asked.find(({ url }) => url.pathname === "/oauth/authorize");
  expect(Object.fromEntries(authorize?.url.searchParams ?? [])).toMatchObject({
    response_type: "code",
    client_id: "portway-page",
    code_challenge_method: "S256",
  });
  const create = asked.find(({ method, url }) => method === "POST" && url.pathname === "/v1/uploads");
  expect(create?.bearer).toBe(`Bearer ${site.tokens.owner}`);
  expect(await page.evaluate(() => [location.search, sessionStorage.length, localStorage.length])).toEqual(["", 0, 0]);
  await page.reload(); // the token went with the page; the provider's answer brings another one
  await isSignedIn(page);
  expect(asked.filter(({ url }) => url.pathname === "/oauth/token")).toHaveLength(2);
});

test("what may not be uploaded at all is not sent, and the page says which rule it breaks", async ({ context }) => {
  const { page } = await opened(context);
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  await page.select(".choice select", "images");
  await choose(page, await fileOf(1000, "notes.txt"));
  await expect.poll(() => words(page, "notes.txt"), IN_TIME).toBe("Not accepted");
  const advice = await appears(page, ".advice");
  expect(await advice?.evaluate((shown) => shown.textContent)).toMatch(/^images takes/);
  expect(asked.filter((url) => url.startsWith(site.s3))).toEqual([]);
});
