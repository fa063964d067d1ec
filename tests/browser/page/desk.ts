/** The client as a page holds it, within reach of a test. */
import { type AddOptions, createUploader, PortwayError, type Upload, type Uploader } from "@portway/client";

interface Settings {
  readonly api: string;
  readonly token: string;
  /** Bytes. */
  readonly partSize?: number;
  readonly checksum?: "none";
}

/** An upload as a test sees it. */
interface Seen {
  readonly id: string | null;
  readonly state: string;
  readonly parts: number;
  readonly error: { kind: string; code: string; detail: string; whatToDo: string } | null;
}

let uploader: Uploader | null = null;

/** Once for each page load. */
function open({ api, token, partSize, checksum }: Settings): void {
  uploader = createUploader({
    ...{ endpoint: api, token },
    ...(partSize ? { partSize } : {}),
    ...(checksum ? { checksum } : {}),
  });
}

function opened(): Uploader {
  if (!uploader) throw new Error("open the desk first");
  return uploader;
}

/** Add all files that the input has. */
function add(options: AddOptions = {}): void {
  for (const file of document.querySelector<HTMLInputElement>("#files")?.files ?? []) opened().add(file, options);
}

function upload(index: number): Upload {
  const found = opened().uploads[index];
  if (!found) throw new Error(`there is no upload ${index}`);
  return found;
}

function seen({ id, state, error, progress }: Upload): Seen {
  const { name: kind, code, detail, whatToDo } = error ?? new PortwayError({ code: "", detail: "" });
  return { id, state, parts: progress.partsDone, error: error && { kind, code, detail, whatToDo } };
}

/** The files that were published, in the order in which they were added. Rejects with what one of them failed of. */
function allDone(): Promise<{ id: string; name: string; size: number }[]> {
  return Promise.all(
    opened().uploads.map(async ({ done }) => {
      const { id, name, size } = await done;
      return { id, name, size };
    }),
  );
}

/** Resolves once an upload is as wanted; in that very moment it is paused or cancelled, if so asked. */
async function until(index: number, state: string, parts = 0, then?: "pause" | "cancel"): Promise<Seen> {
  const one = upload(index);
  await reached(one, () => {
    const isThere = one.state === state && one.progress.partsDone >= parts;
    if (isThere && then) void one[then]();
    return isThere;
  });
  return seen(one);
}

/** Asks now and whenever something changes, until the answer is yes. */
function reached(one: Upload, isThere: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    let isOver = false;
    const look = () => {
      if (isOver) return;
      isOver = isThere();
      if (isOver) resolve();
    };
    one.on("state", look);
    one.on("progress", look);
    look();
  });
}

export const desk = {
  open,
  add,
  allDone,
  until,
  resume: (index: number) => upload(index).resume(),
  seen: () => opened().uploads.map(seen),
  resumable: async () => (await opened().resumable()).map(({ id, name, size }) => ({ id, name, size })),
};
