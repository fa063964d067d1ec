import { ChecksumMismatch, FileChanged, PartRefused, Unavailable } from "./errors.js";
import { type Job, LookAgain, type Open, partChecksum, unreadable } from "./job.js";
import { pauseMs, secondsOf, Tries } from "./patience.js";
import { bounds } from "./plan.js";
import { type Ready, Supply } from "./supply.js";
import { judgePart, type PartVerdict, s3Code } from "./verdicts.js";
import { attempt, type Outcome, pause } from "./waiting.js";

/** A part of which nothing moved for so long is sent anew. */
const STALL_MS = 60_000;
/** Fresh URLs in a row that S3 may refuse, and times that a part may arrive damaged. */
const MOST_IN_A_ROW = 2;

/** An answer that cannot be read, so near to the end of a URL, may have been a refusal. */
const NEAR_MS = 30_000;

/** What one part went through. */
interface Course {
  part: Ready;
  readonly tries: Tries;
  verdict: PartVerdict;
  /** How often that came in a row. */
  inARow: number;
}

/** Sends parts, each until S3 has it or there is nothing left to try. */
export class Sender {
  readonly #job: Job;
  readonly #open: Open;
  readonly #supply: Supply;

  constructor(job: Job, open: Open, supply: Supply) {
    this.#job = job;
    this.#open = open;
    this.#supply = supply;
  }

  /** Rejects with LookAgain when the upload may have ended elsewhere, else with what the page has to hear. */
  async send(part: Ready): Promise<void> {
    const { kit, budget, meter } = this.#job;
    const tries = new Tries(budget, kit.options.retries ?? 3);
    const course: Course = { part, tries, verdict: "stored", inARow: 0 };
    for (;;) {
      const outcome = await this.#put(course);
      if (course.verdict === "stored") break;
      meter.lost(part.number, kit.seams.clock.now());
      course.part = await this.#after(course, outcome);
    }
    budget.stored();
    meter.stored(part.number, kit.seams.clock.now());
    this.#job.moved();
  }

  /** One try, in a lane. */
  async #put(course: Course): Promise<Outcome> {
    const { kit, signal, meter, file } = this.#job;
    const { number, length } = course.part;
    const giveBack = await kit.lanes.take(this.#job, signal);
    try {
      if (this.#supply.isStale(course.part)) course.part = await this.#supply.again(number);
      const { url, headers } = course.part;
      const body = file.slice(...bounds(this.#open.layout, number));
      const onSent = (bytes: number) => {
        meter.sent(number, bytes, kit.seams.clock.now());
        this.#job.moved();
      };
      onSent(0);
      const watched = kit.partTime.flies(length) ? {} : { onSent };
      const began = kit.seams.clock.now();
      const outcome = await attempt(kit.seams, { method: "PUT", url, headers, body, signal, ...watched }, STALL_MS);
      this.#learn(course, outcome, kit.seams.clock.now() - began);
      return outcome;
    } finally {
      giveBack();
    }
  }

  #learn(course: Course, outcome: Outcome, ms: number): void {
    const { pace, partTime, seams } = this.#job.kit;
    const verdict = judgePart(outcome.status, s3Code(outcome.text));
    course.inARow = course.verdict === verdict ? course.inARow + 1 : 1;
    course.verdict = verdict;
    if (verdict === "stored") {
      partTime.add(ms / 1000, course.part.length);
      pace.succeeded();
    } else if (outcome.timedOut || verdict === "slower") {
      pace.troubled(seams.clock.now());
    }
  }

  /** The part for the next try, by verdict. */
  #after(course: Course, outcome: Outcome): Promise<Ready> {
    const { verdict } = course;
    if (verdict === "look") throw new LookAgain();
    if (verdict === "sign") return this.#signAnew(course, outcome);
    return verdict === "hash" ? this.#hashAnew(course) : this.#rest(course, outcome);
  }

  async #signAnew({ part, tries, inARow }: Course, { status, text }: Outcome): Promise<Ready> {
    if (inARow > MOST_IN_A_ROW || !tries.fail()) {
      const detail = `S3 refuses part ${part.number}, also with a new URL: ${status} ${s3Code(text)}.`;
      throw new PartRefused({ code: "refused", detail, status, retryable: true });
    }
    return this.#supply.again(part.number);
  }

  async #hashAnew({ part, tries, inARow }: Course): Promise<Ready> {
    if (inARow > MOST_IN_A_ROW || !tries.fail()) {
      const detail = `Part ${part.number} arrived damaged ${inARow} times.`;
      throw new ChecksumMismatch({ code: "checksum_mismatch", detail, retryable: true });
    }
    this.#job.checksums.delete(part.number);
    if (part.checksum && (await partChecksum(this.#job, this.#open, part.number)) !== part.checksum)
      throw new FileChanged({ code: "file_changed", detail: `${this.#job.name} has changed while it was sent.` });
    return this.#supply.again(part.number);
  }

  async #rest({ part, tries }: Course, { status, text, header }: Outcome): Promise<Ready> {
    const { kit, signal } = this.#job;
    const isOurs = status !== 0 || !(await this.#wasAway());
    if (isOurs && !tries.fail()) {
      const detail = `Part ${part.number} failed ${tries.failures} times: ${status ? `${status} ${s3Code(text)}` : "no readable answer"}.`;
      throw new Unavailable({ code: "part_unanswered", detail, status, retryable: true });
    }
    if (isOurs) {
      const ms = pauseMs(tries.failures, kit.seams.random(), secondsOf(header("retry-after")));
      await this.#job.resting(pause(kit.seams.clock, ms, signal));
    }
    return status === 0 && this.#supply.isStale(part, NEAR_MS) ? this.#supply.again(part.number) : part;
  }

  /** Whether there was no network. Browsers report a file that cannot be read any more as a broken connection, too. */
  async #wasAway(): Promise<boolean> {
    const { kit, file, name, signal } = this.#job;
    await file.slice(0, 1).arrayBuffer().catch(unreadable(name));
    return this.#job.resting(kit.api.network.wasAway(signal), "network");
  }
}

/** Sends what is missing, as many parts at once as the shared limit gives. The first error stops the others. */
export async function sendMissing(job: Job, open: Open): Promise<void> {
  const stop = new AbortController();
  const linked: Job = { ...job, signal: AbortSignal.any([job.signal, stop.signal]) };
  const supply = new Supply(linked, open);
  const sender = new Sender(linked, open, supply);
  const work = async () => {
    for (let part = await supply.next(); part; part = await supply.next()) await sender.send(part);
  };
  const workers = Array.from({ length: Math.min(job.kit.pace.most, open.missing.length) }, work);
  try {
    await Promise.all(workers);
  } finally {
    stop.abort();
    await Promise.allSettled(workers);
  }
}
