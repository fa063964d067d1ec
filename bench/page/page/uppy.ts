/** @uppy/aws-s3 as its page says to use it with one's own server: a call that signs each request. */
import AwsS3 from "@uppy/aws-s3";
import Uppy from "@uppy/core";
import { created, signed, type Task } from "./task.js";

export async function uppy(task: Task): Promise<void> {
  const upload = await created(task, 0); // once: what its own create does is answered by S3
  const plain = `${task.sink}/bench/file`;
  const one = new Uppy({ autoProceed: false }).use(AwsS3, {
    shouldUseMultipart: true,
    limit: task.parallel,
    getChunkSize: () => task.partSize,
    signRequest: async (request) => {
      if ("partNumber" in request) return { url: await signed(task, upload.id, request.partNumber) };
      return { url: "uploadId" in request ? `${plain}?uploadId=${request.uploadId}` : `${plain}?uploads=` };
    },
  });
  one.addFile({ name: task.file.name, type: "application/octet-stream", data: task.file });
  const result = await one.upload();
  one.destroy();
  if (result?.successful?.length !== 1) throw new Error(`uppy: ${result?.failed?.[0]?.error}`);
}
