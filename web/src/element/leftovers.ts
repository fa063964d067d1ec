/** What an earlier page load left unfinished: each asks for its file again, or is discarded. */

import type { ResumableUpload } from "@portway/client";
import { h, setText } from "./dom.js";
import { button } from "./dropzone.js";
import { countInWords, shownName, sizeInWords } from "./format.js";
import { matchOf, WRONG_FILE } from "./leftover.js";

export interface LeftoverActs {
  /** The right file was chosen. */
  resume(kept: ResumableUpload, file: File): void;
  discard(kept: ResumableUpload): void;
}

export class Leftovers {
  readonly element = h("section", {
    class: "notice",
    part: "leftovers",
    "aria-label": "Unfinished uploads",
    hidden: true,
  });
  readonly #title = h("p", { class: "title" });
  readonly #list = h("ul", { role: "list" });
  readonly #acts: LeftoverActs;

  constructor(acts: LeftoverActs) {
    this.#acts = acts;
    const how = h(
      "p",
      {},
      "What arrived is kept. Choose the same file again, or drop it above, and it goes on where it stopped.",
    );
    this.element.append(this.#title, how, this.#list);
  }

  show(leftovers: readonly ResumableUpload[]): void {
    const hadFocus = this.element.contains((this.element.getRootNode() as ShadowRoot).activeElement);
    this.element.hidden = leftovers.length === 0;
    setText(this.#title, `${countInWords(leftovers.length, "upload")} not finished`);
    this.#list.replaceChildren(...leftovers.map((kept) => this.#row(kept)));
    if (hadFocus) this.#list.querySelector("button")?.focus();
  }

  #row(kept: ResumableUpload): HTMLElement {
    const name = shownName(kept.name);
    const input = h("input", { type: "file", hidden: true });
    const problem = h("p", { class: "problem", role: "alert" });
    input.addEventListener("change", () => {
      const [file] = input.files ?? [];
      input.value = "";
      if (file) this.#chosen(kept, file, problem);
    });
    const choose = button("Choose the file", "", () => input.click());
    choose.setAttribute("aria-label", `Choose the file ${name} again`);
    const discard = button("Discard", "quiet", () => this.#acts.discard(kept));
    discard.setAttribute("aria-label", `Discard the unfinished upload of ${name}`);
    const about = `${sizeInWords(kept.size)}, begun ${kept.startedAt.toLocaleString("en", { dateStyle: "medium", timeStyle: "short" })}`;
    const words = h(
      "div",
      { class: "words" },
      h("bdi", { class: "what" }, name),
      h("p", { class: "about" }, about),
      problem,
    );
    return h("li", { class: "leftover" }, words, choose, discard, input);
  }

  #chosen(kept: ResumableUpload, file: File, problem: HTMLElement): void {
    const match = matchOf(kept, file);
    if (match === "same") this.#acts.resume(kept, file);
    else setText(problem, WRONG_FILE[match](shownName(kept.name)));
  }
}
