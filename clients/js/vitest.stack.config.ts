import { defineConfig } from "vitest/config";

/** Against a running stack, which pytest starts: tests/javascript/test_stack.py. */
export default defineConfig({
  test: { name: "clients/js on a stack", include: ["stack/**/*.test.ts"], testTimeout: 120_000 },
});
