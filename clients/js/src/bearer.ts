import { Unauthorized } from "./errors.js";
import type { Token } from "./types.js";

/** A token is not used in its last minute. */
const EARLY_MS = 60_000;

/** The token of the moment. A function that gives tokens is asked by one at a time. */
export class Bearer {
  readonly #source: Token;
  readonly #now: () => number;
  #asked: Promise<string> | null = null;
  #endsAt = Number.POSITIVE_INFINITY;

  constructor(source: Token, now: () => number) {
    this.#source = source;
    this.#now = now;
  }

  /** Rejects with Unauthorized when the function throws. */
  get(): Promise<string> {
    if (this.#now() > this.#endsAt - EARLY_MS) this.#asked = null;
    this.#asked ??= this.#ask();
    return this.#asked;
  }

  /** Not this one any more: the server did not take it, or who waited for it went away. */
  forget(token: Promise<string>): void {
    if (this.#asked === token) this.#asked = null;
  }

  async #ask(): Promise<string> {
    this.#endsAt = Number.POSITIVE_INFINITY;
    try {
      const answer = typeof this.#source === "function" ? await this.#source() : this.#source;
      const { token = answer, expiresAt } = Object(answer);
      if (expiresAt) this.#endsAt = new Date(expiresAt).getTime();
      return token;
    } catch (cause) {
      this.#endsAt = Number.NEGATIVE_INFINITY; // what threw at once is not yet in #asked: get() lets go of it
      const detail = `No token could be had: ${Object(cause).message ?? cause}`;
      throw new Unauthorized({ code: "no_token", detail, retryable: true, cause });
    }
  }
}
