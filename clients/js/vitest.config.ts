import { defineConfig } from "vitest/config";

export default defineConfig({ test: { name: "clients/js", include: ["tests/**/*.test.ts"] } });
