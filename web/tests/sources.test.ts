import { describe, expect, test } from "vitest";
import { dropped, filesOf, pasted } from "../src/element/sources.js";

/** As a browser has it; Node's own File knows nothing of folders. */
function file(name: string, type = "", path = ""): File {
  return Object.defineProperty(new File(["x"], name, { type }), "webkitRelativePath", { value: path });
}

/** A folder as a browser hands it out: its children in lots of two. */
function folder(name: string, children: object[]) {
  const rest = [...children];
  const createReader = () => ({ readEntries: (resolve: (lot: object[]) => void) => resolve(rest.splice(0, 2)) });
  return { isFile: false, name, createReader };
}

function entry(name: string) {
  return { isFile: true, name, file: (resolve: (file: File) => void) => resolve(file(name)) };
}

function transfer(...entries: object[]): DataTransfer {
  const items = entries.map((each) => ({ kind: "file", webkitGetAsEntry: () => each }));
  return { items, files: [] } as unknown as DataTransfer;
}

function pathsOf({ found }: { found: { file: File; folder: string }[] }): string[] {
  return found.map((picked) => [picked.folder, picked.file.name].filter(Boolean).join("/"));
}

describe("dropped", () => {
  test("files and whole folders, however deep and however many", async () => {
    const photos = folder("photos", [
      entry("1.png"),
      folder("2024", [entry("a.png"), entry("b.png"), entry("c.png")]),
      entry("2.png"),
    ]);
    const pick = await dropped(transfer(entry("letter.pdf"), photos));
    expect(pathsOf(pick)).toEqual([
      "letter.pdf",
      "photos/1.png",
      "photos/2024/a.png",
      "photos/2024/b.png",
      "photos/2024/c.png",
      "photos/2.png",
    ]);
  });

  test("what systems put into folders stays at home, unless it is dropped itself", async () => {
    const pick = await dropped(
      transfer(entry(".DS_Store"), folder("photos", [entry(".DS_Store"), entry("Thumbs.db"), entry("1.png")])),
    );
    expect(pathsOf(pick)).toEqual([".DS_Store", "photos/1.png"]);
  });

  test("what cannot be read is counted, and hinders nothing else", async () => {
    const locked = {
      isFile: true,
      name: "locked",
      file: (_: unknown, reject: (error: Error) => void) => reject(new Error("NotReadable")),
    };
    const pick = await dropped(transfer(locked, entry("fine.txt")));
    expect([pathsOf(pick), pick.unreadable]).toEqual([["fine.txt"], 1]);
  });

  test("a browser without entries still gives its files", async () => {
    const plain = { items: [{ kind: "file", webkitGetAsEntry: () => null }], files: [file("a.txt")] };
    expect(pathsOf(await dropped(plain as unknown as DataTransfer))).toEqual(["a.txt"]);
  });
});

test("chosen folders are taken without their litter", () => {
  const inFolder = (path: string) => file(path.split("/").at(-1) ?? "", "", path);
  expect(pathsOf(filesOf([inFolder("photos/1.png"), inFolder("photos/desktop.ini")]))).toEqual(["photos/1.png"]);
});

test("pasted pictures get names that tell them apart; files keep theirs", () => {
  const files = [file("image.png", "image/png"), file("image.png", "image/png"), file("notes.txt")];
  const { found } = pasted({ files } as unknown as DataTransfer, new Date(2026, 10, 20, 9, 5, 7));
  expect(found.map((picked) => picked.file.name)).toEqual([
    "Pasted 2026-11-20 09.05.07.png",
    "Pasted 2026-11-20 09.05.07 (2).png",
    "notes.txt",
  ]);
  expect(found[0]?.file.type).toBe("image/png");
});
