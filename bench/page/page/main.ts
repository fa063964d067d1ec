import { bareFetch, bareXhr } from "./bare.js";
import { ours } from "./ours.js";
import type { Task } from "./task.js";
import { uppy } from "./uppy.js";

const WAYS: Readonly<Record<string, (task: Task) => Promise<void>>> = {
  "bare fetch": bareFetch,
  "bare XHR": bareXhr,
  ours: ours("none"),
  "ours with checksums": ours("auto"),
  "@uppy/aws-s3": uppy,
};

/** Send the picked file in one of the ways. Seconds. */
async function run(way: string, sink: string, partSize: number, parallel: number): Promise<number> {
  const file = document.querySelector<HTMLInputElement>("#file")?.files?.[0];
  const send = WAYS[way];
  if (!file || !send) throw new Error(`no file, or no way that is called ${way}`);
  const start = performance.now();
  await send({ file, sink, partSize, parallel });
  return (performance.now() - start) / 1000;
}

declare global {
  interface Window {
    run: typeof run;
  }
}

window.run = run;
