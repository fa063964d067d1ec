/**
 * The documents of the native API (docs/api/openapi.json), as far as this client reads them, and what a page sees of them.
 * @module
 */
import type { Ranges } from "./plan.js";
import type { FileResult, Finding, PublishedFile } from "./types.js";

export interface SignedPart {
  number: number;
  length: number;
  url: string;
  headers: Record<string, string>;
}

export interface Signed {
  expires_at: string;
  server_time: string;
  parts: SignedPart[];
}

export interface Created {
  id: string;
  status: Status;
  strategy: "multipart" | "single";
  part_size: number;
  server_time: string;
  signed: Signed | null;
  warnings: { field: string; code: string; message: string }[];
}

export type Status =
  | "initiated"
  | "in_progress"
  | "completing"
  | "processing"
  | "completed"
  | "failed"
  | "expired"
  | "cancelled";

/** What of an upload decides how it goes on. */
export interface Standing {
  id: string;
  status: Status;
  strategy: "multipart" | "single";
  checksum_algorithm: string;
  part_size: number;
  /** All, where it is absent. */
  missing?: Ranges;
}

export interface UploadView extends Standing {
  reason: string | null;
  name: string;
  size: number | null;
  checksum: string | null;
  findings: Finding[];
  server_time: string;
}

export interface PartsPage {
  parts: { number: number; size: number; checksum: string | null }[];
  cursor: number | null;
}

/** As PublishedFile, with other names (`camelCased`). */
export interface FileView {
  results: object[];
}

const TIME = /_(at|until)$/;

/** A document as pages see it: `created_at` is `createdAt`, and a Date. */
export function camelCased<Document>(view: object): Document {
  const rows = Object.entries(view).map(([name, value]) => [
    name.replace(/_(.)/g, (_, letter) => letter.toUpperCase()),
    TIME.test(name) && value ? new Date(value) : value,
  ]);
  return Object.fromEntries(rows) as Document;
}

export function publishedFile(view: FileView): PublishedFile {
  return { ...camelCased<PublishedFile>(view), results: view.results.map((row) => camelCased<FileResult>(row)) };
}
