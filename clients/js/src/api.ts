import { Bearer } from "./bearer.js";
import { Network } from "./network.js";
import { Budget, pauseMs, secondsOf, Tries } from "./patience.js";
import type { Seams } from "./seams.js";
import type { UploaderOptions, WaitReason } from "./types.js";
import { type CallVerdict, errorOf, judgeCall, parsed } from "./verdicts.js";
import { attempt, type Outcome, orAborted, pause } from "./waiting.js";

/** The API's own limit is 29 s. */
const ANSWER_MS = 35_000;
/** Where no answer could ever be read, it is not the network that makes them unreadable. */
const MOST_UNREAD = 5;

interface Call {
  caller: Caller;
  method: string;
  url: string;
  body: string | null;
  key: string | undefined;
  tries: Tries;
  mayRenew: boolean;
}

/** What a caller brings: when to stop, what it may lose, who hears of pauses and why. */
export interface Caller {
  signal: AbortSignal;
  budget: Budget;
  resting<Value>(what: Promise<Value>, why?: WaitReason): Promise<Value>;
}

/** Somebody without an upload. */
export function anybody(): Caller {
  return { signal: new AbortController().signal, budget: new Budget(), resting: (what) => what };
}

/** The native API. Every call is repeated until there is a real answer, a refusal, or nothing left to lose. */
export class Api {
  readonly network: Network;
  readonly #seams: Seams;
  readonly #root: string;
  readonly #bearer: Bearer;
  readonly #retries: number;
  #offsetMs = 0;
  #wasRead = false;

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
   * @param key - Idempotency-Key of what creates; it is not broken off half way: who cancels has to know what it made
   */
  async ask<Document extends object>(caller: Caller, name: string, body?: object, key?: string): Promise<Document> {
    const [method = "", path] = name.split(" ");
    const url = `${this.#root}/v1/${path}`;
    const tries = new Tries(caller.budget, this.#retries);
    const call = { caller, method, url, key, tries, body: body ? JSON.stringify(body) : null, mayRenew: true };
    for (;;) {
      const token = this.#bearer.get();
      const words = await caller.resting(orAborted(token, caller.signal), "token").finally(() => {
        if (caller.signal.aborted) this.#bearer.forget(token); // who comes next does not wait for what may never come
      });
      const answer = await this.#once(call, words);
      const document = this.#read<Document>(answer);
      if (document) return document;
      await this.#prepareAnother(call, answer, token);
    }
  }

  #read<Document extends object>(answer: Outcome): Document | null {
    this.#wasRead ||= answer.status !== 0;
    if (judgeCall(answer.status) !== "good") return null;
    const document = answer.status === 204 ? {} : parsed<{ server_time?: string }>(answer.text); // null: half of it
    if (document?.server_time) this.#offsetMs = Date.parse(document.server_time) - this.#seams.clock.now();
    return document as Document | null;
  }

  /** Resolves once the call may be made again; rejects when this answer is the last word. */
  async #prepareAnother(call: Call, answer: Outcome, token: Promise<string>): Promise<void> {
    const { caller, tries } = call;
    const verdict = judgeCall(answer.status);
    const isUnread = verdict === "unread";
    if (isUnread && (await caller.resting(this.network.wasAway(caller.signal), "network"))) return;
    const isSuspect = verdict === "token" || isUnread; // a browser may not read a gateway's 401
    if (isSuspect && call.mayRenew) {
      call.mayRenew = false;
      return this.#bearer.forget(token);
    }
    const isHopeless = isUnread && !this.#wasRead && tries.failures > MOST_UNREAD;
    if (isFinal(verdict, answer) || isHopeless || !tries.fail()) throw errorOf(answer, `${call.method} ${call.url}`);
    const ms = pauseMs(tries.failures, this.#seams.random(), secondsOf(answer.header("retry-after")));
    await caller.resting(pause(this.#seams.clock, ms, caller.signal));
  }

  #once({ caller, method, url, body, key }: Call, token: string): Promise<Outcome> {
    const headers = {
      authorization: `Bearer ${token}`,
      ...(body && { "content-type": "application/json" }),
      ...(key && { "idempotency-key": key }),
    };
    const signal = key ? new AbortController().signal : caller.signal;
    return attempt(this.#seams, { method, url, headers, body, signal }, ANSWER_MS);
  }
}

/** Also a web page, which no Portway answers. */
function isFinal(verdict: CallVerdict, { text }: Outcome): boolean {
  return verdict === "no" || verdict === "token" || (verdict === "good" && text.startsWith("<"));
}
