/** An upload by hand, with nothing but what a browser has: what any client has to work with. */

interface Part {
  readonly url: string;
  readonly headers: Record<string, string>;
}

export interface Put {
  readonly status: number;
  readonly headers: Record<string, string>;
  /** Bytes that the browser told of while it sent; none by fetch. */
  readonly told: number;
}

/** The file that the input has. */
function picked(): File {
  const file = document.querySelector<HTMLInputElement>("#files")?.files?.[0];
  if (!file) throw new Error("no file is picked");
  return file;
}

async function create(api: string, token: string): Promise<{ id: string; parts: Part[] }> {
  const file = picked();
  const response = await fetch(`${api}/v1/uploads`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ name: file.name, size: file.size, content_type: "application/octet-stream" }),
  });
  const upload = await response.json();
  return { id: upload.id, parts: upload.signed.parts };
}

const READ = ["etag", "x-amz-checksum-crc64nvme", "x-amz-request-id"];

async function byFetch(part: Part): Promise<Put> {
  const answer = await fetch(part.url, { method: "PUT", headers: part.headers, body: picked() });
  const headers = Object.fromEntries(READ.map((name) => [name, answer.headers.get(name) ?? ""]));
  return { status: answer.status, headers, told: 0 };
}

function byXhr(part: Part): Promise<Put> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let told = 0;
    request.open("PUT", part.url);
    for (const [name, value] of Object.entries(part.headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => {
      told = event.loaded;
    };
    request.onerror = () => reject(new TypeError("nothing that may be read came back"));
    request.onload = () => {
      const headers = Object.fromEntries(READ.map((name) => [name, request.getResponseHeader(name) ?? ""]));
      resolve({ status: request.status, headers, told });
    };
    request.send(picked());
  });
}

export const bare = { create, byFetch, byXhr };
