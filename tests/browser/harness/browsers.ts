import puppeteer, { type Browser, type LaunchOptions } from "puppeteer-core";
import { engine } from "./site.js";

const LAUNCH: Record<typeof engine, LaunchOptions> = {
  chromium: { browser: "chrome", executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] },
  firefox: { browser: "firefox", executablePath: "/usr/bin/firefox-esr" },
};

/** Debian's browser of this run, with a profile of its own; `profile` is a folder that survives it. */
export function launched(profile?: string): Promise<Browser> {
  return puppeteer.launch({ ...LAUNCH[engine], headless: true, ...(profile ? { userDataDir: profile } : {}) });
}
