import { Display } from "./display.js";
import { Emitter } from "./emitter.js";
import {
  Cancelled,
  ChecksumMismatch,
  Ended,
  FileChanged,
  InvalidRequest,
  NotFound,
  PortwayError,
  Rejected,
} from "./errors.js";
import { deliver, IN_REVIEW, published } from "./flow.js";
import type { Job, Kit } from "./job.js";
import { Memory } from "./memory.js";
import { Meter } from "./meter.js";
import { Budget } from "./patience.js";
import { fingerprint, newRecord } from "./record.js";
import { removed } from "./removal.js";
import type { StoredUpload } from "./seams.js";
import type {
  AddOptions,
  FileSource,
  Off,
  Progress,
  PublishedFile,
  Upload,
  UploadEvents,
  UploadState,
} from "./types.js";
import { Promised } from "./waiting.js";

/** States in which a run may be stopped. Then the server is at work: there is nothing to pause. */
const PAUSABLE = new Set<UploadState>(["queued", "preparing", "sending", "waiting"]);
/** After these a retry begins with another upload. */
const ANEW = [Cancelled, ChecksumMismatch, Ended, FileChanged, InvalidRequest, NotFound, Rejected];
/** What is looked at by somebody is not over: asking again shows what was decided. */
function isOver(error: PortwayError): boolean {
  return error.code !== IN_REVIEW && ANEW.some((kind) => error instanceof kind);
}

/** One file and its runs: each pause and failure ends a run, the next one asks the server where to go on. */
export class OneUpload implements Upload {
  readonly key: string;
  readonly file: FileSource;
  readonly name: string;
  readonly size: number;
  readonly contentType: string;
  readonly category: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  error: PortwayError | null = null;
  published: PublishedFile | null = null;
  readonly #kit: Kit;
  readonly #events = new Emitter<UploadEvents>();
  readonly #checksums = new Map<number, string>();
  readonly #meter: Meter;
  readonly #memory: Memory;
  readonly #display: Display;
  #result = new Promised<PublishedFile>();
  #record: StoredUpload | null = null;
  /** null while no run is wanted. */
  #stop: AbortController | null = null;
  /** Runs come one after another: a new one waits until the one before let go. */
  #last: Promise<void> = Promise.resolve();

  constructor(kit: Kit, key: string, file: FileSource, options: AddOptions) {
    this.#kit = kit;
    this.key = key;
    this.file = file;
    this.#meter = new Meter(file.size);
    this.#memory = new Memory(kit.seams.store, (warning) => this.#events.emit("warning", warning));
    this.#display = new Display(this.#meter, kit.seams.clock, this.#events);
    this.size = file.size;
    this.name = options.name ?? file.name ?? "unnamed";
    this.contentType = options.contentType || file.type || "application/octet-stream";
    this.category = options.category;
    this.metadata = { ...options.metadata };
  }

  get id(): string | null {
    return this.#record?.id ?? null;
  }

  get state(): UploadState {
    return this.#display.state;
  }

  get progress(): Progress {
    return this.#display.progress;
  }

  get done(): Promise<PublishedFile> {
    return this.#result.promise;
  }

  on<Type extends keyof UploadEvents>(type: Type, listener: (event: UploadEvents[Type]) => void): Off {
    return this.#events.on(type, listener);
  }

  start(): void {
    if (!this.#stop && (this.state === "queued" || this.state === "paused")) this.#begin(() => Promise.resolve());
  }

  resume(): void {
    this.start();
  }

  pause(): void {
    if (this.#stop && PAUSABLE.has(this.state)) this.#halt("paused");
  }

  retry(): void {
    const { error } = this;
    if (!error) return;
    this.error = null;
    this.#result = new Promised();
    const isStored = error instanceof Rejected && error.retryable;
    const isAnew = !isStored && isOver(error);
    this.#begin(async (job) => {
      if (isStored) await job.kit.api.ask(job, `POST uploads/${this.id}/retry`);
      if (isAnew) await this.#discard();
    });
  }

  async cancel(): Promise<void> {
    if (this.state === "done" || this.state === "cancelled" || this.state === "checking") return;
    this.error = new Cancelled();
    this.#halt("cancelled");
    this.#result.reject(this.error);
    await this.#last; // a create on its way is answered first, so that what it made is known
    const left = await this.#discard();
    if (left) this.#events.emit("warning", left);
  }

  #halt(state: "paused" | "cancelled"): void {
    this.#stop?.abort(new Cancelled());
    this.#stop = null;
    this.#meter.stop();
    this.#display.enter(state);
  }

  #begin(before: (job: Job) => Promise<void>): void {
    const stop = new AbortController();
    this.#stop = stop;
    this.#display.enter("queued");
    this.#last = this.#last.then(() => this.#run(this.#job(stop.signal), before));
  }

  async #run(job: Job, before: (job: Job) => Promise<void>): Promise<void> {
    const held: (() => void)[] = [];
    try {
      job.signal.throwIfAborted();
      await before(job);
      job.record = await this.#recognise();
      held.push(await this.#lock(job));
      const door = await this.#kit.doors.take(this, job.signal);
      held.push(door);
      const id = await deliver(job);
      door();
      this.#finish(await published(job, id));
    } catch (error) {
      if (!job.signal.aborted) this.#fail(error);
    } finally {
      for (const letGo of held) letGo();
    }
  }

  /** As an earlier run or page load left it, else new. */
  async #recognise(): Promise<StoredUpload> {
    if (this.#record) return this.#record;
    const { seams, options } = this.#kit;
    const key = await fingerprint(this.file, options.endpoint, this).catch((cause) => {
      throw new FileChanged({ code: "unreadable", detail: `${this.name} cannot be read.`, cause });
    });
    return (await this.#memory.get(key)) ?? newRecord(key, this.file, options.endpoint, this, seams);
  }

  /** Nobody else sends this file meanwhile, and what somebody else did before is known. */
  async #lock(job: Job): Promise<() => void> {
    const { key } = job.record;
    const letGo = await this.#kit.seams.locks.hold(key, job.signal, () => job.enter("waiting"));
    job.record = (await this.#memory.get(key)) ?? job.record;
    return letGo;
  }

  #job(signal: AbortSignal): Job {
    const upload = this;
    const { name, contentType, category, metadata, file } = this;
    return {
      ...{ kit: this.#kit, file, name, contentType, category, metadata, signal },
      ...{ meter: this.#meter, checksums: this.#checksums, budget: new Budget() },
      get record() {
        return upload.#record as StoredUpload;
      },
      set record(record) {
        upload.#record = record;
      },
      resting: (what) => upload.#display.rest(what),
      enter: (state) => void (signal.aborted || upload.#display.enter(state)),
      moved: () => upload.#display.moved(),
      warn: (warning) => upload.#events.emit("warning", warning),
      remember: () => upload.#memory.put(upload.#record as StoredUpload),
    };
  }

  #finish(file: PublishedFile): void {
    if (this.state === "cancelled") return;
    this.published = file;
    this.#stop = null;
    this.#display.enter("done");
    this.#result.resolve(file);
    void this.#forget();
  }

  #fail(error: unknown): void {
    const known = error instanceof PortwayError;
    this.error = known ? error : new PortwayError({ code: "unexpected", detail: String(error), cause: error });
    this.#stop = null;
    this.#meter.stop();
    if (isOver(this.error)) void this.#forget();
    this.#display.enter("failed");
    this.#events.emit("error", this.error);
    this.#result.reject(this.error);
  }

  /** Gone here and at the server. Resolves with why not. */
  async #discard(): Promise<PortwayError | null> {
    const { id } = this;
    await this.#forget();
    this.#record = null;
    this.#checksums.clear();
    return id === null ? null : removed(this.#kit, id);
  }

  async #forget(): Promise<void> {
    if (this.#record) await this.#memory.delete(this.#record.key);
  }
}
