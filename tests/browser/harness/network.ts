import { site } from "./site.js";

/** How many requests, and bodies for S3, came since the plan before. */
interface Came {
  readonly requests: number;
  readonly bodies: number;
}

/** The network before API and S3, which does what it is told (docs/local-stack.md). */
export const network = {
  /** A plan, `down_after=3` or `slow=1`, until the next one: for both, or for the way to one of them. */
  async tell(plan: string, where?: "api" | "s3"): Promise<Came> {
    const url = where ? `${site[where]}/-/network/here` : `${site.s3}/-/network`;
    const answer = await fetch(url, { method: "PUT", body: plan });
    const text = await answer.text();
    if (!answer.ok) throw new Error(text);
    return JSON.parse(text) as Came;
  },
  /** All is well again. */
  up(): Promise<Came> {
    return this.tell("");
  },
};
