import {
  ChecksumMismatch,
  Ended,
  FileChanged,
  Forbidden,
  InvalidRequest,
  NotFound,
  Offline,
  PartRefused,
  type PortwayError,
  QuotaExceeded,
  RateLimited,
  Rejected,
  StateUnusable,
  Unauthorized,
  Unavailable,
  type UploadState,
} from "@portway/client";
import { describe, expect, test } from "vitest";
import { adviceOf, groupOf, lookOf } from "../src/element/look.js";
import { shown } from "./looks.js";

describe("every state has words, and buttons that make sense in it", () => {
  test.each<[UploadState, string, (string | null)[]]>([
    ["queued", "Waiting to start", [null, "cancel"]],
    ["preparing", "Preparing", ["pause", "cancel"]],
    ["sending", "Uploading", ["pause", "cancel"]],
    ["paused", "Paused", ["resume", "cancel"]],
    ["waiting", "Trying again soon", ["pause", "cancel"]],
    ["completing", "Finishing", [null, null]],
    ["checking", "Checking what is in it", [null, null]],
    ["done", "Ready", ["open", "remove"]],
    ["failed", "Failed", [null, "remove"]],
    ["cancelled", "Cancelled", ["again", "remove"]],
  ])("%s reads %s", (state, words, actions) => {
    const look = lookOf(shown(state), true);
    expect([look.words, look.actions]).toEqual([words, actions]);
  });

  test.each([
    ["network", "No connection, trying again"],
    ["server", "Trying again soon"],
    ["token", "Waiting for your sign-in"],
    ["tab", "Another tab is sending it"],
  ] as const)("who waits for the %s is told so", (waitingFor, words) => {
    expect(lookOf(shown("waiting", { waitingFor }), true).words).toBe(words);
  });

  test("who waits without a network is told so", () => {
    expect(lookOf(shown("waiting"), false).words).toBe("Waiting for the network");
    expect(lookOf(shown("sending"), false).words).toBe("Uploading");
  });
});

describe("facts", () => {
  test("while sending: how much of how much, how fast, how long", () => {
    const look = lookOf(shown("sending", { sent: 40e6, speed: 2e6 }), true, "photos/2024");
    expect(look.facts).toEqual(["40.0 of 100 MB", "30 s left", "2.0 MB/s", "photos/2024"]);
  });

  test("paused: how much, but no speed; otherwise the size", () => {
    expect(lookOf(shown("paused", { sent: 40e6, speed: 2e6 }), true).facts).toEqual(["40.0 of 100 MB"]);
    expect(lookOf(shown("done", { sent: 100e6 }), true).facts).toEqual(["100 MB"]);
    expect(lookOf(shown("sending"), true).facts).toEqual(["100 MB"]);
  });
});

const facts = { code: "x", detail: "What happened.", retryable: true };

describe("failures", () => {
  test.each<[PortwayError, string]>([
    [new InvalidRequest(facts), "Not accepted"],
    [new Unauthorized(facts), "Signed out"],
    [new Forbidden(facts), "Not allowed"],
    [new QuotaExceeded(facts), "No space left"],
    [new NotFound(facts), "Not found"],
    [new Ended(facts), "Expired"],
    [new FileChanged(facts), "The file has changed"],
    [new PartRefused(facts), "Refused by the storage"],
    [new ChecksumMismatch(facts), "Damaged on the way"],
    [new RateLimited(facts), "Too many at once"],
    [new Unavailable(facts), "No answer"],
    [new Offline(facts), "No network"],
    [new Unauthorized({ ...facts, code: "no_token" }), "Sign-in failed"],
    [new Unavailable({ ...facts, code: "no_api" }), "No upload service there"],
    [new Unavailable({ ...facts, code: "unreadable" }), "No answer that can be read"],
    [new StateUnusable(facts), "Failed"],
  ])("%s is told, with what happened and what to do", (error, words) => {
    const look = lookOf(shown("failed", { error }), true);
    expect([look.words, look.tone, look.actions[0]]).toEqual([words, "bad", "retry"]);
    expect(look.advice).toEqual(["What happened.", error.whatToDo]);
  });

  test.each([
    ["in_review", "Held for review", "warn"],
    ["infected", "Refused: malware", "bad"],
    ["rejected", "Refused", "bad"],
    ["not_scanned", "Not checked yet", "warn"],
    ["error", "Not checked yet", "warn"],
    ["parts_changed", "Changed on the way", "bad"],
    ["upload_gone", "Lost before it was stored", "bad"],
    ["something_new", "Failed", "bad"],
  ])("a rejection for %s reads %s", (reason, words, tone) => {
    const look = lookOf(shown("failed", { error: new Rejected({ ...facts, reason }) }), true);
    expect([look.words, look.tone]).toEqual([words, tone]);
  });
});

describe("advice", () => {
  test("what was found is said in its own words, each once, before what to do", () => {
    const finding = { code: "script", severity: "reject", words: "It holds a script." } as const;
    const error = new Rejected({ ...facts, reason: "rejected", findings: [finding, finding] });
    expect(adviceOf(error)).toEqual(["It holds a script.", error.whatToDo]);
  });

  test("every fault of a declaration is named", () => {
    const faults = [
      { field: "size", code: "too_large", message: "It is too large." },
      { field: "name", code: "hidden", message: "Its name is hidden." },
    ];
    expect(adviceOf(new InvalidRequest({ ...facts, faults }))).toEqual([
      "It is too large.",
      "Its name is hidden.",
      "Change what the message names, then add the file again.",
    ]);
  });

  test("what cannot succeed is not offered again", () => {
    const look = lookOf(shown("failed", { error: new Rejected({ code: "rejected", detail: "No." }) }), true);
    expect(look.actions).toEqual([null, "remove"]);
  });
});

test("the filters part what moves, what needs somebody and what is ready", () => {
  expect(
    (["paused", "checking", "failed", "done", "cancelled"] as const).map((state) => groupOf(shown(state))),
  ).toEqual(["moving", "moving", "attention", "ready", "other"]);
});
