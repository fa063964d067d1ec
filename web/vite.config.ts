import { defineConfig } from "vitest/config";

const sources = "portway-source"; // the client as it is written, not as it was last built

export default defineConfig({
  base: "./",
  resolve: { conditions: [sources, "module", "browser", "development|production"] },
  ssr: { resolve: { conditions: [sources, "module", "node", "development|production"] } },
  build: { target: "es2022", assetsInlineLimit: 0 }, // nothing inline: the page's policy forbids data: and inline code
  test: { name: "web", include: ["tests/**/*.test.ts"] },
});
