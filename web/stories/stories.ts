/** Every state that a person can see, as stories to look at and to check. */

import {
  InvalidRequest,
  QuotaExceeded,
  Rejected,
  type ResumableUpload,
  Unauthorized,
  Unavailable,
} from "@portway/client";
import type { Script } from "./scripted.js";

export interface Story {
  readonly scripts: readonly Script[];
  readonly leftovers?: ResumableUpload[];
  readonly isOffline?: boolean;
}

const MB = 1e6;
const film: Script = {
  name: "Wedding, second camera.mov",
  size: 4820 * MB,
  type: "video/quicktime",
  state: "sending",
  sent: 0.41,
  speed: 11.6 * MB,
};
const paper: Script = { name: "Quarterly report.pdf", size: 2.4 * MB, type: "application/pdf", state: "done" };
const sheet: Script = { name: "Budget 2027.xlsx", size: 0.38 * MB, type: "application/vnd.ms-excel", state: "done" };
const song: Script = {
  name: "Interview with the mayor.wav",
  size: 212 * MB,
  type: "audio/x-wav",
  state: "sending",
  sent: 0.83,
  speed: 4.2 * MB,
};
const photos: Script = { name: "Holiday photographs.zip", size: 731 * MB, type: "application/zip", state: "queued" };
const scan: Script = { name: "Scan 14.png", size: 1.9 * MB, type: "image/png", state: "checking" };

const inReview = new Rejected({
  code: "rejected",
  detail: "The file was not published.",
  reason: "in_review",
  findings: [
    { code: "macros", severity: "review", words: "The document holds macros, which run programs when it is opened." },
  ],
});
const refused = new Rejected({
  code: "rejected",
  detail: "The file was not published.",
  reason: "rejected",
  findings: [
    {
      code: "content_mismatch",
      severity: "reject",
      words: "It says that it is a picture (image/png), but its content is a web page.",
    },
    { code: "script", severity: "reject", words: "It holds a script." },
  ],
});
const tooLarge = new InvalidRequest({
  code: "invalid_request",
  detail: "The declaration breaks rules.",
  faults: [{ field: "size", code: "too_large", message: "Images may have at most 100 MiB; this one has 412 MiB." }],
});
const noAnswer = new Unavailable({
  code: "unavailable",
  detail: "The storage gave no good answer for five minutes.",
  retryable: true,
});
const full = new QuotaExceeded({ code: "quota_exceeded", detail: "Your 1 TiB of space are used up.", retryable: true });
const signedOut = new Unauthorized({
  code: "unauthorized",
  detail: "The server does not accept your sign-in any more.",
  retryable: true,
});

function leftover(name: string, size: number): ResumableUpload {
  const startedAt = new Date("2026-11-20T09:40:00");
  return {
    id: name,
    name,
    size,
    lastModified: null,
    category: undefined,
    metadata: {},
    startedAt,
    cancel: async () => {},
  };
}

const kinds: readonly Script[] = [film, song, photos, paper, sheet, scan];

export const STORIES: Readonly<Record<string, Story>> = {
  empty: { scripts: [] },
  uploading: { scripts: [film, song, { ...scan, state: "completing" }, photos, paper] },
  one: { scripts: [{ ...film, sent: 0.07 }] },
  paused: { scripts: [{ ...film, state: "paused" }, { ...song, state: "paused" }, paper] },
  offline: { scripts: [{ ...film, state: "waiting" }, { ...song, state: "waiting" }, photos, paper], isOffline: true },
  retrying: {
    scripts: [
      { ...film, state: "waiting" },
      { ...song, state: "waiting" },
    ],
  },
  checking: { scripts: [{ ...film, state: "checking", sent: 1 }, scan, paper, sheet] },
  ready: { scripts: [paper, sheet, { ...scan, state: "done" }] },
  attention: {
    scripts: [
      { name: "Application form.docm", size: 0.9 * MB, state: "failed", error: inReview },
      { name: "diagram.png", size: 0.1 * MB, type: "image/png", state: "failed", error: refused },
      { name: "Panorama.tiff", size: 432 * MB, type: "image/tiff", state: "failed", error: tooLarge },
      { ...song, state: "failed", error: noAnswer },
      { ...photos, state: "failed", error: full },
      { ...film, state: "failed", error: signedOut },
      { ...sheet, state: "cancelled" },
      paper,
    ],
  },
  leftovers: {
    scripts: [],
    leftovers: [leftover("Wedding, second camera.mov", 4820 * MB), leftover("Interview with the mayor.wav", 212 * MB)],
  },
  names: {
    scripts: [
      { ...paper, name: `${"A name that goes on and on ".repeat(8)}until the end, version 3 (final).pdf` },
      { ...paper, name: "تقرير الربع الثالث للسنة المالية الحالية مع جميع الملاحق.pdf", size: 9.1 * MB },
      { ...paper, name: "annual\u202efdp.exe" },
      { ...paper, name: "2026年度第三四半期決算報告書（改訂版）の写しとその附属資料一式、取締役会提出用.pdf" },
      { ...paper, name: "<img src=x onerror=alert(1)>.txt" },
      { ...paper, name: "x".repeat(255) },
    ],
  },
  thousand: {
    scripts: Array.from({ length: 1000 }, (_, index): Script => {
      const kind = kinds[index % kinds.length] ?? paper;
      const state = index < 400 ? "done" : index < 406 ? "sending" : index % 97 === 0 ? "failed" : "queued";
      return {
        ...kind,
        name: `IMG_${String(index).padStart(4, "0")} ${kind.name}`,
        state,
        ...(state === "failed" ? { error: noAnswer } : {}),
      };
    }),
  },
};
