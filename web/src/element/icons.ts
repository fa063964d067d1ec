/** The icons, as paths on a grid of 24, drawn with a line of the text's colour. */

const PATHS = {
  upload: "M12 16V4m0 0L7 9m5-5 5 5M4 16v2a2 2 0 0 0 2 2h12a2 2 0 0 0 2-2v-2",
  file: "M14 3H7a2 2 0 0 0-2 2v14a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2V8zm0 0v5h5",
  image: "M5 4h14a1 1 0 0 1 1 1v14a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1zm-1 13 5-5 4 4 3-3 4 4M15.5 9h.01",
  audio: "M9 18V6l11-2v12M9 18a3 3 0 1 1-3-3 3 3 0 0 1 3 3zm11-2a3 3 0 1 1-3-3 3 3 0 0 1 3 3z",
  video: "M4 6h11a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V7a1 1 0 0 1 1-1zm12 5 5-3v8l-5-3",
  archive: "M4 4h16v5H4zm1 5v10a1 1 0 0 0 1 1h12a1 1 0 0 0 1-1V9m-9 4h4",
  pause: "M9 5v14M15 5v14",
  resume: "M8 5l11 7-11 7z",
  cancel: "M6 6l12 12M18 6 6 18",
  retry: "M20 11a8 8 0 1 0-2.3 6.3M20 4v7h-7",
  open: "M14 4h6v6m0-6L10 14M18 14v5a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V7a1 1 0 0 1 1-1h5",
  good: "M5 12.5l4.5 4.5L19 7.5",
  warn: "M12 8v5m0 3.5h.01M12 3 2.5 20h19z",
  bad: "M12 7v6m0 3.5h.01M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z",
  held: "M12 7v5l3 2M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z",
} as const;

export type Icon = keyof typeof PATHS;

const SVG = "http://www.w3.org/2000/svg";

/** A picture without a meaning of its own: words stand beside it, or on its button. */
export function icon(name: Icon): SVGSVGElement {
  const drawn = document.createElementNS(SVG, "svg");
  drawn.setAttribute("viewBox", "0 0 24 24");
  drawn.setAttribute("aria-hidden", "true");
  drawn.setAttribute("class", "icon");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  drawn.append(path);
  return drawn;
}

const KINDS: readonly (readonly [pattern: RegExp, icon: Icon])[] = [
  [/^image\//, "image"],
  [/^audio\//, "audio"],
  [/^video\//, "video"],
  [/zip|x-tar|gzip|x-7z|rar|x-bzip2|x-xz/, "archive"],
];

/** What stands for a file of this media type. */
export function iconOfType(type: string): Icon {
  return KINDS.find(([pattern]) => pattern.test(type))?.[1] ?? "file";
}
