import type { Clock, Transport, TransportAnswer, TransportRequest } from "../seams.js";
import type { FaultKind, Faults } from "./faults.js";
import { type Declaration, ServerUpload } from "./server.js";

export interface FakeOptions {
  clock: Clock;
  /** 0 to 1; decides how long answers take. */
  random?: () => number;
  faults?: Faults;
  /** Bytes of a part, unless create wishes others. Small here, so that tests have many parts. */
  partSize?: number;
  urlSeconds?: number;
  /** Whether a bearer token is good. */
  accepts?: (token: string) => boolean;
  /** How inspection ends, by declaration: null to publish, else a reason such as `rejected`. */
  verdict?: (declared: Declaration) => string | null;
  /** What the server's clock is ahead of the device's, in milliseconds. */
  aheadMs?: number;
}

type Answer = { status: number; document?: unknown; text?: string; headers?: Record<string, string> };
type Route = (upload: ServerUpload, body: Record<string, unknown>, query: URLSearchParams) => Answer;

const API = "https://api.test";
const S3 = "https://s3.test";
const STEP_MS = 700;
const NOTHING: Answer = { status: 0 };

/** A Portway in memory, as a transport: it speaks the wire contract, with the faults that it is given. */
export class FakePortway implements Transport {
  readonly endpoint = API;
  readonly uploads = new Map<string, ServerUpload>();
  /** `METHOD target path` of every request that arrived, in order. */
  readonly requests: string[] = [];
  /** Most parts that were on their way at once. */
  mostAtOnce = 0;
  /** Whether there is a network. */
  isOnline = true;
  faults: Faults;
  readonly #options: FakeOptions;
  readonly #byKey = new Map<string, { upload: ServerUpload; body: string }>();
  #atOnce = 0;

  constructor(options: FakeOptions) {
    this.#options = options;
    this.faults = options.faults ?? (() => null);
  }

  async send(request: TransportRequest): Promise<TransportAnswer> {
    const isPart = request.url.startsWith(S3);
    this.#atOnce += Number(isPart);
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#atOnce);
    const answer = await this.#answered(request, isPart ? "s3" : "api");
    this.#atOnce -= Number(isPart);
    return heard(request.signal.aborted ? NOTHING : answer);
  }

  async reaches(): Promise<boolean> {
    await this.#options.clock.sleep(20);
    return this.isOnline;
  }

  async #answered(request: TransportRequest, target: "api" | "s3"): Promise<Answer> {
    const { clock, random = () => 0.5 } = this.#options;
    const fault = this.isOnline ? this.faults(request, target) : "lost";
    await clock.sleep(5 + random() * (target === "s3" ? 400 : 40), request.signal);
    if (fault === "stall") await clock.sleep(3_600_000, request.signal);
    if (request.signal.aborted) return NOTHING;
    const refused = fault && REFUSALS[fault];
    return refused ?? this.#arrived(request, target, fault);
  }

  async #arrived(request: TransportRequest, target: "api" | "s3", fault: FaultKind | null): Promise<Answer> {
    this.requests.push(`${request.method} ${target} ${new URL(request.url).pathname}`);
    const answer = target === "s3" ? await this.#put(request) : this.#call(request);
    if (fault === "unheard") return NOTHING;
    return fault === "half" ? { ...answer, text: JSON.stringify(answer.document ?? {}).slice(0, -1) } : answer;
  }

  // S3

  async #put({ url, body, headers, onSent }: TransportRequest): Promise<Answer> {
    const { pathname, searchParams } = new URL(url);
    const upload = this.uploads.get(pathname.slice(1)) as ServerUpload;
    const number = Number(searchParams.get("partNumber"));
    if (this.#now() > Number(searchParams.get("end"))) return refusal(403, "AccessDenied");
    const wanted = searchParams.get("checksum") || undefined;
    if (headers[`x-amz-checksum-${upload.algorithm}`] !== wanted) return refusal(403, "SignatureDoesNotMatch");
    if (upload.strategy === "single" && upload.parts.has(1)) return refusal(412, "PreconditionFailed");
    if (!upload.isOpen) return refusal(404, "NoSuchUpload");
    const bytes = new Uint8Array(await (body as Blob).arrayBuffer());
    if (bytes.length !== upload.length(number)) return refusal(403, "SignatureDoesNotMatch");
    onSent?.(bytes.length);
    return this.#take(upload, number, bytes, wanted);
  }

  #take(upload: ServerUpload, number: number, bytes: Uint8Array<ArrayBuffer>, wanted: string | undefined): Answer {
    const before = upload.parts.get(number);
    upload.store(number, bytes);
    if (wanted && upload.parts.get(number)?.checksum !== wanted) {
      if (before) upload.parts.set(number, before);
      else upload.parts.delete(number);
      return refusal(400, "BadDigest");
    }
    if (upload.strategy === "single") this.#process(upload);
    return { status: 200 };
  }

  // the API

  #call({ method, url, headers, body }: TransportRequest): Answer {
    const { accepts = () => true } = this.#options;
    if (!accepts((headers["authorization"] ?? "").replace("Bearer ", "")))
      return { status: 401, document: { message: "Unauthorized" } };
    const { pathname, searchParams } = new URL(url);
    const [, kind = "", id = "", step = ""] = pathname.slice(1).split("/");
    const text = (body as string | null) ?? "{}";
    if (method === "POST" && !id) return this.#create(text, headers["idempotency-key"] ?? "");
    const upload = this.uploads.get(id);
    const route = this.#ROUTES[`${method} ${kind}/${step}`];
    if (!upload || !route) return problem(404, "not_found");
    this.#settle(upload);
    return route(upload, JSON.parse(text), searchParams);
  }

  readonly #ROUTES: Record<string, Route> = {
    "GET uploads/": (upload) => ({ status: 200, document: this.#view(upload) }),
    "POST uploads/parts": (upload, body) => this.#sign(upload, body as never),
    "GET uploads/parts": (upload, _, query) => this.#listed(upload, Number(query.get("cursor"))),
    "POST uploads/complete": (upload, body) => this.#complete(upload, body),
    "POST uploads/retry": (upload) => this.#retry(upload),
    "DELETE uploads/": (upload) => this.#cancel(upload),
    "GET files/": (upload) => this.#file(upload),
    "GET files/url": (upload) => ({
      status: 200,
      document: { url: `${S3}/${upload.id}`, expires_at: this.#time(900) },
    }),
  };

  #create(text: string, key: string): Answer {
    const known = this.#byKey.get(key);
    if (known && known.body !== text) return problem(422, "idempotency_key_reused");
    const upload = known?.upload ?? this.#declared(JSON.parse(text) as Declaration);
    this.#byKey.set(key, { upload, body: text });
    const { id, strategy, status, partSize: part_size, declared } = upload;
    const numbers = upload.isOpen ? upload.missing.map(([number]) => number).slice(0, declared.window ?? 100) : [];
    const checksums = strategy === "single" ? { 1: declared.checksum as string } : (declared.part_checksums ?? {});
    const signed = numbers.length > 0 ? this.#signed(upload, numbers, checksums) : null;
    return {
      status: 201,
      document: { id, status, strategy, part_size, server_time: this.#time(), signed, warnings: [] },
    };
  }

  #declared(body: Declaration): ServerUpload {
    const id = `${this.uploads.size + 1}`.padStart(26, "0");
    const upload = new ServerUpload(id, body, body.part_size ?? this.#options.partSize ?? 1000);
    this.uploads.set(id, upload);
    return upload;
  }

  #sign(upload: ServerUpload, body: { numbers: number[]; checksums?: Record<number, string> }): Answer {
    if (!upload.isOpen) return problem(409, "wrong_state");
    return { status: 200, document: this.#signed(upload, body.numbers, body.checksums ?? {}) };
  }

  #signed(upload: ServerUpload, numbers: number[], checksums: Record<number, string>) {
    const end = this.#now() + (this.#options.urlSeconds ?? 900) * 1000;
    const parts = numbers.map((number) => {
      const checksum = checksums[number];
      const query = new URLSearchParams({ partNumber: `${number}`, end: `${end}`, checksum: checksum ?? "" });
      const headers = checksum ? { [`x-amz-checksum-${upload.algorithm}`]: checksum } : {};
      return { number, length: upload.length(number), url: `${S3}/${upload.id}?${query}`, headers };
    });
    return { expires_at: new Date(end).toISOString(), server_time: this.#time(), parts };
  }

  #listed(upload: ServerUpload, cursor: number): Answer {
    const found = [...upload.parts].filter(([number]) => number > cursor).sort(([a], [b]) => a - b);
    const parts = found.map(([number, { bytes, checksum }]) => ({ number, size: bytes.length, checksum })).slice(0, 3);
    return { status: 200, document: { parts, cursor: found.length > 3 ? parts[2]?.number : null } };
  }

  #complete(upload: ServerUpload, body: { checksum?: string; size?: number }): Answer {
    if (upload.status === "cancelled" || upload.status === "expired") return problem(409, "wrong_state");
    if (!upload.isOpen) return { status: 200, document: this.#view(upload) };
    if (upload.missing.length > 0) return problem(409, "parts_missing");
    if (upload.declared.size !== body.size) return problem(422, "parts_differ");
    if (body.checksum && body.checksum !== upload.checksum) return problem(422, "parts_differ");
    this.#process(upload);
    return { status: 200, document: this.#view(upload) };
  }

  #retry(upload: ServerUpload): Answer {
    this.#process(upload);
    return { status: 202, document: this.#view(upload) };
  }

  #cancel(upload: ServerUpload): Answer {
    if (!upload.isOpen) return problem(409, "wrong_state");
    upload.status = "cancelled";
    upload.parts.clear();
    return { status: 204 };
  }

  #file(upload: ServerUpload): Answer {
    if (upload.status !== "completed") return problem(409, "wrong_state");
    const { name, size, content_type, category = "anything", metadata = {} } = upload.declared;
    const dates = { created_at: this.#time(), published_at: this.#time(), retained_until: null, results_at: null };
    const rest = { checksum_algorithm: upload.algorithm, checksum: upload.checksum, facts: {}, results: [] };
    return {
      status: 200,
      document: { id: upload.id, name, size, content_type, category, metadata, ...dates, ...rest },
    };
  }

  // time

  #process(upload: ServerUpload): void {
    upload.status = "processing";
    upload.dueAt = this.#now() + STEP_MS;
  }

  /** Whatever happened since somebody looked. */
  #settle(upload: ServerUpload): void {
    if (upload.status !== "processing" || this.#now() < upload.dueAt) return;
    upload.reason = this.#options.verdict?.(upload.declared) ?? null;
    upload.status = upload.reason ? "failed" : "completed";
    if (upload.reason) upload.findings = [{ code: upload.reason, severity: "reject", words: "It was not liked." }];
  }

  #view(upload: ServerUpload) {
    const { id, status, reason, strategy, missing, findings } = upload;
    const { name, size } = upload.declared;
    const document = { id, status, reason, strategy, missing: upload.isOpen ? missing : [], findings, name, size };
    const checksums = { checksum_algorithm: upload.algorithm, checksum: upload.declared.checksum ?? null };
    return { ...document, ...checksums, part_size: upload.partSize, server_time: this.#time() };
  }

  #now(): number {
    return this.#options.clock.now() + (this.#options.aheadMs ?? 0);
  }

  #time(seconds = 0): string {
    return new Date(this.#now() + seconds * 1000).toISOString();
  }
}

function heard({ status, document, text, headers = {} }: Answer): TransportAnswer {
  const said = text ?? (document === undefined ? "" : JSON.stringify(document));
  return { status, header: (name) => headers[name] ?? null, text: said };
}

const refusal = (status: number, code: string): Answer => ({ status, text: `<Error><Code>${code}</Code></Error>` });
const problem = (status: number, code: string): Answer => ({ status, document: { code, detail: `It is ${code}.` } });

const REFUSALS: Partial<Record<FaultKind, Answer>> = {
  lost: NOTHING,
  stall: NOTHING,
  busy: { ...refusal(503, "SlowDown"), headers: { "retry-after": "1" } },
  expired: refusal(400, "ExpiredToken"),
  forbidden: refusal(403, "AccessDenied"),
  damaged: refusal(400, "BadDigest"),
  gateway: { status: 502, document: { message: "Bad Gateway" } },
};
