/** Where files come in: a place to drop, buttons to choose, and the clipboard. */

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { dropped, filesOf, type Pick, pasted } from "./sources.js";

export class Dropzone {
  readonly element: HTMLElement;
  readonly #files = h("input", { type: "file", multiple: true, hidden: true });
  readonly #folder = h("input", { type: "file", multiple: true, webkitdirectory: true, hidden: true });
  readonly #take: (pick: Pick) => void;
  #listening = new AbortController();

  constructor(take: (pick: Pick) => void) {
    this.#take = take;
    for (const input of [this.#files, this.#folder]) input.addEventListener("change", () => this.#chosen(input));
    const choose = button("Choose files", "first", () => this.#files.click());
    const chooseFolder = button("Choose a folder", "", () => this.#folder.click());
    this.element = h(
      "div",
      { class: "drop", part: "dropzone" },
      icon("upload"),
      h(
        "div",
        {},
        h("p", { class: "title" }, "Drop files or folders here"),
        h("p", { class: "hint" }, "or paste a picture"),
      ),
      h("div", { class: "choices" }, choose, chooseFolder),
      this.#files,
      this.#folder,
    );
  }

  /** Which types the file dialog offers, as in `<input accept>`. */
  set accept(types: string) {
    this.#files.accept = types;
  }

  /** Takes what is dropped and pasted at `target`: the element itself, or the whole page. */
  listen(target: EventTarget): void {
    this.stop();
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    const on = <E extends Event>(type: string, listener: (event: E) => void) =>
      target.addEventListener(type, listener as EventListener, { signal });
    on<DragEvent>("dragover", (event) => this.#hover(event));
    on<DragEvent>("dragleave", (event) => isWithin(target, event.relatedTarget) || this.#show(false));
    on<DragEvent>("drop", (event) => void this.#drop(event));
    on<ClipboardEvent>("paste", (event) => this.#paste(event));
  }

  stop(): void {
    this.#listening.abort();
    this.#show(false);
  }

  #hover(event: DragEvent): void {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
    this.#show(true);
  }

  async #drop(event: DragEvent): Promise<void> {
    this.#show(false);
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    this.#take(await dropped(event.dataTransfer));
  }

  #paste(event: ClipboardEvent): void {
    if (!event.clipboardData?.files.length) return;
    event.preventDefault();
    this.#take(pasted(event.clipboardData, new Date()));
  }

  #chosen(input: HTMLInputElement): void {
    const pick = filesOf(input.files ?? []);
    input.value = ""; // so that the same file can be chosen again
    this.#take(pick);
  }

  #show(isOver: boolean): void {
    this.element.classList.toggle("over", isOver);
  }
}

function isWithin(target: EventTarget, other: EventTarget | null): boolean {
  return target instanceof Node && other instanceof Node && target.contains(other);
}

export function button(words: string, kind: string, act: () => void): HTMLButtonElement {
  const made = h("button", { type: "button", class: kind || null, part: "button" }, words);
  made.addEventListener("click", act);
  return made;
}
