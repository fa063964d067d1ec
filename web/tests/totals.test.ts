import { Rejected, Unavailable } from "@portway/client";
import { describe, expect, test } from "vitest";
import type { Shown } from "../src/element/look.js";
import { totalsOf } from "../src/element/totals.js";
import { overall, shown } from "./looks.js";

const error = new Unavailable({ code: "unavailable", detail: "No answer.", retryable: true });
const held = new Rejected({ code: "rejected", detail: "Held.", reason: "in_review" });

function headline(uploads: Shown[], isOnline = true): string {
  return totalsOf(uploads, overall(0, 100), isOnline).headline;
}

function actions(...uploads: Shown[]): string[] {
  return totalsOf(uploads, overall(0, 100), true).actions.map(({ words }) => words);
}

describe("the headline", () => {
  test("says what goes on, the liveliest first, and how many are ready", () => {
    expect(headline([shown("sending"), shown("paused"), shown("done")])).toBe("Uploading: 1 of 3 files ready");
    expect(headline([shown("checking"), shown("done")])).toBe("Checking: 1 of 2 files ready");
    expect(headline([shown("waiting")])).toBe("Trying again soon: 0 of 1 file ready");
    const forToken = shown("waiting", { waitingFor: "token" });
    expect(headline([forToken, shown("paused")])).toBe("Waiting for your sign-in: 0 of 2 files ready");
    expect(headline([shown("paused"), shown("queued")])).toBe("Paused: 0 of 2 files ready");
    expect(headline([shown("queued")])).toBe("Waiting to start: 0 of 1 file ready");
  });

  test("says that the network is gone only where something needs it", () => {
    expect(headline([shown("sending")], false)).toBe("No network: 0 of 1 file ready");
    expect(headline([shown("done")], false)).toBe("1 file ready");
  });

  test("counts failures and files held apart, and no cancelled ones", () => {
    const uploads = [shown("done"), shown("failed", { error }), shown("failed", { error: held }), shown("cancelled")];
    expect(headline(uploads)).toBe("1 of 3 files ready, 1 failed, 1 held for review");
    expect(headline([shown("cancelled")])).toBe("Nothing is being uploaded");
  });
});

describe("the figures", () => {
  test("while sending: share, bytes, speed, time", () => {
    const { figures, percent, bar } = totalsOf([shown("sending")], overall(62e6, 100e6, 2e6), true);
    expect([figures, percent, bar]).toEqual(["62 % · 62.0 of 100 MB · 20 s left · 2.0 MB/s", 62, "moving"]);
  });

  test("at the end the size of all, and a whole bar only if everything is ready", () => {
    const ready = totalsOf([shown("done")], overall(100e6, 100e6), true);
    expect([ready.figures, ready.bar]).toEqual(["100 MB", "whole"]);
    expect(totalsOf([shown("done"), shown("failed", { error })], overall(100e6, 200e6), true).bar).toBe("still");
  });
});

describe("what can be done with all", () => {
  test("pause while something runs, resume when nothing does", () => {
    expect(actions(shown("sending"), shown("paused"))).toEqual(["Pause all", "Cancel all"]);
    expect(actions(shown("paused"), shown("done"))).toEqual(["Resume all", "Cancel all"]);
  });

  test("failures that can succeed are offered again, with their number", () => {
    expect(actions(shown("failed", { error }), shown("failed", { error: held }))).toEqual([
      "Try 1 again",
      "Clear finished",
    ]);
  });

  test("nothing, while the server is at work", () => {
    expect(actions(shown("checking"), shown("completing"))).toEqual([]);
  });
});
