/** An uploader that only pretends: every upload stays in the state that a story gave it, or moves as it is told. */

import {
  type AddOptions,
  Cancelled,
  type DownloadUrl,
  type FileSource,
  type OverallProgress,
  type PortwayError,
  type Progress,
  type PublishedFile,
  type ResumableUpload,
  type Upload,
  type Uploader,
  type UploaderEvents,
  type UploadState,
  type WaitReason,
} from "@portway/client";

/** What a story says of an upload. `sent` is a share of 1. */
export interface Script {
  readonly name: string;
  readonly size: number;
  readonly type?: string;
  readonly state: UploadState;
  readonly sent?: number;
  readonly speed?: number;
  readonly error?: PortwayError;
  readonly waitingFor?: WaitReason;
  /** The file itself, where a preview is wanted. */
  readonly file?: File;
}

export class ScriptedUpload implements Upload {
  readonly key = crypto.randomUUID();
  readonly id: string;
  readonly file: FileSource;
  readonly name: string;
  readonly size: number;
  readonly contentType: string;
  readonly category = undefined;
  readonly metadata = {};
  readonly published = null;
  readonly done = new Promise<PublishedFile>(() => {});
  state: UploadState;
  error: PortwayError | null;
  readonly #script: Script;
  readonly #changed: (upload: ScriptedUpload) => void;

  constructor(script: Script, changed: (upload: ScriptedUpload) => void) {
    this.#script = script;
    this.#changed = changed;
    this.id = `id-of-${script.name}`;
    this.name = script.name;
    this.size = script.size;
    this.contentType = script.type ?? "";
    this.file = script.file ?? { size: script.size, slice: () => new Blob() };
    this.state = script.state;
    this.error = script.error ?? null;
  }

  get progress(): Progress {
    const { sent = 0, speed = null, size, waitingFor = "server" } = this.#script;
    const bytes = Math.round(size * (this.state === "done" ? 1 : sent));
    const isSending = this.state === "sending" && speed !== null;
    return {
      state: this.state,
      waitingFor: this.state === "waiting" ? waitingFor : null,
      bytes,
      total: size,
      partsDone: 0,
      parts: null,
      speed: isSending ? speed : null,
      secondsLeft: isSending ? (size - bytes) / speed : null,
    };
  }

  move(state: UploadState, error: PortwayError | null = null): void {
    this.state = state;
    this.error = error;
    this.#changed(this);
  }

  start(): void {
    this.move("sending");
  }
  pause(): void {
    this.move("paused");
  }
  resume(): void {
    this.move("sending");
  }
  async cancel(): Promise<void> {
    this.move("cancelled", new Cancelled());
  }
  retry(): void {
    this.move("sending");
  }
  on(): () => void {
    return () => {};
  }
}

type Listeners = { [Type in keyof UploaderEvents]: Set<(event: UploaderEvents[Type]) => void> };

export class ScriptedUploader implements Uploader {
  uploads: ScriptedUpload[] = [];
  readonly #kept: ResumableUpload[];
  readonly #listeners: Listeners = {
    add: new Set(),
    remove: new Set(),
    progress: new Set(),
    state: new Set(),
    error: new Set(),
  };

  constructor(scripts: readonly Script[], kept: ResumableUpload[] = []) {
    this.#kept = kept;
    for (const script of scripts) this.script(script);
  }

  get progress(): OverallProgress {
    const uploads = this.uploads.filter(({ state }) => state !== "cancelled");
    const sum = (of: (upload: ScriptedUpload) => number) => uploads.reduce((total, upload) => total + of(upload), 0);
    const [bytes, total] = [sum(({ progress }) => progress.bytes), sum(({ size }) => size)];
    const speed = sum(({ progress }) => progress.speed ?? 0) || null;
    const ended = (state: UploadState) => uploads.filter((upload) => upload.state === state).length;
    return {
      bytes,
      total,
      files: uploads.length,
      filesDone: ended("done"),
      filesFailed: ended("failed"),
      speed,
      secondsLeft: speed && (total - bytes) / speed,
    };
  }

  script(script: Script): ScriptedUpload {
    const upload = new ScriptedUpload(script, (moved) => this.#emit("state", moved));
    this.uploads = [...this.uploads, upload];
    this.#emit("add", upload);
    return upload;
  }

  add(file: FileSource, options: AddOptions = {}): Upload {
    const name = options.name ?? file.name ?? "";
    const known = file instanceof File ? { file } : {};
    return this.script({
      name,
      size: file.size,
      type: file.type ?? "",
      state: "sending",
      sent: 0.3,
      speed: 5e6,
      ...known,
    });
  }

  async remove(upload: Upload): Promise<void> {
    this.uploads = this.uploads.filter((each) => each !== upload);
    this.#emit("remove", upload);
  }

  pauseAll(): void {
    for (const upload of this.uploads) if (["sending", "queued"].includes(upload.state)) upload.pause();
  }
  resumeAll(): void {
    for (const upload of this.uploads) if (upload.state === "paused") upload.resume();
  }
  async cancelAll(): Promise<void> {
    for (const upload of this.uploads)
      if (["sending", "paused", "queued"].includes(upload.state)) await upload.cancel();
  }
  async resumable(): Promise<ResumableUpload[]> {
    return this.#kept;
  }
  file(): Promise<PublishedFile> {
    return Promise.reject(new Error("there are no files in a story"));
  }
  async downloadUrl(id: string): Promise<DownloadUrl> {
    return { url: `about:blank#${id}`, expiresAt: new Date() };
  }
  close(): void {}

  on<Type extends keyof UploaderEvents>(type: Type, listener: (event: UploaderEvents[Type]) => void): () => void {
    this.#listeners[type].add(listener);
    return () => void this.#listeners[type].delete(listener);
  }

  #emit<Type extends keyof UploaderEvents>(type: Type, event: UploaderEvents[Type]): void {
    for (const listener of this.#listeners[type]) listener(event);
  }
}
