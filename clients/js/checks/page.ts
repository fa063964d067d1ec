/** What a page imports; the budget is for this and all it needs. */
export { createUploader } from "../src/index.js";
