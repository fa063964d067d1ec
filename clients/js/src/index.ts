/** Send files of any size to a Portway upload backend, from browsers, workers and Node. */
export * from "./errors.js";
export type * from "./seams.js";
export type * from "./types.js";
export { createUploader } from "./uploader.js";
export { localHasher, workerHasher } from "./world/hasher.js";
export { indexedStore, memoryStore } from "./world/store.js";
export { webTransport } from "./world/transport.js";
/** The version of this client, as its package says it. */
export const VERSION = "0.1.0";
