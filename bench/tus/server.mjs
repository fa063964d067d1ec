// A tus server: `node server.mjs FOLDER` with a file store, `node server.mjs FOLDER '{"endpoint", "region", "bucket",
// "accessKeyId", "secretAccessKey"}'` in front of S3. Prints {"port"} and serves until its stdin ends.
import { createServer } from "node:http";
import { FileStore } from "@tus/file-store";
import { S3Store } from "@tus/s3-store";
import { Server } from "@tus/server";

function inFrontOf({ bucket, region, endpoint, ...credentials }) {
  const checksums = { requestChecksumCalculation: "WHEN_REQUIRED" }; // else it gives parts a checksum that it did not announce
  const s3ClientConfig = { bucket, region, endpoint, credentials, forcePathStyle: true, ...checksums };
  return new S3Store({ partSize: 16 << 20, s3ClientConfig });
}

const [folder, s3] = process.argv.slice(2);
const datastore = s3 ? inFrontOf(JSON.parse(s3)) : new FileStore({ directory: folder });
const tus = new Server({ path: "/files", datastore });
const http = createServer((request, response) => tus.handle(request, response));
http.listen(0, "127.0.0.1", () => console.log(JSON.stringify({ port: http.address().port })));
process.stdin.on("end", () => process.exit(0)).resume();
