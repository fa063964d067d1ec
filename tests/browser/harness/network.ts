import { site } from "./site.js";

/** The networks before the API and before S3, which do what they are told (docs/local-stack.md). */
export const network = {
  /** A plan for one of them, `down_after=3` or `expired=1,times=1`, until the next one. */
  async tell(where: "api" | "s3", plan: string): Promise<void> {
    const answer = await fetch(`${site[where]}/-/network`, { method: "PUT", body: plan });
    if (!answer.ok) throw new Error(await answer.text());
  },
  /** No connection lives, none can be made; or all is well again. */
  async turn(state: "down" | "up"): Promise<void> {
    const plan = state === "down" ? "down_after=0" : "";
    await Promise.all([this.tell("api", plan), this.tell("s3", plan)]);
  },
};
