import { expect, test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import { VERSION } from "../src/index.js";

test("the client says the version of its package", () => {
  expect(VERSION).toBe(manifest.version);
});
