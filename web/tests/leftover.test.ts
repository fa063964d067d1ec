import { describe, expect, test } from "vitest";
import { leftoverOf, matchOf, stillLeft } from "../src/element/leftover.js";

const kept = { id: "A", name: "holiday.mov", size: 300, lastModified: 1_700_000_000_000 };

describe("an upload begun earlier goes on with its own file only", () => {
  test.each([
    ["the same name, size and time", { ...kept }, "same"],
    ["another size", { ...kept, size: 301 }, "changed"],
    ["a later change", { ...kept, lastModified: 1_700_000_000_001 }, "changed"],
    ["another name", { ...kept, name: "holiday (1).mov" }, "other"],
  ] as const)("%s: %#", (_, chosen, match) => {
    expect(matchOf(kept, chosen)).toBe(match);
  });

  test("where the time was not kept, name and size decide", () => {
    expect(matchOf({ ...kept, lastModified: null }, kept)).toBe("same");
  });

  test("a dropped file finds its own among several", () => {
    const second = { ...kept, id: "B", name: "interview.wav" };
    expect(leftoverOf([kept, second], { ...second, lastModified: kept.lastModified })).toBe(second);
    expect(leftoverOf([kept, second], { ...kept, size: 1 })).toBeUndefined();
  });
});

test("what goes on already is not offered again, also where the server never answered and gave no id", () => {
  const file = { size: 300, lastModified: kept.lastModified, slice: () => new Blob() };
  const upload = (id: string | null) => ({ id, name: "holiday.mov", size: 300, file });
  expect(stillLeft([kept, { ...kept, id: "B" }], [upload("A"), upload(null)]).map(({ id }) => id)).toEqual(["B"]);
  const unanswered = { ...kept, id: "" };
  expect(stillLeft([unanswered], [upload("C")])).toEqual([]);
  expect(stillLeft([unanswered], [{ ...upload("C"), name: "another.mov" }])).toEqual([unanswered]);
});
