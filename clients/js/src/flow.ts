/**
 * The life of one upload, from whatever point it stands at: begin or find, send what is missing, complete, wait.
 * @module
 */
import { combined } from "./combine.js";
import { checksumOf, POLYNOMIALS } from "./crc.js";
import { Ended, type PortwayError, Rejected, Unavailable } from "./errors.js";
import { hashed, type Job, type Open, partChecksum } from "./job.js";
import { layoutOf, lengthOf, numbersIn, windowFor } from "./plan.js";
import { freshRecord } from "./record.js";
import type { Algorithm } from "./seams.js";
import { sendMissing } from "./sender.js";
import type { PublishedFile } from "./types.js";
import { pause } from "./waiting.js";
import {
  type Created,
  type FileView,
  type PartsPage,
  publishedFile,
  type Standing,
  type Status,
  type UploadView,
} from "./wire.js";

/** S3 waits for parts. */
export const OPEN: ReadonlySet<Status> = new Set<Status>(["initiated", "in_progress"]);
const LOST: ReadonlySet<Status> = new Set<Status>(["failed", "expired", "cancelled"]);
/** The reason of a failure that an operator may still undo. */
export const IN_REVIEW = "in_review";
/** The server's, for files up to 16 GB. */
const USUAL_PART = 16 << 20;
const USUAL_LIFE_SECONDS = 900;

/** Until S3 has every part and was told to put them together. What complete was answered with, if it was called. */
export async function deliver(job: Job): Promise<UploadView | undefined> {
  job.enter("preparing");
  for (let open = await begin(job); ; open = await lookedAt(job, open)) {
    if (!open.missing.length && !open.needsComplete) return undefined;
    job.meter.begin(open.layout, open.missing);
    job.enter("sending");
    const view = await sent(job, open).catch(unlessToBeLookedAt);
    job.meter.stop();
    if (view !== "look") return view;
  }
}

/** Sends and completes. */
async function sent(job: Job, open: Open): Promise<UploadView | undefined> {
  await sendMissing(job, open);
  if (!open.needsComplete) return undefined;
  job.enter("completing");
  const checksum = await wholeChecksum(job, open);
  const body = { size: open.layout.size, checksum };
  return job.kit.api.ask<UploadView>(job, `POST uploads/${open.id}/complete`, body);
}

/** Errors that say no more than that the upload is not what it was thought to be. */
const LOOK_AFTER = new Set(["wrong_state", "parts_missing"]);

function unlessToBeLookedAt(error: unknown): "look" {
  if (LOOK_AFTER.has((error as PortwayError).code)) return "look";
  throw error;
}

/** Found by the record of an earlier run, else made. */
async function begin(job: Job): Promise<Open> {
  const { id } = job.record;
  if (id === null) return create(job);
  const view = await viewOf(job, id).catch(unlessGone);
  if (view && (!LOST.has(view.status) || view.reason === IN_REVIEW)) return openOf(job, view);
  await job.remember(freshRecord(job.record, job.kit.seams));
  job.checksums.clear();
  return create(job);
}

function viewOf(job: Job, id: string): Promise<UploadView> {
  return job.kit.api.ask(job, `GET uploads/${id}`);
}

function unlessGone(error: unknown): null {
  if ((error as PortwayError).code === "not_found") return null;
  throw error;
}

/** After something that only the server can explain. Where it is over for the sender, nothing is missing. */
async function lookedAt(job: Job, open: Open): Promise<Open> {
  const view = await viewOf(job, open.id);
  if (OPEN.has(view.status) && !job.budget.spend())
    throw new Unavailable({ code: "not_whole", detail: "S3 does not keep what it is sent.", retryable: true });
  return openOf(job, view);
}

function openOf(job: Job, view: Standing): Open {
  const isOpen = OPEN.has(view.status);
  const isKnown = view.checksum_algorithm in POLYNOMIALS;
  const algorithm = isKnown && algorithmOf(job) ? (view.checksum_algorithm as Algorithm) : null;
  const layout = layoutOf(job.file.size, view.part_size);
  const { missing = [[1, layout.count]] } = view;
  return {
    id: view.id,
    layout,
    needsComplete: isOpen && view.strategy === "multipart",
    algorithm,
    missing: isOpen ? numbersIn(missing) : [],
    signed: null,
  };
}

function algorithmOf(job: Job): Algorithm | null {
  const { checksum = "auto" } = job.kit.options;
  if (checksum === "none") return null;
  return checksum === "auto" ? "crc64nvme" : checksum;
}

/** The first part is hashed before: its URL, or that of the only PUT of a small file, comes with create's answer. */
async function create(job: Job): Promise<Open> {
  const algorithm = algorithmOf(job);
  const length = Math.min(job.file.size, job.kit.options.partSize ?? USUAL_PART);
  const checksum = algorithm ? await hashed(job, 0, length, algorithm) : undefined;
  const created = await declare(job, declaration(job, length, algorithm, checksum));
  await job.remember({ ...job.record, id: created.id });
  if (!OPEN.has(created.status)) return begin(job); // another tab with the same key was here and ended it
  for (const { code, field, message } of created.warnings) job.warn({ code, field, detail: message });
  const open = openOf(job, { ...created, checksum_algorithm: algorithm ?? "" });
  if (checksum && lengthOf(open.layout, 1) !== length) return open; // the server wants other parts
  if (checksum) job.checksums.set(1, checksum);
  return { ...open, signed: created.signed };
}

/** What is undefined is left out of JSON. */
function declaration(job: Job, hashedTo: number, algorithm: Algorithm | null, checksum: string | undefined): object {
  const { partSize } = job.kit.options;
  return {
    name: job.name,
    size: job.file.size,
    content_type: job.contentType,
    category: job.category,
    metadata: job.metadata,
    part_size: partSize,
    checksum_algorithm: algorithm ?? undefined,
    checksum: hashedTo === job.file.size ? checksum : undefined,
    part_checksums: checksum && { 1: checksum },
    window: checksum ? 1 : windowFor(job.kit.pace.most, USUAL_LIFE_SECONDS, null),
  };
}

/** The key is one for each declaration: with another part size, say, it is another upload and not a contradiction. */
async function declare(job: Job, body: object): Promise<Created> {
  const print = await checksumOf(new Blob([JSON.stringify(body)]), "crc64nvme");
  return job.kit.api.ask<Created>(job, "POST uploads", body, job.record.idempotencyKey + print);
}

/** Combined from the parts: those that were hashed here, and those that S3 had before, as it lists them. */
async function wholeChecksum(job: Job, open: Open): Promise<string | undefined> {
  const { algorithm, layout } = open;
  if (!algorithm) return undefined;
  if (job.checksums.size < layout.count) await learnChecksums(job, open);
  const parts: { checksum: string; length: number }[] = [];
  for (let number = 1; number <= layout.count; number++)
    parts.push({ checksum: await partChecksum(job, open, number), length: lengthOf(layout, number) });
  return combined(parts, algorithm);
}

async function learnChecksums(job: Job, open: Open): Promise<void> {
  for (let cursor: number | null = 0; cursor !== null; ) {
    const name = `GET uploads/${open.id}/parts?cursor=${cursor}`;
    const page: PartsPage = await job.kit.api.ask<PartsPage>(job, name);
    for (const { number, size, checksum } of page.parts)
      if (checksum && size === lengthOf(open.layout, number) && !job.checksums.has(number))
        job.checksums.set(number, checksum);
    cursor = page.cursor;
  }
}

const FIRST_POLL_MS = 200;
const MOST_POLL_MS = 5000;

/** The file, once it is published; `view` stands for the first look. Rejects with how it ended instead. */
export async function published(job: Job, view: UploadView | undefined): Promise<PublishedFile> {
  const id = job.record.id as string;
  let ms = FIRST_POLL_MS;
  for (let seen = view ?? (await viewOf(job, id)); seen.status !== "completed"; seen = await viewOf(job, id)) {
    if (LOST.has(seen.status)) throw endOf(seen);
    job.enter(seen.status === "processing" ? "checking" : "completing");
    await pause(job.kit.seams.clock, ms, job.signal);
    ms = Math.min(ms * 1.5, MOST_POLL_MS);
  }
  return publishedFile(await job.kit.api.ask<FileView>(job, `GET files/${id}`));
}

function endOf(view: UploadView): PortwayError {
  const { status, reason, findings } = view;
  if (status !== "failed") return new Ended({ code: status, detail: `The upload is ${status}.` });
  const words = findings.map((finding) => finding.words).join(" ") || `The file was not published: ${reason}.`;
  const code = reason ?? "rejected";
  return new Rejected({ code, findings, detail: words, retryable: code === "error" });
}
