import { ChecksumMismatch, FileChanged, PartRefused, Unavailable } from "./errors.js";
import { type Job, LookAgain, type Open } from "./job.js";
import { pauseMs, secondsOf, Tries } from "./patience.js";
import { bounds } from "./plan.js";
import { type Ready, Supply } from "./supply.js";
import { judgePart, type PartVerdict, s3Code } from "./verdicts.js";
import { attempt, type Outcome, pause } from "./waiting.js";

/** A part of which nothing moved for so long is sent anew. */
const STALL_MS = 60_000;
/** Fresh URLs in a row that S3 may refuse, and times that a part may arrive damaged. */
const MOST_IN_A_ROW = 2;

/** What one part went through. */
interface Course {
  part: Ready;
  tries: Tries;
  /** Verdicts of one kind in a row. */
  verdict: PartVerdict;
  inARow: number;
  outcome: Outcome;
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
    for (let course: Course | null = null; ; ) {
      const sent: Ready = course?.part ?? part;
      const outcome = await this.#put(sent);
      const verdict = this.#judge(outcome, sent);
      if (verdict === "stored") break;
      meter.lost(part.number, kit.seams.clock.now());
      const inARow: number = course?.verdict === verdict ? course.inARow + 1 : 1;
      course = { part: sent, tries, verdict, inARow, outcome };
      course.part = await this.#AFTER[verdict](course);
    }
    budget.stored();
    meter.stored(part.number, kit.seams.clock.now());
    this.#job.moved();
  }

  /** One try, in a lane. */
  async #put(part: Ready): Promise<Outcome> {
    const { kit, signal, meter, file } = this.#job;
    const giveBack = await kit.lanes.take(this.#job, signal);
    try {
      const { url, headers } = this.#supply.isStale(part) ? await this.#supply.again(part.number) : part;
      const body = file.slice(...bounds(this.#open.layout, part.number));
      const onSent = (bytes: number) => {
        meter.sent(part.number, bytes, kit.seams.clock.now());
        this.#job.moved();
      };
      onSent(0);
      const watched = kit.partTime.flies(part.length) ? {} : { onSent };
      const began = kit.seams.clock.now();
      const outcome = await attempt(kit.seams, { method: "PUT", url, headers, body, signal, ...watched }, STALL_MS);
      this.#learn(outcome, part, (kit.seams.clock.now() - began) / 1000);
      return outcome;
    } finally {
      giveBack();
    }
  }

  #learn(outcome: Outcome, part: Ready, seconds: number): void {
    const { pace, partTime, seams } = this.#job.kit;
    if (outcome.status === 200) {
      partTime.add(seconds, part.length);
      pace.succeeded();
    } else if (outcome.timedOut || this.#judge(outcome, part) === "slower") {
      pace.troubled(seams.clock.now());
    }
  }

  #judge(outcome: Outcome, part: Ready): PartVerdict {
    return judgePart(outcome.status, s3Code(outcome.text), this.#supply.isStale(part));
  }

  /** What gives the part for the next try, by verdict. */
  readonly #AFTER: Record<PartVerdict, (course: Course) => Promise<Ready>> = {
    stored: (course) => Promise.resolve(course.part),
    sign: (course) => this.#signAnew(course),
    hash: (course) => this.#hashAnew(course),
    look: () => Promise.reject(new LookAgain()),
    again: (course) => this.#rest(course),
    slower: (course) => this.#rest(course),
  };

  async #signAnew(course: Course): Promise<Ready> {
    const { part, outcome, inARow } = course;
    if (inARow > MOST_IN_A_ROW || !course.tries.fail()) {
      const detail = `S3 refuses part ${part.number}, also with a new URL: ${outcome.status} ${s3Code(outcome.text)}.`;
      throw new PartRefused({ code: "refused", detail, status: outcome.status, retryable: true });
    }
    return this.#supply.again(part.number);
  }

  async #hashAnew(course: Course): Promise<Ready> {
    const { part, inARow } = course;
    if (inARow > MOST_IN_A_ROW || !course.tries.fail()) {
      const detail = `Part ${part.number} arrived damaged ${inARow} times.`;
      throw new ChecksumMismatch({ code: "checksum_mismatch", detail, retryable: true });
    }
    this.#job.checksums.delete(part.number);
    if ((await this.#supply.checksum(part.number)) !== part.checksum)
      throw new FileChanged({ code: "file_changed", detail: `${this.#job.name} has changed while it was sent.` });
    return this.#supply.again(part.number);
  }

  async #rest(course: Course): Promise<Ready> {
    const { part, tries, outcome } = course;
    const { kit, signal } = this.#job;
    if (outcome.status === 0 && (await this.#wasAway())) return part;
    if (!tries.fail()) {
      const answer = outcome.status ? `${outcome.status} ${s3Code(outcome.text)}` : "nothing that can be read";
      const detail = `Part ${part.number} was answered with ${answer}, ${tries.failures} times.`;
      throw new Unavailable({ code: "part_unanswered", detail, status: outcome.status, retryable: true });
    }
    const ms = pauseMs(tries.failures, kit.seams.random(), secondsOf(outcome.header("retry-after")));
    await this.#job.resting(pause(kit.seams.clock, ms, signal));
    return part;
  }

  /** Whether there was no network. Browsers report a file that cannot be read any more as a broken connection, too. */
  async #wasAway(): Promise<boolean> {
    const { kit, file, name, signal } = this.#job;
    await file
      .slice(0, 1)
      .arrayBuffer()
      .catch((cause) => {
        throw new FileChanged({ code: "unreadable", detail: `${name} cannot be read any more.`, cause });
      });
    return this.#job.resting(kit.api.network.wasAway(signal));
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
