/** Defines `<portway-uploader>`; importing it twice is fine. */

import { PortwayUploader } from "./element/element.js";

export type { PortwayEvents } from "./element/element.js";
export { PortwayUploader };

if (!customElements.get("portway-uploader")) customElements.define("portway-uploader", PortwayUploader);
