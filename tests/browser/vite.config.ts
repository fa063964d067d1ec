import { defineConfig } from "vite";

/** The bare page: the client as it is written, in its worker too, and nothing around it. */
export default defineConfig({
  root: "page",
  base: "./",
  resolve: { conditions: ["portway-source", "module", "browser", "development|production"] },
  worker: { format: "es" },
  build: { target: "es2022", emptyOutDir: true },
});
