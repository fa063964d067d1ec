/** What every way is given: the same file, server, part size and number of requests at once. */
export interface Task {
  readonly file: File;
  /** Base address of a sink: an API of Portway's below /v1, S3 elsewhere. */
  readonly sink: string;
  readonly partSize: number;
  readonly parallel: number;
}

export interface Part {
  readonly number: number;
  readonly length: number;
  readonly url: string;
}

async function called<Answer>(url: string, body: unknown): Promise<Answer> {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  return (await answer.json()) as Answer;
}

/** An upload of the native API, with URLs of its first `window` parts. */
export function created(task: Task, window: number): Promise<{ id: string; signed: { parts: Part[] } | null }> {
  const { file, sink, partSize } = task;
  const body = { name: "file.bin", size: file.size, content_type: "application/octet-stream", part_size: partSize };
  return called(`${sink}/v1/uploads`, { ...body, strategy: "multipart", window });
}

/** The URL of one part, as somebody who signs them one by one asks for it. */
export async function signed(task: Task, id: string, number: number): Promise<string> {
  const { parts } = await called<{ parts: Part[] }>(`${task.sink}/v1/uploads/${id}/parts`, { numbers: [number] });
  const [part] = parts;
  if (!part) throw new Error(`part ${number} was not signed`);
  return part.url;
}

export async function completed(task: Task, id: string): Promise<void> {
  await called(`${task.sink}/v1/uploads/${id}/complete`, {});
}
