/**
 * The public face of the SDK: everything that a page sees, as types. Sizes are bytes, times are Dates.
 * @module
 */
import type { PortwayError } from "./errors.js";
import type { Seams } from "./seams.js";

/** A bearer token of your issuer, or how to get one. A function is asked again when the token ends and after a 401. */
export type Token = string | (() => TokenAnswer | Promise<TokenAnswer>);
/** A token, and when it ends if that is known: then the next one is asked for a minute before. */
export type TokenAnswer = string | { token: string; expiresAt?: Date | string };

/** Checksum of each part, bound into its URL, and of the whole file. `auto` is what hashes fastest; `none` leaves the
 * bytes to TCP and TLS, and to the length that S3 checks. */
export type ChecksumChoice = "auto" | "crc64nvme" | "crc32c" | "none";

export interface UploaderOptions {
  /** Where the API is, without `/v1`. */
  endpoint: string;
  token: Token;
  /** How many parts are sent at once, over all files. 6. */
  parallel?: number;
  /** Send fewer at once when S3 says SlowDown or nothing comes back, and slowly more again. true. */
  adaptive?: boolean;
  checksum?: ChecksumChoice;
  /** Bytes of a part, 5 MiB to 5 GiB. By default the server decides. */
  partSize?: number;
  /** How often one part or call is tried again before it draws on what the whole upload may lose. 3. */
  retries?: number;
  /** How long to wait without a network before the error `offline`. By default for ever. */
  offlineSeconds?: number;
  /** Other homes for what touches the world; for tests and unusual places. */
  seams?: Partial<Seams>;
}

/** What can be read in slices: a Blob or File is one; `@portway/client/node` makes one of a path. */
export interface FileSource {
  readonly size: number;
  readonly name?: string;
  /** Media type, "" when unknown. */
  readonly type?: string;
  /** Milliseconds since 1970, as File has it. */
  readonly lastModified?: number;
  /** Bytes `start` to `end`, without the one at `end`. Reading it fails when the file has changed since. */
  slice(start: number, end: number): Blob;
}

export interface AddOptions {
  /** Which policy applies; by default the one that the server calls default. */
  category?: string;
  metadata?: Record<string, string>;
  /** Instead of the file's own name. */
  name?: string;
  /** Instead of the file's own type. */
  contentType?: string;
  /** Begin at once. true. */
  start?: boolean;
}

/**
 * `queued`: not begun; waits for `start()` or its turn. `preparing`: declared to the server, or looked up.
 * `waiting`: `progress.waitingFor` says what for.
 * `completing`: S3 puts it together. `checking`: the server looks at what is in it.
 */
export type UploadState =
  | "queued"
  | "preparing"
  | "sending"
  | "paused"
  | "waiting"
  | "completing"
  | "checking"
  | "done"
  | "failed"
  | "cancelled";

/**
 * What is waited for. `network`: that anything answers at all. `server`: API or storage asked to wait, or gave no good
 * answer. `token`: the function that gives one. `tab`: another tab that sends the same file.
 */
export type WaitReason = "network" | "server" | "token" | "tab";

export interface Progress {
  state: UploadState;
  /** null unless the state is `waiting`. */
  waitingFor: WaitReason | null;
  /** Sent so far, the parts on their way included. */
  bytes: number;
  total: number;
  partsDone: number;
  /** null before the server said into how many parts. */
  parts: number | null;
  /** Bytes a second over the last seconds; null when nothing is being sent. */
  speed: number | null;
  secondsLeft: number | null;
}

/** Over all uploads of an uploader that were not cancelled. */
export interface OverallProgress {
  bytes: number;
  total: number;
  files: number;
  filesDone: number;
  filesFailed: number;
  speed: number | null;
  secondsLeft: number | null;
}

/** Something that is odd but stops nothing. */
export interface Warning {
  code: string;
  detail: string;
  /** The field of the request it is about, if the server said so. */
  field?: string;
}

export interface UploadEvents {
  progress: Progress;
  state: UploadState;
  error: PortwayError;
  warning: Warning;
}

export interface UploaderEvents {
  add: Upload;
  remove: Upload;
  progress: OverallProgress;
  /** An upload has another state. */
  state: Upload;
  error: { upload: Upload; error: PortwayError };
}

/** Stops the listening; calling it twice is fine. */
export type Off = () => void;

/** One file on its way. Everything here can be called in every state; what makes no sense there does nothing. */
export interface Upload {
  /** Of this object, unique in this uploader. */
  readonly key: string;
  /** Of the upload at the server, once it has one; then also of its file. */
  readonly id: string | null;
  readonly file: FileSource;
  readonly name: string;
  readonly size: number;
  readonly contentType: string;
  readonly category: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  readonly state: UploadState;
  readonly progress: Progress;
  /** What it failed of, or that it was cancelled; null in every other state. */
  readonly error: PortwayError | null;
  /** The published file, once it is done. */
  readonly published: PublishedFile | null;
  /** Fulfilled when the file is published; rejected with a PortwayError when this try failed or was cancelled, or the
   * uploader was closed. A rejection that nobody waits for is silent. `retry()` begins another promise. */
  readonly done: Promise<PublishedFile>;
  start(): void;
  /** Stop sending; what S3 has stays. Nothing while the server is at work. */
  pause(): void;
  resume(): void;
  /** Give up, at once: the parts are removed from S3 as soon as the server can be told. Resolves when it knows, or after
   * half a minute. Nothing while it is `checking`: the server has all of it then, and the file may be published. While
   * another tab sends it only this one leaves. */
  cancel(): Promise<void>;
  /** After a failure: go on where that is possible, else begin anew. */
  retry(): void;
  on<Type extends keyof UploadEvents>(type: Type, listener: (event: UploadEvents[Type]) => void): Off;
}

export interface Uploader {
  /** As of now: another array each time, which nothing changes afterwards. */
  readonly uploads: readonly Upload[];
  readonly progress: OverallProgress;
  /** A file that was begun in an earlier page load is recognised and goes on where it was. Throws when the uploader is
   * closed. */
  add(file: Blob | FileSource, options?: AddOptions): Upload;
  /** Take an upload out of the list; one that runs is cancelled. */
  remove(upload: Upload): Promise<void>;
  pauseAll(): void;
  resumeAll(): void;
  cancelAll(): Promise<void>;
  /** What was begun here, also before a reload, that still lacks bytes and that no tab sends now: pick the file again and
   * `add` it to go on. Listed, too, is what the server could say nothing of for half a minute. */
  resumable(): Promise<ResumableUpload[]>;
  file(id: string): Promise<PublishedFile>;
  /** A signed URL that downloads a published file, or what was made of it (`thumbnail-256.webp`). */
  downloadUrl(id: string, result?: string): Promise<DownloadUrl>;
  on<Type extends keyof UploaderEvents>(type: Type, listener: (event: UploaderEvents[Type]) => void): Off;
  /** For good: stops everything, whatever it is at, and lets go of workers. What waits for `done` hears the error
   * `closed`; another uploader goes on with what was sent. */
  close(): void;
}

export interface ResumableUpload {
  id: string;
  name: string;
  size: number;
  lastModified: number | null;
  category: string | undefined;
  metadata: Record<string, string>;
  startedAt: Date;
  /** Remove it here and at the server. Rejects, and keeps it, when the server cannot be told. */
  cancel(): Promise<void>;
}

export interface PublishedFile {
  id: string;
  name: string;
  size: number;
  /** What it is served as. */
  contentType: string;
  category: string;
  metadata: Record<string, string>;
  /** What inspection learnt: `width`, `pages`, `duration_ms` …; may be empty. */
  facts: Record<string, unknown>;
  checksumAlgorithm: string;
  /** Base64, of the whole file. */
  checksum: string | null;
  createdAt: Date;
  publishedAt: Date;
  /** When policy removes it; null: when you delete it. */
  retainedUntil: Date | null;
  /** What was made of it: thumbnails, smaller copies. */
  results: FileResult[];
  /** When that was done; null: not yet, or nothing is made. */
  resultsAt: Date | null;
}

export interface FileResult {
  name: string;
  contentType: string;
  size: number;
  facts: Record<string, unknown>;
}

export interface DownloadUrl {
  url: string;
  expiresAt: Date;
}

/** What inspection found, in words for the file's owner. */
export interface Finding {
  code: string;
  severity: "note" | "warning" | "review" | "reject";
  words: string;
}

/** One thing that is wrong with a request. */
export interface Fault {
  field: string;
  code: string;
  message: string;
  limit?: unknown;
  value?: unknown;
}
