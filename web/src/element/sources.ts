/** Where files come from: what was dropped (folders too), chosen or pasted, as one list with their paths. */

/** A file, and the folders that it was in, `""` or `"photos/2024"`. */
export interface Picked {
  readonly file: File;
  readonly folder: string;
}

/** What was found, and how many entries the browser would not read. */
export interface Pick {
  readonly found: Picked[];
  readonly unreadable: number;
}

/** Files that systems put into folders, which nobody means to send. */
const LITTER = new Set([".DS_Store", "Thumbs.db", "desktop.ini"]);

/** Files of an `<input type=file>`; those of a chosen folder know their path. */
export function filesOf(list: Iterable<File>): Pick {
  const found = Array.from(list, (file) => ({ file, folder: folderOf(file.webkitRelativePath) }));
  return { found: found.filter(({ file, folder }) => isWanted(file.name, folder)), unreadable: 0 };
}

/** What was dropped. The entries are taken at once: after the first pause a browser has emptied the list. */
export async function dropped(transfer: DataTransfer): Promise<Pick> {
  const items = Array.from(transfer.items).filter((item) => item.kind === "file");
  const entries = items.map((item) => item.webkitGetAsEntry());
  if (entries.length === 0 || entries.some((entry) => entry === null)) return filesOf(transfer.files);
  return together(entries.map((entry) => walked(entry as FileSystemEntry, "")));
}

/** All at once: an entry is a way to another process and back, and a folder has thousands of them. */
async function walked(entry: FileSystemEntry, folder: string): Promise<Pick> {
  try {
    if (isFile(entry)) {
      return { found: isWanted(entry.name, folder) ? [{ file: await fileOf(entry), folder }] : [], unreadable: 0 };
    }
    const inside = folder ? `${folder}/${entry.name}` : entry.name;
    const children = await childrenOf(entry as FileSystemDirectoryEntry);
    return together(children.map((child) => walked(child, inside)));
  } catch {
    return { found: [], unreadable: 1 };
  }
}

/** In their order. */
async function together(picks: Promise<Pick>[]): Promise<Pick> {
  const all = await Promise.all(picks);
  return { found: all.flatMap(({ found }) => found), unreadable: all.reduce((sum, pick) => sum + pick.unreadable, 0) };
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}

/** All children: a reader hands them out in lots of a hundred, and an empty lot at the end. */
async function childrenOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const children: FileSystemEntry[] = [];
  for (;;) {
    const lot = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (lot.length === 0) return children;
    children.push(...lot);
  }
}

/** Pasted files. Browsers call each pasted picture `image.png`, so these are named by the time. */
export function pasted(transfer: DataTransfer, now: Date): Pick {
  const found = Array.from(transfer.files, (file, index) => ({ file: renamed(file, now, index), folder: "" }));
  return { found, unreadable: 0 };
}

function renamed(file: File, now: Date, index: number): File {
  const [, extension] = /^image\.(png|jpeg|gif|webp|bmp|tiff)$/.exec(file.name) ?? [];
  if (!extension) return file;
  const digits = (value: number) => String(value).padStart(2, "0");
  const day = [now.getFullYear(), now.getMonth() + 1, now.getDate()].map(digits).join("-");
  const time = [now.getHours(), now.getMinutes(), now.getSeconds()].map(digits).join(".");
  const name = `Pasted ${day} ${time}${index ? ` (${index + 1})` : ""}.${extension}`;
  return new File([file], name, { type: file.type, lastModified: file.lastModified });
}

function folderOf(path: string): string {
  return path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
}

/** Chosen one by one, every file is wanted; out of a folder, litter is not. */
function isWanted(name: string, folder: string): boolean {
  return folder === "" || !LITTER.has(name);
}
