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
  #search: Promise<boolean> | null = null;
  #waiting = 0;

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
    signal.throwIfAborted();
    this.#waiting += 1;
    this.#search ??= this.#comeBack().finally(() => {
      this.#search = null;
    });
    return orAborted(this.#search, signal).finally(() => {
      this.#waiting -= 1;
    });
  }

  /** Looks as long as somebody waits. */
  async #comeBack(): Promise<boolean> {
    const { clock, online, transport } = this.#seams;
    const since = clock.now();
    for (let asked = 0; this.#waiting > 0; asked++) {
      if (online.isOnline() && (await transport.reaches(this.#url, new AbortController().signal))) return asked > 0;
      if (clock.now() - since >= this.#mostMs)
        throw new Offline({ code: "offline", detail: "There is no network.", retryable: true });
      const back = new AbortController(); // the browser may say when
      const off = online.onReturn(() => back.abort());
      await clock.sleep(Math.min(MOST_MS, FIRST_MS * 2 ** asked), back.signal);
      off();
    }
    return true;
  }
}
