import { Offline } from "./errors.js";
import type { Seams } from "./seams.js";
import { orAborted } from "./waiting.js";

const FIRST_MS = 500;
const MOST_MS = 10_000;

/** Whether there is a network at all, found out once for everybody who wonders. */
export class Network {
  readonly #seams: Pick<Seams, "clock" | "online" | "transport">;
  readonly #url: string;
  readonly #mostMs: number;
  #search: { found: Promise<boolean>; stop: AbortController; waiting: number } | null = null;

  /** @param url - what has to answer, with whatever */
  constructor(seams: Pick<Seams, "clock" | "online" | "transport">, url: string, mostSeconds: number) {
    this.#seams = seams;
    this.#url = url;
    this.#mostMs = mostSeconds * 1000;
  }

  /**
   * After a request without an answer. Resolves when the network is there: true if it was away meanwhile, so that the
   * failure says nothing of the other side; false if it never was. Rejects with Offline after too long.
   */
  async wasAway(signal: AbortSignal): Promise<boolean> {
    const search = this.#search ?? this.#begin();
    search.waiting += 1;
    try {
      return await orAborted(search.found, signal);
    } finally {
      search.waiting -= 1;
      if (search.waiting === 0) search.stop.abort();
    }
  }

  #begin() {
    const stop = new AbortController();
    const found = this.#comeBack(stop.signal).finally(() => {
      if (this.#search === search) this.#search = null;
    });
    found.catch(() => {}); // whoever waits hears of it
    const search = { found, stop, waiting: 0 };
    this.#search = search;
    return search;
  }

  async #comeBack(stop: AbortSignal): Promise<boolean> {
    const { clock, online, transport } = this.#seams;
    const since = clock.now();
    for (let asked = 0; ; asked++) {
      stop.throwIfAborted();
      if (online.isOnline() && (await transport.reaches(this.#url, stop))) return asked > 0;
      if (clock.now() - since >= this.#mostMs)
        throw new Offline({ code: "offline", detail: "There is no network.", retryable: true });
      await this.#rest(Math.min(MOST_MS, FIRST_MS * 2 ** asked), stop);
    }
  }

  /** A pause that ends when the browser says that the network came back. */
  async #rest(ms: number, stop: AbortSignal): Promise<void> {
    const back = new AbortController();
    const off = this.#seams.online.onReturn(() => back.abort());
    await this.#seams.clock.sleep(ms, AbortSignal.any([stop, back.signal]));
    off();
  }
}
