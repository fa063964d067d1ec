/** All files together, in sight while the list scrolls: headline, figures, bar, and buttons for all. */

import { h, setAttribute, setText } from "./dom.js";
import type { AllAction, Totals } from "./totals.js";

export class Summary {
  readonly element: HTMLElement;
  readonly #headline = h("p", { class: "headline" });
  readonly #figures = h("p", { class: "figures" });
  readonly #actions = h("div", { class: "actions" });
  readonly #share = h("span");
  readonly #bar = h("div", { class: "bar", role: "progressbar", "aria-label": "All files", part: "bar" }, this.#share);
  readonly #act: (action: AllAction) => void;
  readonly #buttons = new Map<AllAction, HTMLButtonElement>();

  constructor(act: (action: AllAction) => void) {
    this.#act = act;
    this.element = h("div", { class: "summary", part: "summary", hidden: true });
    this.element.append(this.#headline, this.#figures, this.#bar, this.#actions);
  }

  show(totals: Totals, isShown: boolean): void {
    this.element.hidden = !isShown;
    setText(this.#headline, totals.headline);
    setText(this.#figures, totals.figures.replace(/(?<!·) (?!·)/g, "\u00a0")); // lines break between figures only
    setAttribute(this.#bar, "class", `bar ${totals.bar}`);
    setAttribute(this.#bar, "aria-valuenow", String(totals.percent));
    this.#share.style.setProperty("--share", String(totals.percent / 100));
    this.#showActions(totals.actions);
  }

  /** Buttons keep their places and elements, so that focus stays where it is. */
  #showActions(actions: Totals["actions"]): void {
    for (const { action, words } of actions) {
      const button = this.#buttons.get(action) ?? this.#make(action);
      setText(button, words);
    }
    const shown = new Set(actions.map(({ action }) => action));
    for (const [action, button] of this.#buttons) button.hidden = !shown.has(action);
  }

  #make(action: AllAction): HTMLButtonElement {
    const button = h("button", { type: "button", class: "quiet", part: "button", "data-action": action });
    button.addEventListener("click", () => this.#act(action));
    this.#buttons.set(action, button);
    this.#actions.append(button);
    return button;
  }
}
