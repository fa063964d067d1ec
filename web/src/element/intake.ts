/** How files become uploads: each once, with the category and metadata of the element, or those it was begun with. */

import type { AddOptions, ResumableUpload, Upload, Uploader } from "@portway/client";
import type { Announcer } from "./announcer.js";
import { leftoverOf } from "./leftover.js";
import { groupOf } from "./look.js";
import type { Pick, Picked } from "./sources.js";

/** What to declare of a file: the options of `uploader.add`. */
export type Declare = (file: File, folder: string) => AddOptions;

export class Intake {
  readonly #uploader: Uploader;
  readonly #declare: Declare;
  readonly #folders = new WeakMap<object, string>();

  constructor(uploader: Uploader, declare: Declare) {
    this.#uploader = uploader;
    this.#declare = declare;
  }

  /** The folder that the upload's file was in, `""` for none. */
  readonly folderOf = (upload: Upload): string => this.#folders.get(upload.file) ?? "";

  /** Adds what was picked, goes on with what was `kept`, and says which files were left out. */
  take(pick: Pick, kept: readonly ResumableUpload[], announcer: Announcer): void {
    const present = new Set(this.#uploader.uploads.filter(isStillWanted).map((upload) => this.#mark(upload)));
    for (const picked of pick.found) {
      const mark = markOf(picked.file, picked.folder);
      if (!present.has(mark)) this.#add(picked, kept);
      announcer.note(present.has(mark) ? "skipped" : "added", picked.file.name);
      present.add(mark);
    }
    for (let left = pick.unreadable; left > 0; left -= 1) announcer.note("unreadable", "1 file");
  }

  /** The file of a cancelled upload as a new one. */
  again(upload: Upload): void {
    if (!(upload.file instanceof File)) return;
    const picked = { file: upload.file, folder: this.folderOf(upload) };
    void this.#uploader.remove(upload);
    this.#add(picked, []);
  }

  #add({ file, folder }: Picked, kept: readonly ResumableUpload[]): void {
    this.#folders.set(file, folder);
    const begun = leftoverOf(kept, file);
    this.#uploader.add(file, begun ? optionsOf(begun) : this.#declare(file, folder));
  }

  #mark(upload: Upload): string {
    return upload.file instanceof File ? markOf(upload.file, this.folderOf(upload)) : upload.key;
  }
}

/** As it was begun: another category or other metadata would be another upload. */
function optionsOf({ category, metadata }: ResumableUpload): AddOptions {
  return category === undefined ? { metadata } : { category, metadata };
}

function isStillWanted(upload: Upload): boolean {
  return groupOf(upload) === "moving" || groupOf(upload) === "ready";
}

function markOf(file: File, folder: string): string {
  return JSON.stringify([folder, file.name, file.size, file.lastModified]);
}
