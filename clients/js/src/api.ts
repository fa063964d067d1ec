import { Bearer } from "./bearer.js";
import { Unavailable } from "./errors.js";
import { Network } from "./network.js";
import { type Budget, pauseMs, secondsOf, Tries } from "./patience.js";
import type { Seams } from "./seams.js";
import type { UploaderOptions } from "./types.js";
import { errorOf, judgeCall, parsed } from "./verdicts.js";
import { attempt, type Outcome, pause } from "./waiting.js";

/** The API's own limit is 29 s. */
const ANSWER_MS = 35_000;

export interface CallOptions {
  headers?: Record<string, string>;
  /** Not broken off half way: who cancels has to know what it made. */
  finishes?: boolean;
}

interface Call extends CallOptions {
  /** `GET uploads/…`: method, and path below /v1/. */
  name: string;
  body: unknown;
}

/** What a caller brings: when to stop, what it may lose, who hears of pauses. */
export interface Caller {
  signal: AbortSignal;
  budget: Budget;
  resting<Value>(what: Promise<Value>): Promise<Value>;
}

interface Trial {
  tries: Tries;
  mayRenew: boolean;
}

/** The native API. Every call is repeated until there is a real answer, a refusal, or nothing left to lose. */
export class Api {
  readonly network: Network;
  readonly #seams: Seams;
  readonly #root: string;
  readonly #bearer: Bearer;
  readonly #retries: number;
  #offsetMs = 0;

  constructor(options: UploaderOptions, seams: Seams) {
    this.#seams = seams;
    this.#root = options.endpoint.replace(/\/+$/, "");
    this.#retries = options.retries ?? 3;
    this.#bearer = new Bearer(options.token, () => this.serverNow());
    this.network = new Network(seams, this.#root, options.offlineSeconds ?? Number.POSITIVE_INFINITY);
  }

  /** The server's clock, as its last answer told it. */
  serverNow(): number {
    return this.#seams.clock.now() + this.#offsetMs;
  }

  /**
   * The document of a successful call; {} when it has none. Rejects with the error of a refusal.
   * @param name - method, and path below /v1/: `GET uploads/…`
   */
  async ask<Document extends object>(
    caller: Caller,
    name: string,
    body?: object,
    options: CallOptions = {},
  ): Promise<Document> {
    const call = { name, body, ...options };
    const trial = { tries: new Tries(caller.budget, this.#retries), mayRenew: true };
    for (;;) {
      const token = this.#bearer.get();
      const answer = await this.#once(call, await token, call.finishes ? new AbortController().signal : caller.signal);
      const document = this.#read<Document>(answer);
      if (document) return document;
      await this.#prepareAnother(call, caller, answer, token, trial);
    }
  }

  #read<Document extends object>(answer: Outcome): Document | null {
    if (judgeCall(answer.status) !== "good") return null;
    const document = answer.status === 204 ? {} : parsed<{ server_time?: string }>(answer.text); // null: half of it
    if (document?.server_time) this.#offsetMs = Date.parse(document.server_time) - this.#seams.clock.now();
    return document as Document | null;
  }

  /** Resolves once the call may be made again; rejects when this answer is the last word. */
  async #prepareAnother(call: Call, caller: Caller, answer: Outcome, token: Promise<string>, trial: Trial) {
    const verdict = judgeCall(answer.status);
    if (verdict === "no") throw errorOf(answer, call.name);
    if (verdict === "unread" && (await caller.resting(this.network.wasAway(caller.signal)))) return;
    const suspect = verdict === "token" || verdict === "unread"; // a browser may not read a gateway's 401
    if (suspect && trial.mayRenew && this.#bearer.refused(token)) {
      trial.mayRenew = false;
      return;
    }
    if (verdict === "token" || !trial.tries.fail()) throw this.#lastWord(answer, call);
    const ms = pauseMs(trial.tries.failures, this.#seams.random(), secondsOf(answer.header("retry-after")));
    await caller.resting(pause(this.#seams.clock, ms, caller.signal));
  }

  #once({ name, body, headers: more }: Call, token: string, signal: AbortSignal): Promise<Outcome> {
    const [method = "", path] = name.split(" ");
    const text = body === undefined ? null : JSON.stringify(body);
    const headers = {
      authorization: `Bearer ${token}`,
      ...(text && { "content-type": "application/json" }),
      ...more,
    };
    return attempt(this.#seams, { method, url: `${this.#root}/v1/${path}`, headers, body: text, signal }, ANSWER_MS);
  }

  #lastWord(answer: Outcome, { name }: Call): Error {
    if (answer.status !== 0) return errorOf(answer, name);
    const detail = `${this.#root} is there, but cannot be read: its CORS rules have to name this page's origin.`;
    return new Unavailable({ code: "unreadable", detail, retryable: true });
  }
}
