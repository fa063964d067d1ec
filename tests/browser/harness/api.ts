import { sha256 } from "./files.js";
import { site, unfinished } from "./site.js";

/** What `GET /v1/uploads/{id}` says, as far as tests ask. */
export interface Upload {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly reason?: string;
  readonly category: string;
  readonly size: number;
  readonly bytes_stored: number;
  readonly missing: readonly (readonly [number, number])[];
}

/** A call of the native API as the owner, past the browser. Its document; throws when the API says no. */
export async function ask<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
  const answer = await fetch(site.api + path, {
    method,
    headers: { authorization: `Bearer ${site.tokens.owner}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return (text ? JSON.parse(text) : undefined) as Answer;
}

/** The upload as the server sees it. */
export function upload(id: string): Promise<Upload> {
  return ask("GET", `/v1/uploads/${id}`);
}

/** The numbers of the parts that S3 has, and when each arrived. */
export async function stored(id: string): Promise<Map<number, string>> {
  const { parts } = await ask<{ parts: { number: number; stored_at: string }[] }>("GET", `/v1/uploads/${id}/parts`);
  return new Map(parts.map((part) => [part.number, part.stored_at]));
}

/** Whether S3 still holds parts of this upload that nobody put together. */
export async function isInS3(id: string): Promise<boolean> {
  const answer = await fetch(unfinished);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`S3 gives no list: ${answer.status} ${text}`);
  return text.includes(id);
}

/** SHA-256 of a published file, as its signed URL gives it. */
export async function publishedSha256(id: string): Promise<string> {
  const { url } = await ask<{ url: string }>("GET", `/v1/files/${id}/url`);
  const answer = await fetch(url);
  if (!answer.ok || !answer.body) throw new Error(`no file: ${answer.status}`);
  return sha256(answer.body);
}
