import { Emitter } from "./emitter.js";
import { Meter } from "./meter.js";
import type { Clock } from "./seams.js";
import type { Progress, UploadEvents, UploadState, WaitReason } from "./types.js";

/** Activities that look like `waiting` while nothing moves. */
const MAY_WAIT = new Set<UploadState>(["preparing", "sending", "completing"]);
/** What is over sooner is not told of. */
const GRACE_MS = 300;

/** What a page sees of an upload: its state and progress, and the events about them. */
export class Display extends Emitter<UploadEvents> {
  readonly meter: Meter;
  readonly #clock: Clock;
  #activity: UploadState = "queued";
  #state: UploadState = "queued";
  #waitingFor: WaitReason | null = null;
  /** What parts of the upload wait for. */
  readonly #rests = new Set<{ why: WaitReason }>();

  constructor(size: number, clock: Clock) {
    super();
    this.meter = new Meter(size);
    this.#clock = clock;
  }

  get state(): UploadState {
    return this.#state;
  }

  get progress(): Progress {
    return { ...this.meter.progress(this.#state), waitingFor: this.#waitingFor };
  }

  enter(state: UploadState): void {
    this.#activity = state;
    this.#show();
  }

  /** Part of the upload waits for something; all of it does where nothing else moves. */
  readonly resting = async <Value>(what: Promise<Value>, why: WaitReason = "server"): Promise<Value> => {
    const [rest, over] = [{ why }, new AbortController()];
    void this.#clock.sleep(GRACE_MS, over.signal).then(() => {
      if (!over.signal.aborted) this.#rests.add(rest);
      this.#show();
    });
    try {
      return await what;
    } finally {
      over.abort();
      this.#rests.delete(rest);
      this.#show();
    }
  };

  readonly moved = (): void => {
    this.#show();
    this.#tell(false);
  };

  #show(): void {
    const [rest] = MAY_WAIT.has(this.#activity) && !this.meter.isMoving ? this.#rests : [];
    const state = rest ? "waiting" : this.#activity;
    const waitingFor = rest?.why ?? (state === "waiting" ? "tab" : null);
    if (state === this.#state && waitingFor === this.#waitingFor) return;
    const isNew = state !== this.#state;
    this.#state = state;
    this.#waitingFor = waitingFor;
    if (isNew) this.emit("state", state);
    this.#tell(true);
  }

  #tell(now: boolean): void {
    if (this.isTime(this.#clock.now(), now)) this.emit("progress", this.progress);
  }
}
