/** What a page pays for `createUploader` and all it needs: minified and gzipped, against a budget. `node checks/size.mjs`; exit 1 when over. */
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";

const BUDGET = 12_000;
const WORKER_BUDGET = 1_500;

async function sizeOf(input) {
  const bundle = await rolldown({ input, resolve: { extensionAlias: { ".js": [".ts", ".js"] } }, logLevel: "silent" });
  const { output } = await bundle.generate({ format: "esm", minify: true, comments: false }); // as an app is built
  return output.reduce((sum, chunk) => sum + gzipSync(chunk.code, { level: 9 }).length, 0);
}

for (const [name, entry, budget] of [
  ["core", "checks/page.ts", BUDGET],
  ["worker", "src/world/worker.ts", WORKER_BUDGET],
]) {
  const size = await sizeOf(entry);
  process.stdout.write(`@portway/client ${name}: ${size} of ${budget} bytes, minified and gzipped\n`);
  if (size > budget) process.exitCode = 1;
}
