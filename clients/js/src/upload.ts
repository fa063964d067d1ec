import { Display } from "./display.js";
import {
  Cancelled,
  ChecksumMismatch,
  Ended,
  FileChanged,
  InvalidRequest,
  NotFound,
  PortwayError,
  Rejected,
  StateUnusable,
} from "./errors.js";
import { deliver, IN_REVIEW, published } from "./flow.js";
import { type Job, type Kit, unreadable } from "./job.js";
import { Budget } from "./patience.js";
import { fingerprint, newRecord } from "./record.js";
import type { Store, StoredUpload } from "./seams.js";
import type { AddOptions, FileSource, PublishedFile, Upload, UploadState } from "./types.js";
import { removed } from "./unsent.js";
import { Promised } from "./waiting.js";

/** States in which a run may be stopped. Then the server is at work: there is nothing to pause. */
const PAUSABLE = new Set<UploadState>(["queued", "preparing", "sending", "waiting"]);
/** After these a retry begins with another upload. */
const ANEW = [Cancelled, ChecksumMismatch, Ended, FileChanged, InvalidRequest, NotFound, Rejected];
/** What is looked at by somebody is not over: asking again shows what was decided. */
function isOver(error: PortwayError): boolean {
  return error.code !== IN_REVIEW && ANEW.some((kind) => error instanceof kind);
}

export function closed(): PortwayError {
  return new Cancelled({ code: "closed", detail: "The uploader is closed." });
}

/** One file and its runs: each pause and failure ends a run, the next one asks the server where to go on. */
export class OneUpload extends Display implements Upload {
  readonly key: string;
  readonly file: FileSource;
  readonly name: string;
  readonly size: number;
  readonly contentType: string;
  readonly category: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  error: PortwayError | null = null;
  published: PublishedFile | null = null;
  readonly kit: Kit;
  readonly checksums = new Map<number, string>();
  #result = new Promised<PublishedFile>();
  #record: StoredUpload | null = null;
  /** null while no run is wanted. */
  #stop: AbortController | null = null;
  /** Runs come one after another: a new one waits until the one before let go. */
  #last: Promise<void> = Promise.resolve();

  constructor(kit: Kit, key: string, file: FileSource, options: AddOptions) {
    super(file.size, kit.seams.clock);
    this.kit = kit;
    this.key = key;
    this.file = file;
    this.size = file.size;
    this.name = options.name ?? file.name ?? "unnamed";
    this.contentType = options.contentType || file.type || "application/octet-stream";
    this.category = options.category;
    this.metadata = { ...options.metadata };
  }

  get id(): string | null {
    return this.#record?.id ?? null;
  }

  get done(): Promise<PublishedFile> {
    return this.#result.promise;
  }

  start(): void {
    if (!this.#stop && !this.error && !this.published) this.#begin();
  }

  resume(): void {
    this.start();
  }

  pause(): void {
    if (this.#stop && PAUSABLE.has(this.state)) this.#halt("paused");
  }

  retry(): void {
    const { error } = this;
    if (!error || this.kit.isClosed) return;
    this.error = null;
    this.#result = new Promised();
    this.#begin(async (job) => {
      if (error instanceof Rejected && error.retryable) await job.kit.api.ask(job, `POST uploads/${this.id}/retry`);
      else if (isOver(error)) await this.#discard();
    });
  }

  async cancel(): Promise<void> {
    if (this.state === "done" || this.state === "cancelled" || this.state === "checking") return;
    if (this.progress.waitingFor === "tab") this.#record = null; // it is the other tab's: this one only leaves
    this.error = new Cancelled();
    this.#halt("cancelled");
    this.#result.reject(this.error);
    await this.#last; // a create on its way is answered first, so that what it made is known
    await this.#farewell();
  }

  /** For good, whatever it is at. What S3 has stays, and is known. */
  close(): void {
    if (this.#stop) this.#halt("paused");
    this.#result.reject(closed());
  }

  #halt(state: "paused" | "cancelled"): void {
    this.#stop?.abort(new Cancelled());
    this.#stop = null;
    this.meter.stop();
    this.enter(state);
  }

  #begin(before?: (job: Job) => Promise<void>): void {
    if (this.kit.isClosed) return;
    const stop = new AbortController();
    this.#stop = stop;
    this.enter("queued");
    this.#last = this.#last.then(() => this.#run(this.#job(stop.signal), before));
  }

  async #run(job: Job, before?: (job: Job) => Promise<void>): Promise<void> {
    const { doors } = this.kit;
    const held: (() => void)[] = [];
    const leave = () => held.shift()?.();
    try {
      await before?.(job);
      held.push(await doors.take(this, job.signal));
      this.#record ??= await this.#recognise();
      held.push(await this.#lock(job, leave)); // who waits for another tab waits outside
      if (held.length === 1) held.unshift(await doors.take(this, job.signal));
      const delivered = await deliver(job);
      leave();
      const file = await published(job, delivered);
      if (!job.signal.aborted) this.#finish(file);
    } catch (error) {
      if (!job.signal.aborted) this.#fail(error);
    } finally {
      if (this.state === "cancelled") await this.#farewell(); // before another tab may go on with it
      for (const letGo of held) letGo();
    }
  }

  /** As an earlier run or page load left it, else new. */
  async #recognise(): Promise<StoredUpload> {
    const { seams, options } = this.kit;
    const key = await fingerprint(this, options.endpoint).catch(unreadable(this.name));
    return this.#shared(newRecord(key, this, options.endpoint, seams));
  }

  /** What all tabs have of the file, and create is sent with: of those that begin in one instant comes one upload. */
  async #shared(record: StoredUpload): Promise<StoredUpload> {
    return (await this.#kept((store) => store.add(record))) ?? record;
  }

  /** Nobody else sends this file meanwhile, and what somebody else did before is known. */
  async #lock(job: Job, leave: () => void): Promise<() => void> {
    const wait = () => {
      leave();
      job.enter("waiting");
    };
    const goOnLater = () => {
      this.pause();
      this.start();
    };
    const letGo = await this.kit.seams.locks.hold(job.record.key, job.signal, wait, goOnLater);
    this.#record = await this.#shared(job.record);
    return letGo;
  }

  #job(signal: AbortSignal): Job {
    const upload = this;
    return {
      ...this,
      budget: new Budget(),
      signal,
      get record() {
        return upload.#record as StoredUpload;
      },
      enter: (state) => void (signal.aborted || upload.enter(state)),
      warn: (warning) => upload.emit("warning", warning),
      remember: (record) => {
        upload.#record = record;
        return upload.#kept((store) => store.put(record));
      },
    };
  }

  /** What the store answers. Resuming after a reload is a comfort: no upload fails for want of it. */
  async #kept<Value>(question: (store: Store) => Promise<Value>): Promise<Value | undefined> {
    return question(this.kit.seams.store).catch((cause) => {
      const facts = { code: "state_unusable", detail: "Nothing is kept for after a reload.", cause };
      this.emit("warning", new StateUnusable(facts));
      return undefined;
    });
  }

  #finish(file: PublishedFile): void {
    this.published = file;
    this.#stop = null;
    this.enter("done");
    this.#result.resolve(file);
    void this.#forget();
  }

  #fail(error: unknown): void {
    const known = error instanceof PortwayError;
    this.error = known ? error : new PortwayError({ code: "unexpected", detail: String(error), cause: error });
    this.#stop = null;
    this.meter.stop();
    if (isOver(this.error)) void this.#forget();
    this.enter("failed");
    this.emit("error", this.error);
    this.#result.reject(this.error);
  }

  async #farewell(): Promise<void> {
    const left = await this.#discard();
    if (left) this.emit("warning", left);
  }

  /** Gone here and at the server. Resolves with why not. */
  async #discard(): Promise<PortwayError | null> {
    const { id } = this;
    await this.#forget();
    this.#record = null;
    this.checksums.clear();
    return id === null ? null : removed(this.kit, id);
  }

  async #forget(): Promise<void> {
    const { key } = this.#record ?? {};
    if (key) await this.#kept((store) => store.delete(key));
  }
}
