import { checksumOf } from "../crc.js";
import type { Algorithm, Hasher } from "../seams.js";
import { orAborted } from "../waiting.js";

/** Hashes on this thread, a quarter of a millisecond at a time. */
export const localHasher: Hasher = {
  checksum: (file, start, end, algorithm, signal) => checksumOf(file.slice(start, end), algorithm, signal),
  close: () => {},
};

/** What a worker answers; nothing when it does not run. */
interface Hashed {
  checksum?: string;
  error?: string;
}

interface Running {
  worker: Worker | undefined;
  broken: Promise<Hashed>;
}

/**
 * Hashes in a worker; on this thread where there is none, as when a Content-Security-Policy without `worker-src` or
 * another origin forbids it.
 * @param start - makes the worker; by default the package's own file beside this one
 */
export function workerHasher(start: () => Worker = packaged): Hasher {
  let running: Running | undefined;
  return {
    async checksum(file, from, to, algorithm, signal) {
      running ??= begun(start);
      const answer = await orAborted(asked(running, file.slice(from, to), algorithm), signal);
      if (answer.checksum) return answer.checksum;
      if (answer.error) throw new Error(answer.error);
      return localHasher.checksum(file, from, to, algorithm, signal);
    },
    close() {
      running?.worker?.terminate();
      running = undefined;
    },
  };
}

function packaged(): Worker {
  return new Worker(new URL("./worker.js", import.meta.url), { type: "module", name: "portway-checksums" });
}

function begun(start: () => Worker): Running {
  let worker: Worker | undefined;
  const broken = new Promise<Hashed>((resolve) => {
    try {
      worker = start();
      worker.onerror = (event) => {
        event.preventDefault();
        resolve({});
      };
    } catch {
      resolve({});
    }
  });
  return { worker, broken };
}

function asked({ worker, broken }: Running, blob: Blob, algorithm: Algorithm): Promise<Hashed> {
  if (!worker) return broken; // and no port: in Node an open one keeps the program from ending
  const { port1, port2 } = new MessageChannel();
  const answer = new Promise<Hashed>((resolve) => {
    port1.onmessage = ({ data }) => resolve(data);
    worker.postMessage({ blob, algorithm, port: port2 }, [port2]);
  });
  return Promise.race([broken, answer]);
}
