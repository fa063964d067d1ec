/** The page of the tests: somebody's own web page, on another origin than API and S3. */
import { bare } from "./bare.js";

declare global {
  interface Window {
    bare: typeof bare;
  }
}

window.bare = bare;
