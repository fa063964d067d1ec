/** The local stack that a run of these tests is given, as `make dev` prints it, and the folders of the run. */
export interface Site {
  readonly api: string;
  readonly s3: string;
  readonly tokens: Readonly<Record<"owner" | "colleague" | "stranger" | "operator", string>>;
}

/** A variable that tests/browser/suite.py sets. */
function given(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is missing: run these tests by pytest (CONTRIBUTING.md)`);
  return value;
}

export const site = JSON.parse(given("PORTWAY_SITE")) as Site;
/** Where the bare page is: an origin of its own, which the stack allows. */
export const pageUrl = given("PORTWAY_TEST_PAGE");
/** A signed URL: S3's list of multipart uploads that are not finished. */
export const unfinished = given("PORTWAY_UNFINISHED");
export const engine = given("PORTWAY_ENGINE") as "chromium" | "firefox";
/** For files that are sent. */
export const folder = given("PORTWAY_FILES");
/** For screenshots. */
export const artefacts = given("PORTWAY_ARTEFACTS");
/** By how many seconds the stack's clock is ahead stands in this file (docs/local-stack.md). */
export const ahead = given("PORTWAY_AHEAD");
