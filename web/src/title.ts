import { VERSION } from "@portway/client";

/** What the page is called. */
export function title(): string {
  return `Portway ${VERSION}`;
}
