/** `?story=uploading&theme=dark` shows one story; without one there is a list of them. */

import "../src/portway-uploader.js";
import "../src/page/page.css";
import { ScriptedUploader } from "./scripted.js";
import { STORIES } from "./stories.js";

const asked = new URLSearchParams(location.search);
const story = STORIES[asked.get("story") ?? ""];
const place = document.querySelector("main") ?? document.body;

if (story) {
  if (story.isOffline) Object.defineProperty(navigator, "onLine", { value: false });
  const element = document.createElement("portway-uploader");
  const uploader = new ScriptedUploader(story.scripts, story.leftovers);
  element.uploader = uploader;
  if (asked.has("theme")) document.documentElement.dataset["theme"] = asked.get("theme") ?? "";
  place.append(element);
  Object.assign(window, { uploader });
} else {
  for (const name of Object.keys(STORIES)) {
    const link = document.createElement("a");
    link.href = `?story=${name}`;
    link.textContent = name;
    place.append(link, document.createElement("br"));
  }
}
