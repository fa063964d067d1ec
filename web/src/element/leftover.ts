/** Uploads that an earlier page load began: which file belongs to which of them. Pure. */

import type { ResumableUpload, Upload } from "@portway/client";

type Kept = Pick<ResumableUpload, "name" | "size" | "lastModified">;
type Chosen = Pick<File, "name" | "size" | "lastModified">;

/** `same`; `changed`: its name, but other bytes or a later change; `other`: not it. */
export type Match = "same" | "changed" | "other";

export function matchOf(kept: Kept, chosen: Chosen): Match {
  if (kept.name !== chosen.name) return "other";
  const isUntouched = kept.lastModified === null || kept.lastModified === chosen.lastModified;
  return kept.size === chosen.size && isUntouched ? "same" : "changed";
}

/** The one that this file goes on with, if any. */
export function leftoverOf<Each extends Kept>(leftovers: readonly Each[], chosen: Chosen): Each | undefined {
  return leftovers.find((kept) => matchOf(kept, chosen) === "same");
}

/** Without those that go on in this page already. */
export function stillLeft<Each extends Pick<ResumableUpload, "id">>(
  leftovers: readonly Each[],
  uploads: readonly Pick<Upload, "id">[],
): Each[] {
  const running = new Set(uploads.map(({ id }) => id));
  return leftovers.filter(({ id }) => !running.has(id));
}

/** What to say when the file chosen for `kept` is not it. */
export const WRONG_FILE: Record<Exclude<Match, "same">, (name: string) => string> = {
  changed: (name) =>
    `${name} was changed since it was begun, so it cannot go on. Discard this upload and add the file anew.`,
  other: (name) => `That is another file. Choose ${name}, as it was when the upload began.`,
};
