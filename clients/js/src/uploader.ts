import type { Uploader, UploaderOptions } from "./types.js";

/** Begins nothing: files are sent once they are added. Throws TypeError when an option makes no sense. */
export function createUploader(options: UploaderOptions): Uploader {
  throw new TypeError(`not written yet: nothing is sent to ${options.endpoint}`);
}
