import type { Store, StoredUpload } from "../seams.js";

interface Lease {
  key: string;
  holder: string;
  until: number;
}

/** Whether `holder` may have it now. */
function isFree(lease: Lease | undefined, holder: string, now: number): boolean {
  return !lease || lease.holder === holder || lease.until <= now;
}

/** Kept as long as the page is. */
export function memoryStore(): Store {
  const kept = new Map<string, StoredUpload>();
  const leases = new Map<string, Lease>();
  return {
    async add(upload) {
      const known = kept.get(upload.key);
      if (!known) kept.set(upload.key, structuredClone(upload));
      return known ?? upload;
    },
    put: async (upload) => void kept.set(upload.key, structuredClone(upload)),
    delete: async (key) => void kept.delete(key),
    list: async () => [...kept.values()],
    async claim(key, holder, now, until) {
      const isMine = isFree(leases.get(key), holder, now);
      if (isMine) leases.set(key, { key, holder, until });
      return isMine;
    },
  };
}

const TABLE = "uploads";

function answered<Value>(request: IDBRequest<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

// biome-ignore lint/suspicious/noExplicitAny: IDBRequest is invariant, and rows are what was put
type Act = (rows: IDBObjectStore) => IDBRequest<any>;

/** A database of one table, opened when it is needed: gives its rows, in a transaction of their own. */
function database(name: string): () => Promise<IDBObjectStore> {
  let opened: Promise<IDBDatabase> | undefined;
  const open = () => {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(TABLE, { keyPath: "key" });
    return answered(request);
  };
  return async () => {
    opened ??= open();
    return (await opened).transaction(TABLE, "readwrite").objectStore(TABLE);
  };
}

/** IndexedDB of this origin. Every call rejects where the browser keeps nothing, as in some private windows. */
export function indexedStore(name = "portway"): Store {
  const uploads = database(name);
  const leases = database(`${name}-leases`);
  const did = async (act: Act) => answered(act(await uploads()));
  return {
    list: () => did((rows) => rows.getAll()),
    put: (upload) => did((rows) => rows.put(upload)),
    delete: (key) => did((rows) => rows.delete(key)),
    async add(upload) {
      const rows = await uploads(); // one transaction: no other begins before it ends
      const known = await answered<StoredUpload | undefined>(rows.get(upload.key));
      if (!known) rows.put(upload);
      return known ?? upload;
    },
    async claim(key, holder, now, until) {
      const rows = await leases(); // one transaction, too
      const isMine = isFree(await answered<Lease | undefined>(rows.get(key)), holder, now);
      if (isMine) until > now ? rows.put({ key, holder, until }) : rows.delete(key);
      return isMine;
    },
  };
}
