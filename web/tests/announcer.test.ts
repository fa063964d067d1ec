import { expect, test } from "vitest";
import { announcement, type Happening } from "../src/element/announcer.js";

function said(...happened: [Happening, string[]][]): string {
  return announcement(new Map(happened));
}

test("one file is called by its name, several are counted", () => {
  expect(said(["ready", ["holiday.mov"]])).toBe("holiday.mov ready.");
  expect(said(["ready", ["a", "b", "c"]])).toBe("3 files ready.");
});

test("what happened together is one announcement, in an order that does not change", () => {
  expect(said(["failed", ["x.zip"]], ["added", ["a", "b"]], ["held", ["form.docm"]])).toBe(
    "2 files added. form.docm held for review. x.zip failed.",
  );
});

test("a name cannot turn the sentence around", () => {
  expect(said(["added", ["a\u202eb"]])).toBe("a\ufffdb added.");
});
