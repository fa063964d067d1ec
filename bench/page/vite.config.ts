import { defineConfig } from "vite";

export default defineConfig({
  root: "page",
  base: "./",
  resolve: { conditions: ["portway-source", "module", "browser", "development|production"] },
  worker: { format: "es" },
  build: { target: "es2022", emptyOutDir: true },
});
