/**
 * Waiting with an end: for an abort, for an answer that does not come.
 * @module
 */
import type { Clock, Transport, TransportAnswer, TransportRequest } from "./seams.js";

/** The promise, or a rejection with the signal's reason if that comes first. */
export function orAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort);
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

/** Pauses; rejects with the signal's reason when it is aborted. */
export async function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  await clock.sleep(ms, signal);
  signal.throwIfAborted();
}

export interface Outcome extends TransportAnswer {
  /** Given up because nothing moved. */
  timedOut: boolean;
}

/** One request, given up after `stallMs` in which nothing moved. Rejects only when `request.signal` is aborted. */
export async function attempt(
  world: { transport: Transport; clock: Clock },
  request: TransportRequest,
  stallMs: number,
): Promise<Outcome> {
  const { onSent, signal } = request;
  const watch = new AbortController();
  const over = new AbortController();
  let moved = world.clock.now();
  const sent = (bytes: number) => {
    moved = world.clock.now();
    onSent?.(bytes);
  };
  void (async () => {
    for (let left = stallMs; left > 0 && !over.signal.aborted; left = moved + stallMs - world.clock.now())
      await world.clock.sleep(left, over.signal);
    if (!over.signal.aborted) watch.abort();
  })();
  const both = AbortSignal.any([signal, watch.signal]);
  const answer = await world.transport.send({ ...request, signal: both, ...(onSent && { onSent: sent }) });
  over.abort();
  signal.throwIfAborted();
  return { ...answer, header: answer.header, timedOut: watch.signal.aborted };
}

/** A promise and its ends. It does not complain when nobody listens. */
export class Promised<Value> {
  resolve!: (value: Value) => void;
  reject!: (error: unknown) => void;
  readonly promise = new Promise<Value>((resolve, reject) => {
    this.resolve = resolve;
    this.reject = reject;
  });

  constructor() {
    this.promise.catch(() => {});
  }
}
