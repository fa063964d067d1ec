import { type Job, type Open, partChecksum } from "./job.js";
import { windowFor } from "./plan.js";
import type { Signed, SignedPart } from "./wire.js";

/** A URL is not used in its last seconds, or in its last fifth if it is short-lived. */
const LAST_MS = 10_000;
const LAST_SHARE = 0.2;
const USUAL_LIFE_MS = 900_000;

/** A part that may be sent. Times are the server's. */
export interface Ready extends SignedPart {
  checksum: string | undefined;
  staleAt: number;
}

/**
 * Parts in order, hashed and signed one batch ahead of those that are sent.
 *
 * Where parts are hashed a batch is small, because a URL is bound to a checksum that has to be known before; else it is
 * a window of what can be sent in half of the URLs' life.
 */
export class Supply {
  readonly #job: Job;
  readonly #open: Open;
  readonly #todo: number[];
  readonly #ready: Ready[] = [];
  #filling: Promise<void> | null = null;
  #batch: number;
  #lifeMs = USUAL_LIFE_MS;

  constructor(job: Job, open: Open) {
    this.#job = job;
    this.#open = open;
    this.#ready.push(...(open.signed ? this.#readyOf(open.signed) : []));
    this.#batch = this.#ready.length + 1;
    this.#todo = open.missing.filter((number) => this.#ready.every((part) => part.number !== number));
  }

  /** null once nothing is left to begin. Rejects when parts cannot be hashed or signed. */
  async next(): Promise<Ready | null> {
    for (;;) {
      const part = this.#ready.shift();
      this.#fillAhead();
      if (part && !this.isStale(part)) return part;
      if (part) this.#todo.unshift(part.number);
      else if (!(await this.#more())) return null;
    }
  }

  async #more(): Promise<boolean> {
    await this.#filling;
    return this.#ready.length > 0 || this.#todo.length > 0;
  }

  /** Whether the URL is of no use any more, or will not be in `withinMs`. */
  isStale(part: Ready, withinMs = 0): boolean {
    return this.#job.kit.api.serverNow() + withinMs >= part.staleAt;
  }

  /** The same part with a URL of now. */
  async again(number: number): Promise<Ready> {
    const [part] = await this.#signed([number]);
    return part as Ready;
  }

  #fillAhead(): void {
    if (this.#filling || this.#todo.length === 0 || this.#ready.length >= this.#job.kit.pace.most) return;
    this.#filling = this.#fill().finally(() => {
      this.#filling = null;
    });
    this.#filling.catch(() => {}); // whoever waits for a part hears of it; nobody may wait now
  }

  async #fill(): Promise<void> {
    const numbers = this.#todo.splice(0, this.#size());
    try {
      this.#ready.push(...(await this.#signed(numbers)));
    } catch (error) {
      this.#todo.unshift(...numbers);
      throw error;
    }
  }

  #size(): number {
    const { pace, partTime } = this.#job.kit;
    if (this.#open.algorithm) {
      const size = this.#batch; // the first part is on its way while the second and third are hashed
      this.#batch = Math.min(2 * size, pace.most);
      return size;
    }
    const seconds = partTime.secondsFor(this.#open.layout.partSize);
    return windowFor(pace.most, this.#lifeMs / 1000, seconds && pace.limit / seconds);
  }

  async #signed(numbers: number[]): Promise<Ready[]> {
    const hashing = numbers.map(async (number) => [number, await partChecksum(this.#job, this.#open, number)]);
    const checksums = this.#open.algorithm ? Object.fromEntries(await Promise.all(hashing)) : undefined;
    const body = { numbers, checksums };
    return this.#readyOf(await this.#job.kit.api.ask<Signed>(this.#job, `POST uploads/${this.#open.id}/parts`, body));
  }

  #readyOf(signed: Signed): Ready[] {
    const end = Date.parse(signed.expires_at);
    this.#lifeMs = end - Date.parse(signed.server_time);
    const staleAt = end - Math.min(LAST_MS, this.#lifeMs * LAST_SHARE);
    const { checksums } = this.#job;
    return signed.parts.map((part) => ({ ...part, staleAt, checksum: checksums.get(part.number) }));
  }
}
