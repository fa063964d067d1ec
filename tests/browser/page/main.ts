/** The page of the tests: somebody's own web page, on another origin than API and S3. */
import { bare } from "./bare.js";
import { desk } from "./desk.js";

declare global {
  interface Window {
    bare: typeof bare;
    desk: typeof desk;
  }
}

window.bare = bare;
window.desk = desk;
