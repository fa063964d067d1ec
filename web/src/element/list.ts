/** The files as rows: some hundred at a time, the rest behind a button; which ones, the filters say. */

import type { Upload } from "@portway/client";
import { h, setAttribute, setText } from "./dom.js";
import { countInWords } from "./format.js";
import { type Group, groupOf, lookOf } from "./look.js";
import type { Previews } from "./previews.js";
import { type Act, Row } from "./row.js";

/** Rows that are made at first and with each "show more". */
const LOT = 200;
/** From so many files on, filters help. */
const FILTERS_FROM = 6;

const FILTERS = [
  ["all", "All"],
  ["moving", "In progress"],
  ["attention", "Need attention"],
  ["ready", "Ready"],
] as const satisfies readonly (readonly [Group | "all", string])[];

type Filter = (typeof FILTERS)[number][0];

export class List {
  readonly filters = h("div", { class: "filters", role: "group", "aria-label": "Which files to show", hidden: true });
  readonly element = h("ul", { class: "list", role: "list", "aria-label": "Files", part: "list", hidden: true });
  readonly more = h("div", { class: "more", hidden: true });
  readonly #rows = new Map<string, Row>();
  readonly #chips = new Map<Filter, HTMLButtonElement>();
  readonly #moreButton = h("button", { type: "button", class: "quiet" });
  readonly #act: Act;
  readonly #previews: Previews;
  #filter: Filter = "all";
  #most = LOT;

  /** `changed` is called when other rows are wanted. */
  constructor(act: Act, previews: Previews, changed: () => void) {
    this.#act = act;
    this.#previews = previews;
    for (const [filter] of FILTERS) this.#chips.set(filter, this.#chip(filter, changed));
    this.filters.append(...this.#chips.values());
    this.#moreButton.addEventListener("click", () => {
      this.#most += LOT;
      changed();
    });
    this.more.append(this.#moreButton);
  }

  /** Draws these uploads; `folderOf` says where a file lay. */
  show(uploads: readonly Upload[], isOnline: boolean, folderOf: (upload: Upload) => string): void {
    this.#showFilters(uploads);
    const wanted = uploads.filter((upload) => this.#filter === "all" || groupOf(upload) === this.#filter);
    const shown = wanted.slice(0, this.#most);
    this.#place(shown);
    for (const upload of shown) this.#rows.get(upload.key)?.show(lookOf(upload, isOnline, folderOf(upload)));
    const rest = wanted.length - shown.length;
    this.element.hidden = uploads.length === 0;
    this.more.hidden = rest === 0;
    setText(this.#moreButton, `Show ${countInWords(Math.min(rest, LOT), "more file")}`);
  }

  /** Draws again only what moves. */
  refresh(isOnline: boolean, folderOf: (upload: Upload) => string): void {
    for (const row of this.#rows.values()) {
      if (groupOf(row.upload) === "moving") row.show(lookOf(row.upload, isOnline, folderOf(row.upload)));
    }
  }

  #chip(filter: Filter, changed: () => void): HTMLButtonElement {
    const chip = h("button", { type: "button" });
    chip.addEventListener("click", () => {
      this.#filter = filter;
      this.#most = LOT;
      changed();
    });
    return chip;
  }

  #showFilters(uploads: readonly Upload[]): void {
    this.filters.hidden = uploads.length < FILTERS_FROM;
    if (this.filters.hidden) this.#filter = "all";
    for (const [filter, words] of FILTERS) {
      const chip = this.#chips.get(filter);
      if (!chip) continue;
      const count = filter === "all" ? uploads.length : uploads.filter((upload) => groupOf(upload) === filter).length;
      setText(chip, `${words} ${count.toLocaleString("en")}`);
      setAttribute(chip, "aria-pressed", String(filter === this.#filter));
    }
  }

  /** Rows of exactly these, in this order. A row that goes hands its focus to the next one. */
  #place(uploads: readonly Upload[]): void {
    this.#dropOthers(new Set(uploads.map(({ key }) => key)));
    let last: Element | null = null;
    for (const upload of uploads) {
      const { element } = this.#rows.get(upload.key) ?? this.#make(upload);
      const next: Element | null = last ? last.nextElementSibling : this.element.firstElementChild;
      if (next !== element) this.element.insertBefore(element, next);
      last = element;
    }
  }

  #dropOthers(wanted: ReadonlySet<string>): void {
    for (const [key, row] of this.#rows) if (!wanted.has(key)) this.#drop(key, row);
  }

  #make(upload: Upload): Row {
    const row = new Row(upload, this.#act);
    this.#rows.set(upload.key, row);
    if (upload.file instanceof File) this.#previews.watch(row.thumb, upload.file);
    return row;
  }

  #drop(key: string, row: Row): void {
    const root = row.element.getRootNode() as ShadowRoot | Document;
    const hadFocus = row.element.contains(root.activeElement);
    const next = row.element.nextElementSibling ?? row.element.previousElementSibling;
    this.#previews.forget(row.thumb);
    this.#rows.delete(key);
    row.element.remove();
    if (hadFocus) [...this.#rows.values()].find(({ element }) => element === next)?.focus();
  }
}
