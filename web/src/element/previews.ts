/**
 * Small pictures of images, made only of files whose rows are seen.
 *
 * Each is decoded once, drawn small on a canvas and let go, so a thousand photographs cost no more memory than their
 * thumbnails, no object URL is made that somebody has to revoke, and the page's policy need not allow `blob:`.
 */

const SIDE = 44;
const LARGEST_BYTES = 64 * 1024 * 1024;
const AT_ONCE = 2;

/** No SVG: a browser may draw it, but nobody has looked at what is in it. */
const DRAWN = /^image\/(png|jpeg|gif|webp|avif|bmp)$/;

export function hasPreview(file: Blob): boolean {
  return DRAWN.test(file.type) && file.size > 0 && file.size <= LARGEST_BYTES;
}

/** Draws previews into places as these come into view, two at a time. */
export class Previews {
  readonly #wanted = new Map<Element, File>();
  readonly #observer = new IntersectionObserver((seen) => this.#seen(seen), { rootMargin: "200px" });
  readonly #waiting: (() => Promise<void>)[] = [];
  #running = 0;

  /** `place` gets the picture once it is near the screen. */
  watch(place: Element, file: File): void {
    if (!hasPreview(file)) return;
    this.#wanted.set(place, file);
    this.#observer.observe(place);
  }

  forget(place: Element): void {
    this.#wanted.delete(place);
    this.#observer.unobserve(place);
  }

  stop(): void {
    this.#observer.disconnect();
    this.#wanted.clear();
    this.#waiting.length = 0;
  }

  #seen(entries: IntersectionObserverEntry[]): void {
    for (const { isIntersecting, target } of entries) {
      const file = this.#wanted.get(target);
      if (!isIntersecting || !file) continue;
      this.forget(target);
      this.#waiting.push(() => draw(file, target));
    }
    this.#next();
  }

  #next(): void {
    while (this.#running < AT_ONCE) {
      const work = this.#waiting.shift();
      if (!work) return;
      this.#running += 1;
      void work().finally(() => {
        this.#running -= 1;
        this.#next();
      });
    }
  }
}

/** The middle of the picture as a square; a file that is no picture keeps its icon. */
async function draw(file: File, place: Element): Promise<void> {
  try {
    const picture = await createImageBitmap(file);
    const canvas = document.createElement("canvas");
    const side = SIDE * Math.min(2, Math.ceil(devicePixelRatio));
    canvas.width = canvas.height = side;
    const cut = Math.min(picture.width, picture.height);
    const [x, y] = [(picture.width - cut) / 2, (picture.height - cut) / 2];
    canvas.getContext("2d")?.drawImage(picture, x, y, cut, cut, 0, 0, side, side);
    picture.close();
    place.replaceChildren(canvas);
  } catch {
    // damaged, or a format that this browser does not know: inspection will tell
  }
}
