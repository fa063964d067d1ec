import { StateUnusable } from "./errors.js";
import type { Store, StoredUpload } from "./seams.js";
import type { Warning } from "./types.js";

/** The store, where it can be had: resuming after a reload is a comfort, and no upload fails for want of it. */
export class Memory {
  readonly #store: Store;
  readonly #warn: (warning: Warning) => void;

  constructor(store: Store, warn: (warning: Warning) => void) {
    this.#store = store;
    this.#warn = warn;
  }

  get(key: string): Promise<StoredUpload | undefined> {
    return this.#tried(() => this.#store.get(key));
  }

  put(upload: StoredUpload): Promise<void> {
    return this.#tried(() => this.#store.put(upload));
  }

  delete(key: string): Promise<void> {
    return this.#tried(() => this.#store.delete(key));
  }

  /** Undefined when it fails. */
  async #tried<Value>(action: () => Promise<Value>): Promise<Value> {
    return action().catch((cause) => {
      const error = new StateUnusable({ code: "state_unusable", detail: "Nothing is kept for after a reload.", cause });
      this.#warn(error);
      return undefined as Value;
    });
  }
}
