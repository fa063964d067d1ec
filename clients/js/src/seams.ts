/**
 * Everything that touches the world, as small interfaces: a test hands in its own, `@portway/client/testing` has some.
 * @module
 */
import type { FileSource } from "./types.js";

/** Milliseconds since 1970 by this device, which nobody believes, and pauses. */
export interface Clock {
  now(): number;
  /** Resolves after `ms`, or at once when `signal` is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export interface TransportRequest {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: Blob | string | null;
  signal: AbortSignal;
  /** Bytes of the body that were sent. Given only when somebody wants to see them; it is slower then. */
  onSent?: (bytes: number) => void;
}

/** Status 0: no answer came, or none that may be read. */
export interface TransportAnswer {
  status: number;
  /** One header; null when it is absent or may not be read. */
  header(name: string): string | null;
  text: string;
}

export interface Transport {
  /** Never rejects; an aborted request is answered with status 0, too. */
  send(request: TransportRequest): Promise<TransportAnswer>;
  /** Whether anything at all answers at this URL, readable or not. */
  reaches(url: string, signal: AbortSignal): Promise<boolean>;
}

export type Algorithm = "crc64nvme" | "crc32c";

export interface Hasher {
  /** Checksum of bytes `start` to `end` of the file as S3 writes it, in base64. Rejects when they cannot be read. */
  checksum(file: FileSource, start: number, end: number, algorithm: Algorithm, signal: AbortSignal): Promise<string>;
  close(): void;
}

/** What is kept of an upload over a reload. No URL, no token, no byte of the file. */
export interface StoredUpload {
  /** Fingerprint of file, endpoint, category and metadata. */
  key: string;
  endpoint: string;
  /** Sent with create: the same key gives the same upload, also when its answer was lost. */
  idempotencyKey: string;
  /** null until create was answered. */
  id: string | null;
  name: string;
  size: number;
  lastModified: number | null;
  category: string | undefined;
  metadata: Record<string, string>;
  startedAt: number;
}

export interface Store {
  /** What is kept under the key of this upload; where nothing is, this from now on. One step, also between tabs: else of
   * tabs that begin in the same instant each makes an upload. */
  add(upload: StoredUpload): Promise<StoredUpload>;
  put(upload: StoredUpload): Promise<void>;
  delete(key: string): Promise<void>;
  list(): Promise<StoredUpload[]>;
  /**
   * Compare and set, in one step also between tabs: `key` is `holder`'s until `until`, and free if that is `now`. Refused
   * while it is another's, whose end is later than `now`; then false. Asked only where there are no Web Locks; without
   * it two tabs send twice what S3 takes twice.
   */
  claim?(key: string, holder: string, now: number, until: number): Promise<boolean>;
}

export interface Locks {
  /** Waits until nobody else holds `name`, in this tab or another of the same origin. `onWait` is called if it has to.
   * Resolves with how to let go; rejects when `signal` is aborted. `onLost` is called when somebody else has it now, as
   * after hours in which this tab was frozen. */
  hold(name: string, signal: AbortSignal, onWait: () => void, onLost?: () => void): Promise<() => void>;
}

export interface Online {
  /** false: certainly no network. true: perhaps. */
  isOnline(): boolean;
  /** `listener` is called when the network may have come back. */
  onReturn(listener: () => void): () => void;
}

export interface Seams {
  clock: Clock;
  /** 0 to 1, as Math.random. */
  random: () => number;
  /** A new Idempotency-Key. */
  newKey: () => string;
  transport: Transport;
  hasher: Hasher;
  store: Store;
  locks: Locks;
  online: Online;
}
