/** The uploader page: reads its configuration, signs in, and puts the element into place. */

import type { Token } from "@portway/client";
import { h } from "../element/dom.js";
import type { PortwayUploader } from "../element/element.js";
import "../portway-uploader.js";
import { type Config, loadConfig } from "./config.js";
import { Session, type Surroundings } from "./login.js";

const main = place("main");
const state = place("state");

function place(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found;
}

async function start(): Promise<void> {
  const config = await loadConfig((path) => fetch(path, { cache: "no-store" }));
  decorate(config);
  const session = config.login ? await Session.open(config.login, surroundings()) : null;
  if (config.login && !session) return; // the browser is on its way to the provider
  show(config, session ? () => session.token() : (config.token ?? ""), session);
}

function show(config: Config, token: Token, session: Session | null): void {
  const element = h("portway-uploader", { endpoint: config.endpoint, category: config.category ?? null, drop: "page" });
  element.token = token;
  if (config.categories) main.append(choiceOf(config.categories, element));
  main.append(element);
  element.addEventListener("portway-error", ({ detail }) => {
    if (session && detail.error.name === "Unauthorized")
      say("You are signed out.", "Sign in again", () => session.begin());
  });
}

/** A menu of categories; what is added from then on belongs to the one that is chosen. */
function choiceOf(categories: Readonly<Record<string, string>>, element: PortwayUploader): HTMLElement {
  const options = Object.entries(categories).map(([value, words]) => h("option", { value }, words));
  const select = h("select", {}, ...options);
  select.value = element.getAttribute("category") ?? options[0]?.value ?? "";
  const choose = () => element.setAttribute("category", select.value);
  select.addEventListener("change", choose);
  choose();
  return h("label", { class: "choice" }, "Kind of files", select);
}

function decorate({ title, links = {} }: Config): void {
  if (title) document.title = place("title").textContent = title;
  place("links").append(...Object.entries(links).map(([words, href]) => h("a", { href }, words)));
}

function surroundings(): Surroundings {
  return {
    address: new URL(location.href),
    storage: sessionStorage,
    fetch: (url, init) => fetch(url, init),
    go: (url) => location.assign(url),
    rename: (url) => history.replaceState(null, "", url),
    now: () => Date.now(),
  };
}

function say(words: string, offer?: string, act?: () => Promise<void>): void {
  state.replaceChildren(words);
  if (!offer || !act) return;
  const button = h("button", { type: "button" }, offer);
  button.addEventListener("click", () => void act());
  state.append(button);
}

start().catch((error: Error) => say(error.message, "Try again", async () => location.assign(location.pathname)));
