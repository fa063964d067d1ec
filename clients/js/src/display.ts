import type { Emitter } from "./emitter.js";
import type { Meter } from "./meter.js";
import type { Clock } from "./seams.js";
import type { Progress, UploadEvents, UploadState } from "./types.js";

/** Activities that look like `waiting` while nothing moves. */
const MAY_WAIT = new Set<UploadState>(["preparing", "sending", "completing"]);
/** Progress is told at most so often, and always when a state changes. */
export const TELL_MS = 100;

/** What a page sees of an upload: its state and progress, and the events about them. */
export class Display {
  readonly #meter: Meter;
  readonly #clock: Clock;
  readonly #events: Emitter<UploadEvents>;
  #activity: UploadState = "queued";
  #state: UploadState = "queued";
  #resting = 0;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(meter: Meter, clock: Clock, events: Emitter<UploadEvents>) {
    this.#meter = meter;
    this.#clock = clock;
    this.#events = events;
  }

  get state(): UploadState {
    return this.#state;
  }

  get progress(): Progress {
    return this.#meter.progress(this.#state);
  }

  enter(state: UploadState): void {
    this.#activity = state;
    this.#show();
  }

  /** Part of the upload waits for something; all of it does where nothing else moves. */
  async rest<Value>(what: Promise<Value>): Promise<Value> {
    this.#resting += 1;
    this.#show();
    try {
      return await what;
    } finally {
      this.#resting -= 1;
      this.#show();
    }
  }

  moved(): void {
    this.#show();
    const now = this.#clock.now();
    if (Math.abs(now - this.#toldAt) >= TELL_MS) this.#tell(now);
  }

  #show(): void {
    const waits = this.#resting > 0 && MAY_WAIT.has(this.#activity) && !this.#meter.isMoving;
    const state = waits ? "waiting" : this.#activity;
    if (state === this.#state) return;
    this.#state = state;
    this.#events.emit("state", state);
    this.#tell(this.#clock.now());
  }

  #tell(now: number): void {
    this.#toldAt = now;
    this.#events.emit("progress", this.progress);
  }
}
