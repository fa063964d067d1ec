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

/** Without those that go on in this page already. One that the server never answered for has no id, and is known by its file. */
export function stillLeft<Each extends Kept & Pick<ResumableUpload, "id">>(
  leftovers: readonly Each[],
  uploads: readonly Pick<Upload, "id" | "name" | "size" | "file">[],
): Each[] {
  const goesOn = (kept: Each) =>
    uploads.some(({ id, name, size, file: { lastModified = 0 } }) =>
      kept.id ? id === kept.id : matchOf(kept, { name, size, lastModified }) === "same",
    );
  return leftovers.filter((kept) => !goesOn(kept));
}

/** What to say when the file chosen for `kept` is not it. */
export const WRONG_FILE: Record<Exclude<Match, "same">, (name: string) => string> = {
  changed: (name) =>
    `${name} was changed since it was begun, so it cannot go on. Discard this upload and add the file anew.`,
  other: (name) => `That is another file. Choose ${name}, as it was when the upload began.`,
};
