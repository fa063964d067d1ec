import { VERSION } from "@portway/client";
import { expect, test } from "vitest";
import { title } from "../src/title.js";

test("the page is built with the client of this repository, from its sources", () => {
  expect(title()).toBe(`Portway ${VERSION}`);
});
