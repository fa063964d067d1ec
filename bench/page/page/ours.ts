/** Our client as a page uses it. */
import { type ChecksumChoice, createUploader } from "@portway/client";
import type { Task } from "./task.js";

export function ours(checksum: ChecksumChoice): (task: Task) => Promise<void> {
  return async (task) => {
    const { sink, parallel, partSize } = task;
    const uploader = createUploader({ endpoint: sink, token: "bench", parallel, partSize, checksum });
    try {
      await uploader.add(task.file).done;
    } finally {
      uploader.close();
    }
  };
}
