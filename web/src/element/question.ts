/** A question before what cannot be taken back. */

import { h } from "./dom.js";
import { button } from "./dropzone.js";

/** Shows a dialog inside `root`; true when the person agreed. Escape and the first button mean no. */
export function ask(root: Element, question: string, detail: string, no: string, yes: string): Promise<boolean> {
  return new Promise((resolve) => {
    const dialog = h("dialog", { class: "question", "aria-labelledby": "question", part: "dialog" });
    const answer = (value: string) => () => dialog.close(value);
    dialog.append(
      h("p", { class: "title", id: "question" }, question),
      h("p", { class: "about" }, detail),
      h("div", { class: "choices" }, button(no, "", answer("no")), button(yes, "danger", answer("yes"))),
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    root.append(dialog);
    dialog.showModal();
  });
}
