/**
 * `<portway-uploader>`: everything a page needs to let people upload, in one element.
 *
 * docs/clients/page.md has its attributes, properties, events, parts and variables.
 */

import {
  type AddOptions,
  createUploader,
  type PortwayError,
  type PublishedFile,
  type Token,
  type Uploader,
} from "@portway/client";
import { Board } from "./board.js";
import { hasher } from "./hashing.js";
import { Intake } from "./intake.js";
import { groupOf } from "./look.js";
import { sheets } from "./style/sheets.js";

/** What the element's events carry in `detail`. */
export interface PortwayEvents {
  "portway-add": { name: string; size: number };
  "portway-complete": { id: string; name: string; file: PublishedFile };
  "portway-error": { name: string; error: PortwayError };
  /** Nothing moves any more. */
  "portway-idle": { ready: number; failed: number };
}

export class PortwayUploader extends HTMLElement {
  static readonly formAssociated = true;
  static readonly observedAttributes = ["endpoint", "accept", "drop"];

  /** Options of `add` for each file; by default the category and metadata of the element. */
  declare: (file: File, folder: string) => AddOptions = () => this.#options();
  metadata: Record<string, string> = {};
  readonly #root = this.attachShadow({ mode: "open" });
  readonly #internals = this.attachInternals();
  #token: Token | undefined;
  #uploader: Uploader | undefined;
  #board: Board | undefined;
  #isOwn = false;

  constructor() {
    super();
    this.#root.adoptedStyleSheets = sheets;
  }

  /** A bearer token, or a function that gets one; set it before or after the element is in the page. */
  get token(): Token | undefined {
    return this.#token;
  }
  set token(token: Token | undefined) {
    this.#token = token;
    this.#build();
  }

  /** The uploader behind it. Set one of your own to share it, or to choose its other options. */
  get uploader(): Uploader | undefined {
    return this.#uploader;
  }
  set uploader(uploader: Uploader | undefined) {
    this.#dismantle();
    this.#uploader = uploader;
    this.#build();
  }

  connectedCallback(): void {
    this.#build();
  }

  /** Moved within the page it goes on; taken out for good it pauses. */
  disconnectedCallback(): void {
    queueMicrotask(() => this.isConnected || this.#dismantle());
  }

  attributeChangedCallback(name: string, old: string | null, value: string | null): void {
    if (old === value) return;
    if (name === "endpoint" && this.#isOwn) this.#dismantle();
    this.#build();
    this.#configure();
  }

  /** Names of the files that are ready, as a form sends them: their ids under the element's `name`. */
  get value(): string[] {
    return (this.#uploader?.uploads ?? []).flatMap(({ state, id }) => (state === "done" && id ? [id] : []));
  }

  /** Adds files as if they had been dropped. */
  add(files: Iterable<File>): void {
    this.#board?.add({ found: Array.from(files, (file) => ({ file, folder: "" })), unreadable: 0 });
  }

  #options(): AddOptions {
    const category = this.getAttribute("category");
    return category ? { category, metadata: this.metadata } : { metadata: this.metadata };
  }

  /** Once there is a page, and an uploader or all that one needs. */
  #build(): void {
    if (!this.isConnected || this.#board) return;
    const endpoint = this.getAttribute("endpoint");
    if (!this.#uploader && endpoint !== null && this.#token !== undefined) {
      this.#uploader = createUploader({ endpoint, token: () => tokenOf(this.#token), seams: { hasher: hasher() } });
      this.#isOwn = true;
    }
    if (!this.#uploader) return;
    const uploader = this.#uploader;
    this.#board = new Board(uploader, new Intake(uploader, (file, folder) => this.declare(file, folder)));
    this.#root.append(this.#board.element);
    this.#tell(uploader, this.#board.signal);
    this.#configure();
    void this.#board.findLeftovers();
  }

  #dismantle(): void {
    this.#board?.stop();
    this.#board?.element.remove();
    this.#board = undefined;
    if (this.#isOwn) this.#uploader?.close();
    if (this.#isOwn) this.#uploader = undefined;
    this.#isOwn = false;
  }

  #configure(): void {
    if (!this.#board) return;
    this.#board.dropzone.accept = this.getAttribute("accept") ?? "";
    this.#board.dropzone.listen(this.getAttribute("drop") === "page" ? document : this);
  }

  #tell(uploader: Uploader, signal: AbortSignal): void {
    const off = [
      uploader.on("add", ({ name, size }) => this.#emit("portway-add", { name, size })),
      uploader.on("error", ({ upload, error }) => this.#emit("portway-error", { name: upload.name, error })),
      uploader.on("remove", () => this.#setFormValue()),
      uploader.on("state", ({ id, name, published, state }) => {
        if (state === "done" && id && published) this.#emit("portway-complete", { id, name, file: published });
        this.#setFormValue();
        this.#settle(uploader);
      }),
    ];
    signal.addEventListener("abort", () => off.map((each) => each()));
    addEventListener("beforeunload", (event) => this.#board?.isBusy && event.preventDefault(), { signal });
  }

  #settle({ uploads }: Uploader): void {
    if (uploads.some((upload) => groupOf(upload) === "moving")) return;
    const count = (state: string) => uploads.filter((upload) => upload.state === state).length;
    this.#emit("portway-idle", { ready: count("done"), failed: count("failed") });
  }

  #setFormValue(): void {
    const name = this.getAttribute("name");
    if (!name) return;
    const data = new FormData();
    for (const id of this.value) data.append(name, id);
    this.#internals.setFormValue(data);
  }

  #emit<Type extends keyof PortwayEvents>(type: Type, detail: PortwayEvents[Type]): void {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
  }
}

function tokenOf(token: Token | undefined): ReturnType<Extract<Token, (...never: never[]) => unknown>> {
  return typeof token === "function" ? token() : (token ?? "");
}

declare global {
  interface HTMLElementTagNameMap {
    "portway-uploader": PortwayUploader;
  }
  interface HTMLElementEventMap extends PortwayEventMap {}
}

type PortwayEventMap = { [Type in keyof PortwayEvents]: CustomEvent<PortwayEvents[Type]> };
