/**
 * How often and after which pause something is tried again. Pure.
 * @module
 */

const FIRST_MS = 1000;
const MOST_MS = 10_000;
/** Failures that an upload may have beyond those that each part and call has for itself. A stored part gives one back,
 * so a bad network that lets parts through never uses it up. */
const SPARE = 20;

/** Full jitter: a random part of 1 s, 2 s, 4 s … 10 s, after what the server asked for. */
export function pauseMs(failures: number, random: number, retryAfterSeconds = 0): number {
  return retryAfterSeconds * 1000 + random * Math.min(MOST_MS, FIRST_MS * 2 ** (failures - 1));
}

/** What an upload may lose before it gives up. */
export class Budget {
  #left = SPARE;

  stored(): void {
    this.#left = Math.min(SPARE, this.#left + 1);
  }

  spend(): boolean {
    this.#left -= 1;
    return this.#left >= 0;
  }
}

/** The tries of one part or call: its own first, then those of the upload. */
export class Tries {
  readonly #budget: Budget;
  readonly #own: number;
  failures = 0;

  constructor(budget: Budget, own: number) {
    this.#budget = budget;
    this.#own = own;
  }

  /** Counts a failure. Whether there is another try. */
  fail(): boolean {
    this.failures += 1;
    return this.failures <= this.#own || this.#budget.spend();
  }
}

/** Seconds of a Retry-After header; 0 when it is absent or a date, which nobody's clock can be trusted with. */
export function secondsOf(header: string | null): number {
  return header && /^\d{1,4}$/.test(header) ? Number(header) : 0;
}
