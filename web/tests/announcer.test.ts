import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Announcer, announcement, type Happening } from "../src/element/announcer.js";

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

describe("how often", () => {
  let heard: string[];
  let announcer: Announcer;

  beforeEach(() => {
    vi.useFakeTimers();
    heard = [];
    announcer = new Announcer((words) => heard.push(words));
  });
  afterEach(() => void vi.useRealTimers());

  test("a file that gets ready every second is told of every ten seconds, with all the others", () => {
    for (let second = 0; second < 60; second += 1) {
      announcer.note("ready", `${second}.png`);
      vi.advanceTimersByTime(1000);
    }
    expect(heard).toEqual(["2 files ready.", ...Array.from({ length: 5 }, () => "10 files ready.")]);
  });

  test("what a person does is answered soon, however much happens besides", () => {
    announcer.note("ready", "a");
    vi.advanceTimersByTime(1200);
    announcer.note("ready", "b");
    announcer.note("added", "c");
    vi.advanceTimersByTime(1200);
    expect(heard).toEqual(["a ready.", "c added. b ready."]);
  });

  test("the first file that gets ready need not wait", () => {
    announcer.note("added", "a");
    vi.advanceTimersByTime(3000);
    announcer.note("ready", "a");
    vi.advanceTimersByTime(1200);
    expect(heard).toEqual(["a added.", "a ready."]);
  });

  test("news go after a while", () => {
    announcer.note("added", "a");
    vi.advanceTimersByTime(13_200);
    expect(heard).toEqual(["a added.", ""]);
  });
});
