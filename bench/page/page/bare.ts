/** The least that a page can do: all URLs in one answer, then so many PUTs at once of slices of the file. */
import { completed, created, type Part, type Task } from "./task.js";

type Put = (url: string, body: Blob) => Promise<void>;

const byFetch: Put = async (url, body) => {
  const answer = await fetch(url, { method: "PUT", body });
  await answer.arrayBuffer();
  if (!answer.ok) throw new Error(`PUT: ${answer.status}`);
};

const byXhr: Put = (url, body) =>
  new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", url);
    request.onerror = () => reject(new Error("PUT: no answer"));
    request.onload = () => (request.status === 200 ? resolve() : reject(new Error(`PUT: ${request.status}`)));
    request.send(body);
  });

function bare(put: Put): (task: Task) => Promise<void> {
  return async (task) => {
    const upload = await created(task, 1000);
    const waiting = upload.signed?.parts ?? [];
    const lane = async (): Promise<void> => {
      for (let part: Part | undefined = waiting.shift(); part; part = waiting.shift()) {
        const start = (part.number - 1) * task.partSize;
        await put(part.url, task.file.slice(start, start + part.length));
      }
    };
    await Promise.all(Array.from({ length: task.parallel }, lane));
    await completed(task, upload.id);
  };
}

export const bareFetch = bare(byFetch);
export const bareXhr = bare(byXhr);
