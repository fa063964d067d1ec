import { Api, anybody } from "./api.js";
import { seamsWith } from "./defaults.js";
import { Emitter } from "./emitter.js";
import type { Kit } from "./job.js";
import { Lanes } from "./lanes.js";
import { Pace, PartTime, secondsLeft } from "./pace.js";
import type { StoredUpload } from "./seams.js";
import type {
  AddOptions,
  DownloadUrl,
  FileSource,
  OverallProgress,
  PublishedFile,
  ResumableUpload,
  Upload,
  Uploader,
  UploaderEvents,
  UploaderOptions,
  UploadState,
} from "./types.js";
import { isOpen, removed } from "./unsent.js";
import { closed, OneUpload } from "./upload.js";
import { camelCased, type FileView, publishedFile } from "./wire.js";

/** Begins nothing: files are sent once they are added. Throws TypeError when an option makes no sense. */
export function createUploader(options: UploaderOptions): Uploader {
  const { parallel = 6, adaptive = true } = options;
  if (!options.endpoint) throw new TypeError("endpoint is missing");
  if (!options.token) throw new TypeError("token is missing");
  if (!Number.isInteger(parallel) || parallel < 1) throw new TypeError("parallel: 1 or more");
  const seams = seamsWith(options.seams);
  const pace = new Pace(parallel, adaptive);
  return new Uploads({
    ...{ isClosed: false, options, seams, pace, api: new Api(options, seams), partTime: new PartTime() },
    lanes: new Lanes(() => pace.limit),
    doors: new Lanes(() => parallel),
  });
}

class Uploads extends Emitter<UploaderEvents> implements Uploader {
  readonly #kit: Kit;
  #uploads: OneUpload[] = [];
  #count = 0;

  constructor(kit: Kit) {
    super();
    this.#kit = kit;
  }

  get uploads(): OneUpload[] {
    return [...this.#uploads];
  }

  get progress(): OverallProgress {
    const counted = this.#uploads.filter((upload) => upload.state !== "cancelled").map((upload) => upload.progress);
    const sum = (what: "bytes" | "total" | "speed") => counted.reduce((all, one) => all + (one[what] ?? 0), 0);
    const count = (state: UploadState) => counted.filter((one) => one.state === state).length;
    const [bytes, total, speed] = [sum("bytes"), sum("total"), sum("speed") || null];
    return {
      ...{ bytes, total, speed, files: counted.length, filesDone: count("done"), filesFailed: count("failed") },
      secondsLeft: secondsLeft(total - bytes, speed),
    };
  }

  add(file: Blob | FileSource, options: AddOptions = {}): Upload {
    if (this.#kit.isClosed) throw closed();
    const upload = new OneUpload(this.#kit, `upload-${++this.#count}`, file, options);
    this.#uploads.push(upload);
    upload.on("progress", () => this.#tell());
    upload.on("state", () => {
      this.emit("state", upload);
      this.#tell(true);
    });
    upload.on("error", (error) => this.emit("error", { upload, error }));
    this.emit("add", upload);
    if (options.start ?? true) upload.start();
    return upload;
  }

  async remove(upload: Upload): Promise<void> {
    if (!this.#uploads.includes(upload as OneUpload)) return;
    this.#uploads = this.#uploads.filter((one) => one !== upload);
    this.emit("remove", upload);
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
    const running = this.#uploads.map((upload) => upload.id);
    const mine = (kept: StoredUpload) => kept.endpoint === this.#kit.options.endpoint && !running.includes(kept.id);
    const looked = (await store.list()).filter(mine).map(async (kept) => {
      const held = new AbortController(); // by who sends it
      const letGo = await locks.hold(kept.key, held.signal, () => held.abort()).catch(() => null);
      letGo?.();
      return letGo && (!kept.id || (await isOpen(this.#kit, kept.id))) ? [this.#resumableOf(kept)] : [];
    });
    return (await Promise.all(looked)).flat();
  }

  #resumableOf(kept: StoredUpload): ResumableUpload {
    const { key, endpoint: _, idempotencyKey: __, id, startedAt, ...file } = kept;
    return {
      ...file,
      id: id ?? "",
      startedAt: new Date(startedAt),
      cancel: async () => {
        const left = id ? await removed(this.#kit, id) : null;
        if (left && left.code !== "wrong_state") throw left; // that one ended meanwhile: nothing is left to remove
        await this.#kit.seams.store.delete(key);
      },
    };
  }

  async file(id: string): Promise<PublishedFile> {
    return publishedFile(await this.#ask<FileView>(id));
  }

  async downloadUrl(id: string, result?: string): Promise<DownloadUrl> {
    const query = result ? `?result=${encodeURIComponent(result)}` : "";
    return camelCased(await this.#ask(id, `/url${query}`));
  }

  close(): void {
    this.#kit.isClosed = true;
    for (const upload of this.#uploads) upload.close();
    this.#kit.seams.hasher.close();
  }

  #ask<Document extends object>(id: string, what = ""): Promise<Document> {
    return this.#kit.api.ask<Document>(anybody(), `GET files/${encodeURIComponent(id)}${what}`);
  }

  #tell(now = false): void {
    if (this.isTime(this.#kit.seams.clock.now(), now)) this.emit("progress", this.progress);
  }
}
