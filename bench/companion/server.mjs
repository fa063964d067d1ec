// Uppy Companion as a signing server for S3: `node server.mjs '{"endpoint", "region", "bucket", "key", "secret"}' FOLDER`.
// Prints {"port"} and serves until its stdin ends. Nobody has to sign in: what is measured is the signing.
import { createServer } from "node:http";
import * as companion from "@uppy/companion";
import express from "express";

const app = express();
app.use(express.json());
const options = {
  filePath: process.argv[3],
  secret: "of a bench",
  server: { host: "127.0.0.1", protocol: "http" },
  uploadUrls: ["http://127.0.0.1"],
  corsOrigins: ["http://127.0.0.1"],
  metrics: false,
  s3: { ...JSON.parse(process.argv[2]), forcePathStyle: true, expires: 900, getKey: ({ filename }) => `in/${filename}` },
};
app.use(companion.app(options).app);
const http = createServer(app);
http.listen(0, "127.0.0.1", () => process.stdout.write(`${JSON.stringify({ port: http.address().port })}\n`));
process.stdin.on("end", () => process.exit(0)).resume();
