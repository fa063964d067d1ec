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

  /** The server did not take this token. Whether another can be had. */
  refused(token: Promise<string>): boolean {
    if (typeof this.#source === "string") return false;
    if (this.#asked === token) this.#asked = null;
    return true;
  }

  async #ask(): Promise<string> {
    if (typeof this.#source === "string") return this.#source;
    this.#endsAt = Number.POSITIVE_INFINITY;
    try {
      const answer = await this.#source();
      if (typeof answer === "string") return answer;
      if (answer.expiresAt) this.#endsAt = new Date(answer.expiresAt).getTime();
      return answer.token;
    } catch (cause) {
      this.#endsAt = Number.NEGATIVE_INFINITY; // what threw at once is not yet in #asked: get() lets go of it
      throw new Unauthorized({ code: "no_token", detail: "No token could be had.", retryable: true, cause });
    }
  }
}
