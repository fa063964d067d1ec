/**
 * The documents of the native API (docs/api/openapi.json), as far as this client reads them, and what a page sees of them.
 * @module
 */
import type { Ranges } from "./plan.js";
import type { Finding, PublishedFile } from "./types.js";

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

export interface UploadView {
  id: string;
  status: Status;
  reason: string | null;
  name: string;
  size: number | null;
  strategy: "multipart" | "single";
  checksum_algorithm: string;
  checksum: string | null;
  part_size: number;
  missing: Ranges;
  findings: Finding[];
  server_time: string;
}

export interface PartsPage {
  parts: { number: number; size: number; checksum: string | null }[];
  cursor: number | null;
}

interface FileView {
  id: string;
  name: string;
  size: number;
  content_type: string;
  category: string;
  metadata: Record<string, string>;
  facts: Record<string, unknown>;
  checksum_algorithm: string;
  checksum: string | null;
  created_at: string;
  published_at: string;
  retained_until: string | null;
  results: { name: string; content_type: string; size: number; facts: Record<string, unknown> }[];
  results_at: string | null;
}

export type { FileView };

const dateOrNull = (text: string | null) => (text === null ? null : new Date(text));

export function publishedFile(view: FileView): PublishedFile {
  const { id, name, size, category, metadata, facts, checksum } = view;
  return {
    ...{ id, name, size, category, metadata, facts, checksum },
    contentType: view.content_type,
    checksumAlgorithm: view.checksum_algorithm,
    createdAt: new Date(view.created_at),
    publishedAt: new Date(view.published_at),
    retainedUntil: dateOrNull(view.retained_until),
    results: view.results.map(({ content_type, ...result }) => ({ ...result, contentType: content_type })),
    resultsAt: dateOrNull(view.results_at),
  };
}
