/**
 * The public API as TypeScript declares it, in docs/api/client-js.md.
 *
 * `node checks/report.mjs` exits 1 when the document differs from the code; with `--write` it is written.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const ROOT = join(import.meta.dirname, "..");
const TSC = join(ROOT, "../../node_modules/typescript/bin/tsc");
const REPORT = join(ROOT, "../../docs/api/client-js.md");
const ENTRIES = {
  "@portway/client": "index",
  "@portway/client/node": "node",
  "@portway/client/testing": "testing/index",
};
const HEAD = `# The API of the browser client

Generated from clients/js/src by \`npm run report -w clients/js\`; a difference fails \`make check\`. How to use it:
[docs/clients/js.md](../clients/js.md).
`;

/** Every module whose declarations an entry hands on, itself first. */
function modulesOf(folder, entry) {
  const text = readFileSync(join(folder, `${entry}.d.ts`), "utf8");
  const handedOn = [...text.matchAll(/^export .* from "(.+)\.js";$/gm)].map(([, path]) => join(dirname(entry), path));
  return [entry, ...new Set(handedOn)];
}

/** Without what no user can name: imports, private members, hand-ons. */
function publicPart(text) {
  return text
    .replaceAll(/^(import .*|export .* from .*|export \{\};|\/\/# .*|\/\/\/ .*)\n?/gm, "")
    .replaceAll(/^ {4}(#private|private .*);\n/gm, "")
    .trim();
}

function report(folder) {
  const sections = Object.entries(ENTRIES).map(([name, entry]) => {
    const parts = modulesOf(folder, entry).map((path) =>
      publicPart(readFileSync(join(folder, `${path}.d.ts`), "utf8")),
    );
    return `\n## ${name}\n\n\`\`\`ts\n${parts.filter(Boolean).join("\n\n")}\n\`\`\`\n`;
  });
  return HEAD + sections.join("");
}

const folder = mkdtempSync(join(tmpdir(), "portway-api-"));
try {
  const options = ["-p", "tsconfig.build.json", "--emitDeclarationOnly", "--sourceMap", "false", "--outDir", folder];
  execFileSync(process.execPath, [TSC, ...options], { cwd: ROOT, stdio: ["ignore", "inherit", "inherit"] });
  const now = report(folder);
  if (process.argv.includes("--write")) writeFileSync(REPORT, now);
  else if (now !== readFileSync(REPORT, "utf8")) {
    process.stderr.write("docs/api/client-js.md is not what the code declares: npm run report -w clients/js\n");
    process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true });
}
