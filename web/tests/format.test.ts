import { describe, expect, test } from "vitest";
import {
  countInWords,
  headAndTail,
  leftInWords,
  percentOf,
  sentInWords,
  shownName,
  sizeInWords,
  speedInWords,
} from "../src/element/format.js";

describe("sizes", () => {
  test.each([
    [0, "0 bytes"],
    [1, "1 byte"],
    [999, "999 bytes"],
    [1000, "1.0 kB"],
    [12_345_678, "12.3 MB"],
    [99_949_999, "99.9 MB"],
    [99_950_000, "100 MB"],
    [999_499_999, "999 MB"],
    [999_500_000, "1.0 GB"],
    [5e15, "5000 TB"],
  ])("%d bytes are read as %s", (bytes, words) => {
    expect(sizeInWords(bytes)).toBe(words);
  });

  test("what was sent is compared with the whole until all of it was", () => {
    expect(sentInWords(62e6, 300e6)).toBe("62.0 of 300 MB");
    expect(sentInWords(900e3, 3e9)).toBe("900 kB of 3.0 GB");
    expect(sentInWords(4.82e9, 4.84e9)).toBe("4.8 GB");
    expect(sentInWords(0, 12)).toBe("0 of 12 bytes");
    expect(sentInWords(300e6, 300e6)).toBe("300 MB");
    expect(sentInWords(62e6, null)).toBe("62.0 MB");
  });

  test("a speed that is not known is not shown", () => {
    expect(speedInWords(11_640_000)).toBe("11.6 MB/s");
    expect([null, 0, 0.4].map(speedInWords)).toEqual(["", "", ""]);
  });
});

describe("time left", () => {
  test.each([
    [0, "a few seconds left"],
    [4.9, "a few seconds left"],
    [6, "5 s left"],
    [57.4, "55 s left"],
    [58, "1 min left"],
    [3569, "59 min left"],
    [3570, "1 h left"],
    [3660, "1 h 1 min left"],
    [86_369, "23 h 59 min left"],
    [86_370, "1 day left"],
    [200_000, "2 days left"],
  ])("%d seconds are read as %s, in steps that do not flicker", (seconds, words) => {
    expect(leftInWords(seconds)).toBe(words);
  });

  test("unknown or endless, it is left out", () => {
    expect([null, Number.POSITIVE_INFINITY, Number.NaN].map(leftInWords)).toEqual(["", "", ""]);
  });
});

test("a hundred per cent means that everything was sent", () => {
  expect(percentOf(999, 1000)).toBe(99);
  expect(percentOf(1000, 1000)).toBe(100);
  expect(percentOf(0, 0)).toBe(100);
  expect(percentOf(5, null)).toBeNull();
});

test("counts have their noun and their commas", () => {
  expect([countInWords(1), countInWords(0), countInWords(1000, "upload")]).toEqual([
    "1 file",
    "0 files",
    "1,000 uploads",
  ]);
});

describe("names", () => {
  test("nothing in a name turns or hides what stands beside it", () => {
    expect(shownName("annual\u202efdp.exe")).toBe("annual\ufffdfdp.exe");
    expect(shownName("a\u0000b\u2066c\nd")).toBe("a\ufffdb\ufffdc\ufffdd");
    expect(shownName("تقرير é 報告 👩‍👩‍👧.pdf")).toBe("تقرير é 報告 👩‍👩‍👧.pdf");
  });

  test("the extension stays in sight, however long the name", () => {
    expect(headAndTail("report.pdf")).toEqual(["report.pdf", ""]);
    const [head, tail] = headAndTail("Minutes of the meeting, final version.docx");
    expect(tail).toBe("sion.docx");
    expect(head + tail).toBe("Minutes of the meeting, final version.docx");
  });

  test("a name without an extension, or with an absurd one, keeps its last ten signs", () => {
    expect(headAndTail("x".repeat(40))[1]).toBe("x".repeat(10));
    expect(headAndTail(`a.${"y".repeat(40)}`)[1]).toBe("y".repeat(10));
  });

  test("signs made of several characters are not cut in two", () => {
    const family = "👩‍👩‍👧";
    const [head, tail] = headAndTail(family.repeat(30));
    expect([head.length % family.length, tail.length % family.length]).toEqual([0, 0]);
  });
});
