import { site } from "./site.js";

/** How many requests, and bodies for S3, came since the plan before. */
interface Came {
  readonly requests: number;
  readonly bodies: number;
}

/** The network before API and S3, which does what it is told (docs/local-stack.md). */
export const network = {
  /** A plan for both, `down_after=3` or `slow=1`, until the next one; for S3 alone if so asked. */
  async tell(plan: string, where: "everywhere" | "s3" = "everywhere"): Promise<Came> {
    const path = where === "s3" ? "/-/network/here" : "/-/network";
    const answer = await fetch(site.s3 + path, { method: "PUT", body: plan });
    const text = await answer.text();
    if (!answer.ok) throw new Error(text);
    return JSON.parse(text) as Came;
  },
  /** All is well again. */
  up(): Promise<Came> {
    return this.tell("");
  },
};
