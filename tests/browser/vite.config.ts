import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const pages = ["index.html", "stories.html"]; // the client as it is written, with nothing around it; the element's states

export default defineConfig({
  root: "page",
  base: "./",
  resolve: { conditions: ["portway-source", "module", "browser", "development|production"] },
  worker: { format: "es" },
  build: {
    target: "es2022",
    emptyOutDir: true,
    rolldownOptions: { input: pages.map((name) => fileURLToPath(new URL(`page/${name}`, import.meta.url))) },
  },
});
