/** One file's row. It is built once and then changed only where something differs. */

import type { Upload } from "@portway/client";
import { h, setAttribute, setText } from "./dom.js";
import { headAndTail, percentOf, shownName } from "./format.js";
import { type Icon, icon, iconOfType } from "./icons.js";
import { ACTIONS, type Action, type ActionLook, type Look } from "./look.js";

/** What a row asks for. */
export type Act = (action: Action, upload: Upload) => void;

/** A button whose meaning changes with the state, and which keeps the focus while it does. */
class ActionButton {
  readonly element = h("button", { type: "button", class: "icon-only", part: "button", hidden: true });
  #action: Action | null = null;

  constructor(act: (action: Action) => void) {
    this.element.addEventListener("click", () => this.#action && act(this.#action));
  }

  show(action: Action | null, name: string): void {
    if (action === this.#action) return;
    this.#action = action;
    this.element.hidden = action === null;
    if (action === null) return;
    const words = `${ACTIONS[action].words} ${name}`;
    setAttribute(this.element, "aria-label", words);
    setAttribute(this.element, "title", ACTIONS[action].words.replace(":", ""));
    setAttribute(this.element, "data-action", action);
    this.element.replaceChildren(icon(ACTIONS[action].icon), ...wordsOn(ACTIONS[action]));
  }
}

/** Where there is room, what one does at the end says so on the button. */
function wordsOn({ label }: ActionLook): HTMLElement[] {
  return label ? [h("span", { class: "label" }, label)] : [];
}

export class Row {
  readonly upload: Upload;
  readonly element: HTMLLIElement;
  readonly thumb: HTMLElement;
  readonly #name: string;
  readonly #state = h("span", { class: "state" });
  readonly #status = h("div", { class: "status" });
  readonly #share = h("span");
  readonly #bar: HTMLElement;
  readonly #buttons: readonly [ActionButton, ActionButton];
  #advice: HTMLElement | null = null;
  #icon: Icon | null = null;
  #facts: HTMLElement[] = [];

  constructor(upload: Upload, act: Act) {
    this.upload = upload;
    this.#name = shownName(upload.name);
    this.thumb = h("span", { class: "thumb" }, icon(iconOfType(upload.contentType)));
    this.#bar = h("div", { class: "bar", role: "progressbar", "aria-label": this.#name }, this.#share);
    this.#buttons = [
      new ActionButton((action) => act(action, upload)),
      new ActionButton((action) => act(action, upload)),
    ];
    this.#status.append(this.#state);
    const buttons = h("div", { class: "buttons" }, ...this.#buttons.map(({ element }) => element));
    this.element = h(
      "li",
      { class: "row", part: "row" },
      this.thumb,
      nameOf(this.#name),
      this.#status,
      buttons,
      this.#bar,
    );
  }

  /** Draws `look`; a focused button that goes away hands the focus to the other one. */
  show(look: Look): void {
    setAttribute(this.element, "data-tone", look.tone);
    setText(this.#state, look.words);
    this.#showIcon(look.icon);
    this.#showFacts(look.facts);
    this.#showBar(look);
    this.#showAdvice(look.advice);
    this.#showButtons(look.actions);
  }

  /** Puts the focus on this row's last button. */
  focus(): void {
    const [first, last] = this.#buttons;
    (last.element.hidden ? first : last).element.focus();
  }

  #showIcon(name: Icon | null): void {
    if (name === this.#icon) return;
    this.#icon = name;
    this.#status.querySelector(".icon")?.remove();
    if (name) this.#status.prepend(icon(name));
  }

  #showFacts(facts: readonly string[]): void {
    while (this.#facts.length > facts.length) this.#facts.pop()?.remove();
    for (const [index, fact] of facts.entries()) {
      this.#facts[index] ??= this.#status.appendChild(h("bdi", { class: "fact" }));
      setText(this.#facts[index], fact);
    }
  }

  #showBar({ bar, words }: Look): void {
    const { bytes, total } = this.upload.progress;
    const percent = percentOf(bytes, total) ?? 0;
    setAttribute(this.#bar, "class", `bar ${bar}`);
    setAttribute(this.#bar, "aria-valuenow", bar === "unknown" ? null : String(percent));
    setAttribute(this.#bar, "aria-valuetext", bar === "unknown" ? words : `${words}, ${percent} %`);
    this.#share.style.setProperty("--share", String(total ? bytes / total : 0));
  }

  #showAdvice(advice: readonly string[]): void {
    const shown = this.#advice ? Array.from(this.#advice.children, (line) => line.textContent) : [];
    if (shown.join("\n") === advice.join("\n")) return;
    this.#advice?.remove();
    this.#advice = advice.length ? h("div", { class: "advice" }, ...advice.map((line) => h("p", {}, line))) : null;
    if (this.#advice) this.element.append(this.#advice);
  }

  #showButtons(actions: Look["actions"]): void {
    const root = this.element.getRootNode() as ShadowRoot | Document;
    const hadFocus = this.element.contains(root.activeElement);
    for (const [index, button] of this.#buttons.entries()) button.show(actions[index] ?? null, this.#name);
    if (hadFocus && !this.element.contains(root.activeElement)) this.focus();
  }
}

/** The name with its end always in sight; readers and searches get it whole. */
function nameOf(name: string): HTMLElement {
  const [head, tail] = headAndTail(name);
  const shown = h("bdi", { class: "name", dir: "auto", "aria-hidden": "true", title: name });
  shown.append(h("span", { class: "head" }, head), h("span", { class: "tail" }, tail));
  return h("div", { class: "title" }, h("bdi", { class: "unseen" }, name), shown);
}
