/**
 * Builds and serves the page, opens it in Chromium with a file picked, and runs what it is told line by line:
 * `{"way": …, "sink": …, "part_size": …, "parallel": …}` in, `{"seconds": …}` or `{"error": …}` out. The first line out
 * holds the browser's process id.
 */
import { createInterface } from "node:readline";
import puppeteer from "puppeteer-core";
import { build, preview } from "vite";

const [file = "", outDir = ""] = process.argv.slice(2);
/** @param {object} line */
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

await build({ logLevel: "error", build: { outDir } });
const server = await preview({ build: { outDir }, preview: { host: "127.0.0.1", port: 0, strictPort: true } });
const browser = await puppeteer.launch({
  browser: "chrome",
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox"],
  protocolTimeout: 600_000,
  networkEnabled: false, // nobody looks at requests here, and looking costs
});
try {
  const page = await browser.newPage();
  await page.goto(server.resolvedUrls?.local[0] ?? "");
  await (await page.$("input#file"))?.uploadFile(file);
  say({ pid: browser.process()?.pid });
  for await (const line of createInterface({ input: process.stdin })) {
    const { way, sink, part_size, parallel } = JSON.parse(line);
    const run = page.evaluate((...task) => window.run(...task), way, sink, part_size, parallel);
    say(await run.then((seconds) => ({ seconds })).catch((error) => ({ error: String(error) })));
  }
} finally {
  await browser.close();
  await server.close();
}
