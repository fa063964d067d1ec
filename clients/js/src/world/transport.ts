/**
 * XMLHttpRequest where somebody watches the bytes go, fetch where not: fetch is up to a fifth faster, and tells nothing
 * on the way. Blobs are sent, never buffers: the browser streams them from disk.
 * @module
 */
import type { Transport, TransportAnswer, TransportRequest } from "../seams.js";

const NOTHING: TransportAnswer = { status: 0, header: () => null, text: "" };

async function byFetch({ method, url, headers, body, signal }: TransportRequest): Promise<TransportAnswer> {
  try {
    const answer = await fetch(url, { method, headers, body, signal, credentials: "omit", cache: "no-store" });
    const text = await answer.text();
    return { status: answer.status, header: (name) => answer.headers.get(name), text };
  } catch {
    return NOTHING;
  }
}

function byXhr({ method, url, headers, body, signal, onSent }: TransportRequest): Promise<TransportAnswer> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(NOTHING);
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    signal.addEventListener("abort", abort);
    request.upload.onprogress = (event) => onSent?.(event.loaded);
    request.onloadend = () => {
      signal.removeEventListener("abort", abort);
      const { status, responseText } = request;
      resolve(status ? { status, header: (name) => request.getResponseHeader(name), text: responseText } : NOTHING);
    };
    request.open(method, url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.send(body);
  });
}

export const webTransport: Transport = {
  send: (request) => (request.onSent && typeof XMLHttpRequest === "function" ? byXhr(request) : byFetch(request)),
  async reaches(url, signal) {
    try {
      // no-cors: any answer counts, also one that this page may not read
      await fetch(url, { method: "HEAD", mode: "no-cors", credentials: "omit", cache: "no-store", signal });
      return true;
    } catch {
      return false;
    }
  },
};
