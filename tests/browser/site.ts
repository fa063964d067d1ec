/** The local stack that a run of these tests is given, as `make dev` prints it. */
export interface Site {
  readonly api: string;
  readonly s3: string;
  readonly tokens: Readonly<Record<"owner" | "colleague" | "stranger" | "operator", string>>;
}

/** The stack of this run. */
export function site(): Site {
  return JSON.parse(process.env["PORTWAY_SITE"] ?? "null") as Site;
}
