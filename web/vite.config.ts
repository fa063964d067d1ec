import { defineConfig } from "vitest/config";

const sources = "portway-source"; // the client as it is written, not as it was last built

export default defineConfig({
  base: "./",
  resolve: { conditions: [sources, "module", "browser", "development|production"] },
  ssr: { resolve: { conditions: [sources, "module", "node", "development|production"] } },
  worker: { format: "es", rolldownOptions: { output: { entryFileNames: "portway-worker.js" } } },
  build: {
    target: "es2022",
    assetsInlineLimit: 0, // nothing inline: the page's policy forbids data: and inline code
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: { page: "index.html", "portway-uploader": "src/portway-uploader.ts" },
      preserveEntrySignatures: "allow-extension",
      // other pages name the element's file, so it has a name that stays; the page imports the same file
      output: {
        entryFileNames: (chunk) => (chunk.name === "portway-uploader" ? "[name].js" : "assets/[name]-[hash].js"),
      },
    },
  },
  test: { name: "web", include: ["tests/**/*.test.ts"] },
});
