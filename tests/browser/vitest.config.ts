import { defineConfig } from "vitest/config";

/** One browser, one test after the other: two cores also carry the stack. */
export default defineConfig({
  test: {
    name: process.env["PORTWAY_ENGINE"] ?? "browser",
    include: ["specs/**/*.spec.ts"],
    isolate: false,
    fileParallelism: false,
    maxWorkers: 1,
    testTimeout: 120_000,
    hookTimeout: 60_000,
  },
});
