import { checksumOf } from "../crc.js";
import type { Hasher } from "../seams.js";

/** Hashes on this thread, a millisecond at a time. */
export const localHasher: Hasher = {
  checksum: (file, start, end, algorithm, signal) => checksumOf(file.slice(start, end), algorithm, signal),
  close: () => {},
};

interface Task {
  resolve: (checksum: string | null) => void;
  reject: (error: Error) => void;
}

/**
 * Hashes in a worker; on this thread where there is none, as when a Content-Security-Policy without `worker-src` or
 * another origin forbids it.
 * @param start - makes the worker; by default the package's own file beside this one
 */
export function workerHasher(start: () => Worker = packaged): Hasher {
  const tasks = new Map<number, Task>();
  let worker: Worker | null | undefined;
  let count = 0;
  const giveUp = () => {
    worker = null;
    for (const task of tasks.values()) task.resolve(null);
    tasks.clear();
  };
  const running = () => {
    if (worker === undefined) worker = started(start, tasks, giveUp);
    return worker;
  };
  return {
    async checksum(file, start, end, algorithm, signal) {
      const target = running();
      if (!target) return localHasher.checksum(file, start, end, algorithm, signal);
      const id = ++count;
      const blob = file.slice(start, end);
      const made = new Promise<string | null>((resolve, reject) => tasks.set(id, { resolve, reject }));
      target.postMessage({ id, blob, algorithm });
      const checksum = await made;
      signal.throwIfAborted();
      return checksum ?? localHasher.checksum(file, start, end, algorithm, signal);
    },
    close() {
      worker?.terminate();
      giveUp();
      worker = undefined;
    },
  };
}

function packaged(): Worker {
  return new Worker(new URL("./worker.js", import.meta.url), { type: "module", name: "portway-checksums" });
}

function started(start: () => Worker, tasks: Map<number, Task>, giveUp: () => void): Worker | null {
  try {
    const worker = start();
    worker.onerror = (event) => {
      event.preventDefault();
      giveUp();
    };
    worker.onmessage = ({ data }: MessageEvent<{ id: number; checksum?: string; error?: string }>) => {
      const task = tasks.get(data.id);
      tasks.delete(data.id);
      if (data.checksum === undefined) task?.reject(new Error(data.error));
      else task?.resolve(data.checksum);
    };
    return worker;
  } catch {
    return null;
  }
}
