import { Api, type Caller } from "./api.js";
import { defaultSeams } from "./defaults.js";
import { TELL_MS } from "./display.js";
import { Emitter } from "./emitter.js";
import type { Kit } from "./job.js";
import { Lanes } from "./lanes.js";
import { Pace, PartTime, secondsLeft } from "./pace.js";
import { Budget } from "./patience.js";
import { removed } from "./removal.js";
import type { Seams, StoredUpload } from "./seams.js";
import type {
  AddOptions,
  DownloadUrl,
  FileSource,
  Off,
  OverallProgress,
  PublishedFile,
  ResumableUpload,
  Upload,
  Uploader,
  UploaderEvents,
  UploaderOptions,
} from "./types.js";
import { OneUpload } from "./upload.js";
import { type FileView, publishedFile } from "./wire.js";

const PARALLEL = 6;

/** Begins nothing: files are sent once they are added. Throws TypeError when an option makes no sense. */
export function createUploader(options: UploaderOptions): Uploader {
  const { parallel = PARALLEL } = options;
  if (!options.endpoint) throw new TypeError("endpoint: where the API is");
  if (!options.token) throw new TypeError("token: a bearer token, or a function that gives one");
  if (!Number.isInteger(parallel) || parallel < 1) throw new TypeError("parallel: 1 or more, whole");
  return new Uploads(kitOf(options, { ...defaultSeams(), ...options.seams }));
}

function kitOf(options: UploaderOptions, seams: Seams): Kit {
  const pace = new Pace(options.parallel ?? PARALLEL, options.adaptive ?? true);
  return {
    ...{ options, seams, pace, api: new Api(options, seams), partTime: new PartTime() },
    lanes: new Lanes(() => pace.limit),
    doors: new Lanes(() => pace.most),
  };
}

class Uploads implements Uploader {
  readonly #kit: Kit;
  readonly #events = new Emitter<UploaderEvents>();
  #uploads: OneUpload[] = [];
  #count = 0;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(kit: Kit) {
    this.#kit = kit;
  }

  get uploads(): readonly Upload[] {
    return this.#uploads;
  }

  get progress(): OverallProgress {
    const counted = this.#uploads.filter((upload) => upload.state !== "cancelled").map((upload) => upload.progress);
    const sum = (of: (index: (typeof counted)[number]) => number) => counted.reduce((all, one) => all + of(one), 0);
    const [bytes, total] = [sum((one) => one.bytes), sum((one) => one.total)];
    const speed = counted.some((one) => one.speed !== null) ? sum((one) => one.speed ?? 0) : null;
    return {
      ...{ bytes, total, speed, files: counted.length },
      filesDone: sum((one) => Number(one.state === "done")),
      filesFailed: sum((one) => Number(one.state === "failed")),
      secondsLeft: secondsLeft(total - bytes, speed),
    };
  }

  add(file: Blob | FileSource, options: AddOptions = {}): Upload {
    const upload = new OneUpload(this.#kit, `upload-${++this.#count}`, file, options);
    this.#uploads = [...this.#uploads, upload];
    upload.on("progress", () => this.#tell());
    upload.on("state", () => {
      this.#events.emit("state", upload);
      this.#tell(true);
    });
    upload.on("error", (error) => this.#events.emit("error", { upload, error }));
    this.#events.emit("add", upload);
    if (options.start ?? true) upload.start();
    return upload;
  }

  async remove(upload: Upload): Promise<void> {
    if (!this.#uploads.some((one) => one === upload)) return;
    this.#uploads = this.#uploads.filter((one) => one !== upload);
    this.#events.emit("remove", upload);
    this.#tell(true);
    await upload.cancel();
  }

  pauseAll(): void {
    for (const upload of this.#uploads) upload.pause();
  }

  resumeAll(): void {
    for (const upload of this.#uploads) upload.resume();
  }

  async cancelAll(): Promise<void> {
    await Promise.all(this.#uploads.map((upload) => upload.cancel()));
  }

  async resumable(): Promise<ResumableUpload[]> {
    const { store, locks } = this.#kit.seams;
    const running = new Set(this.#uploads.map((upload) => upload.id));
    const mine = (kept: StoredUpload) => kept.endpoint === this.#kit.options.endpoint && !running.has(kept.id);
    const found: ResumableUpload[] = [];
    for (const kept of (await store.list()).filter(mine)) {
      const held = new AbortController(); // by who sends it
      const letGo = await locks.hold(kept.key, held.signal, () => held.abort()).catch(() => null);
      if (letGo) found.push(this.#resumableOf(kept));
      letGo?.();
    }
    return found;
  }

  #resumableOf(kept: StoredUpload): ResumableUpload {
    const { id, name, size, lastModified, category, metadata } = kept;
    return {
      ...{ id: id ?? "", name, size, lastModified, category, metadata },
      startedAt: new Date(kept.startedAt),
      cancel: async () => {
        const left = id ? await removed(this.#kit, id) : null;
        if (left && left.code !== "wrong_state") throw left; // that one ended meanwhile: nothing is left to remove
        await this.#kit.seams.store.delete(kept.key);
      },
    };
  }

  async file(id: string): Promise<PublishedFile> {
    return publishedFile(await this.#ask<FileView>(`GET files/${encodeURIComponent(id)}`));
  }

  async downloadUrl(id: string, result?: string): Promise<DownloadUrl> {
    const query = result === undefined ? "" : `?result=${encodeURIComponent(result)}`;
    const name = `GET files/${encodeURIComponent(id)}/url${query}`;
    const answer = await this.#ask<{ url: string; expires_at: string }>(name);
    return { url: answer.url, expiresAt: new Date(answer.expires_at) };
  }

  on<Type extends keyof UploaderEvents>(type: Type, listener: (event: UploaderEvents[Type]) => void): Off {
    return this.#events.on(type, listener);
  }

  close(): void {
    this.pauseAll();
    this.#kit.seams.hasher.close();
  }

  #ask<Document extends object>(name: string): Promise<Document> {
    const signal = new AbortController().signal;
    const caller: Caller = { signal, budget: new Budget(), resting: (what) => what };
    return this.#kit.api.ask<Document>(caller, name);
  }

  #tell(now = false): void {
    const at = this.#kit.seams.clock.now();
    if (!now && Math.abs(at - this.#toldAt) < TELL_MS) return;
    this.#toldAt = at;
    this.#events.emit("progress", this.progress);
  }
}
