import type { Store, StoredUpload } from "../seams.js";

/** Kept as long as the page is. */
export function memoryStore(): Store {
  const kept = new Map<string, StoredUpload>();
  return {
    get: async (key) => kept.get(key),
    put: async (upload) => void kept.set(upload.key, structuredClone(upload)),
    delete: async (key) => void kept.delete(key),
    list: async () => [...kept.values()],
  };
}

const TABLE = "uploads";

function answered<Value>(request: IDBRequest<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** IndexedDB of this origin. Every call rejects where the browser keeps nothing, as in some private windows. */
export function indexedStore(name = "portway"): Store {
  let opened: Promise<IDBDatabase> | undefined;
  const open = () => {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(TABLE, { keyPath: "key" });
    return answered(request);
  };
  const table = async (mode: IDBTransactionMode) => {
    opened ??= open();
    return (await opened).transaction(TABLE, mode).objectStore(TABLE);
  };
  return {
    get: async (key) => answered<StoredUpload | undefined>((await table("readonly")).get(key)),
    put: async (upload) => void (await answered((await table("readwrite")).put(upload))),
    delete: async (key) => void (await answered((await table("readwrite")).delete(key))),
    list: async () => answered<StoredUpload[]>((await table("readonly")).getAll()),
  };
}
