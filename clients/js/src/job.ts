/**
 * What the steps of one upload share.
 * @module
 */
import type { Api, Caller } from "./api.js";
import { FileChanged } from "./errors.js";
import type { Lanes } from "./lanes.js";
import type { Meter } from "./meter.js";
import type { Pace, PartTime } from "./pace.js";
import { bounds, type Layout } from "./plan.js";
import type { Algorithm, Seams, StoredUpload } from "./seams.js";
import type { FileSource, UploaderOptions, UploadState, Warning } from "./types.js";
import type { Signed } from "./wire.js";

/** What all uploads of an uploader share. */
export interface Kit {
  /** Nothing begins any more. */
  isClosed: boolean;
  readonly options: UploaderOptions;
  readonly seams: Seams;
  readonly api: Api;
  /** Parts on their way, over all files. */
  readonly lanes: Lanes;
  /** Files being prepared or sent. */
  readonly doors: Lanes;
  readonly pace: Pace;
  readonly partTime: PartTime;
}

/** One run of an upload, from a start to its end, a pause or an error. */
export interface Job extends Caller {
  readonly kit: Kit;
  readonly file: FileSource;
  readonly name: string;
  readonly contentType: string;
  readonly category: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  readonly meter: Meter;
  /** Of the parts that were hashed or listed, by number; kept over pauses. */
  readonly checksums: Map<number, string>;
  readonly record: StoredUpload;
  enter(state: UploadState): void;
  /** Something moved. */
  moved(): void;
  warn(warning: Warning): void;
  /** From now on `record`, also after a reload. */
  remember(record: StoredUpload): Promise<unknown>;
}

/** An upload that the server has open. */
export interface Open {
  readonly id: string;
  readonly layout: Layout;
  /** Not for a file in one PUT, whose event completes it, nor for one that is complete already. */
  readonly needsComplete: boolean;
  /** null: nothing is hashed. */
  readonly algorithm: Algorithm | null;
  readonly missing: readonly number[];
  readonly signed: Signed | null;
}

/** Raised where only the server can say how an upload stands; it says the same of what is not open any more. */
export class LookAgain extends Error {
  readonly code = "wrong_state";
}

/** What to do when reading the file of this name fails. */
export function unreadable(name: string): (cause: unknown) => never {
  return (cause) => {
    throw new FileChanged({ code: "unreadable", detail: `${name} cannot be read any more.`, cause });
  };
}

/** Checksum of some bytes of the file. Rejects with FileChanged when they cannot be read. */
export function hashed(job: Job, start: number, end: number, algorithm: Algorithm): Promise<string> {
  const { file, name, kit, signal } = job;
  return kit.seams.hasher.checksum(file, start, end, algorithm, signal).catch(unreadable(name));
}

/** Of one part, read now unless it was before; "" where nothing is hashed. */
export async function partChecksum(job: Job, { algorithm, layout }: Open, number: number): Promise<string> {
  const known = job.checksums.get(number);
  if (known !== undefined || !algorithm) return known ?? "";
  const checksum = await hashed(job, ...bounds(layout, number), algorithm);
  job.checksums.set(number, checksum);
  return checksum;
}
