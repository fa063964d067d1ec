/**
 * The element's inside: it shows what an uploader does, and does what a person asks.
 *
 * State changes are drawn with the next frame, figures four times a second: faster than that nobody reads them.
 */

import type { ResumableUpload, Upload, Uploader } from "@portway/client";
import { Announcer } from "./announcer.js";
import { h, setText } from "./dom.js";
import { Dropzone } from "./dropzone.js";
import { countInWords } from "./format.js";
import type { Intake } from "./intake.js";
import { stillLeft } from "./leftover.js";
import { Leftovers } from "./leftovers.js";
import { List } from "./list.js";
import { type Action, groupOf, mayCancel, reasonOf } from "./look.js";
import { Previews } from "./previews.js";
import { ask } from "./question.js";
import type { Pick } from "./sources.js";
import { Summary } from "./summary.js";
import { type AllAction, totalsOf } from "./totals.js";

const FIGURES_MS = 250;

export class Board {
  readonly element = h("div", { class: "frame" });
  readonly dropzone: Dropzone;
  readonly intake: Intake;
  readonly #uploader: Uploader;
  readonly #announcer: Announcer;
  readonly #previews = new Previews();
  readonly #summary = new Summary((action) => void this.#all[action]());
  readonly #leftovers: Leftovers;
  readonly #list: List;
  readonly #listening = new AbortController();
  #kept: ResumableUpload[] = [];
  #frame = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(uploader: Uploader, intake: Intake) {
    const region = h("p", { class: "news", role: "status" });
    this.#uploader = uploader;
    this.intake = intake;
    this.#announcer = new Announcer((words) => setText(region, words && `Just now: ${words}`));
    this.#list = new List(
      (action, upload) => this.#one[action](upload),
      this.#previews,
      () => this.#draw(),
    );
    this.#leftovers = new Leftovers({
      resume: (kept, file) =>
        this.intake.take({ found: [{ file, folder: "" }], unreadable: 0 }, [kept], this.#announcer),
      discard: (kept) => void this.#discard(kept),
    });
    this.dropzone = new Dropzone((pick) => this.add(pick));
    this.element.append(this.dropzone.element, region, this.#leftovers.element, this.#summary.element);
    this.element.append(this.#list.filters, this.#list.element, this.#list.more);
    this.#listen();
  }

  /** Ends with the board. */
  get signal(): AbortSignal {
    return this.#listening.signal;
  }

  add(pick: Pick): void {
    this.intake.take(pick, this.#kept, this.#announcer);
  }

  /** Looks for what was left unfinished. */
  async findLeftovers(): Promise<void> {
    this.#kept = await this.#uploader.resumable().catch(() => []);
    this.#soon();
  }

  /** True while something would be lost with the page. */
  get isBusy(): boolean {
    return this.#uploader.uploads.some(({ state }) => ["sending", "preparing", "waiting"].includes(state));
  }

  stop(): void {
    this.#listening.abort();
    this.dropzone.stop();
    this.#announcer.stop();
    this.#previews.stop();
    clearInterval(this.#timer);
    cancelAnimationFrame(this.#frame);
  }

  #listen(): void {
    const { signal } = this.#listening;
    const off = [
      this.#uploader.on("add", () => this.#soon()),
      this.#uploader.on("remove", () => this.#soon()),
      this.#uploader.on("state", (upload) => this.#moved(upload)),
    ];
    signal.addEventListener("abort", () => off.map((each) => each()));
    for (const type of ["online", "offline"]) addEventListener(type, () => this.#soon(), { signal });
    this.#timer = setInterval(() => this.#refresh(), FIGURES_MS);
  }

  #moved(upload: Upload): void {
    const held = reasonOf(upload.error) === "in_review";
    if (upload.state === "done") this.#announcer.note("ready", upload.name);
    if (upload.state === "failed") this.#announcer.note(held ? "held" : "failed", upload.name);
    if (upload.state === "waiting" && !navigator.onLine) this.#announcer.note("offline", upload.name);
    this.#soon();
  }

  #soon(): void {
    this.#frame ||= requestAnimationFrame(() => this.#draw());
  }

  #draw(): void {
    this.#frame = 0;
    this.#list.show(this.#uploader.uploads, navigator.onLine, this.intake.folderOf);
    this.#kept = stillLeft(this.#kept, this.#uploader.uploads); // for good: what goes on here may end and leave the list
    this.#leftovers.show(this.#kept);
    this.#showTotals();
  }

  #refresh(): void {
    if (!this.#uploader.uploads.some((upload) => groupOf(upload) === "moving")) return;
    this.#list.refresh(navigator.onLine, this.intake.folderOf);
    this.#showTotals();
  }

  #showTotals(): void {
    const { uploads, progress } = this.#uploader;
    this.#summary.show(totalsOf(uploads, progress, navigator.onLine), uploads.length > 0);
  }

  readonly #one: Record<Action, (upload: Upload) => void> = {
    pause: (upload) => upload.pause(),
    resume: (upload) => upload.resume(),
    cancel: (upload) => void upload.cancel(),
    retry: (upload) => upload.retry(),
    again: (upload) => this.intake.again(upload),
    open: (upload) => void this.#open(upload),
    remove: (upload) => void this.#uploader.remove(upload),
  };

  readonly #all: Record<AllAction, () => unknown> = {
    pauseAll: () => this.#uploader.pauseAll(),
    resumeAll: () => this.#uploader.resumeAll(),
    cancelAll: () => this.#cancelAll(),
    retryAll: () => this.#uploader.uploads.filter(({ error }) => error?.retryable).map((upload) => upload.retry()),
    clear: () =>
      this.#uploader.uploads
        .filter((upload) => groupOf(upload) !== "moving")
        .map((upload) => this.#uploader.remove(upload)),
  };

  async #cancelAll(): Promise<void> {
    const asked = this.#uploader.uploads.filter(mayCancel);
    const question = `Cancel ${countInWords(asked.length, "upload")}?`;
    const isMeant = await ask(
      this.element,
      question,
      "What was sent of them is removed.",
      "Keep uploading",
      "Cancel them",
    );
    if (isMeant) await Promise.all(asked.filter(mayCancel).map((upload) => upload.cancel()));
  }

  /** What cannot be discarded now is offered again. */
  async #discard(kept: ResumableUpload): Promise<void> {
    this.#kept = this.#kept.filter((each) => each !== kept);
    this.#soon();
    await kept.cancel().catch(() => this.#kept.push(kept));
    this.#soon();
  }

  /** The URL is asked for when it is wanted, since it ends soon. */
  async #open(upload: Upload): Promise<void> {
    const found = upload.id && (await this.#uploader.downloadUrl(upload.id).catch(() => null));
    if (found) h("a", { href: found.url, target: "_blank", rel: "noopener noreferrer" }).click();
    else this.#announcer.note("unopened", upload.name);
  }
}
