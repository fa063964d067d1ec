/**
 * What a Portway server remembers of uploads, in memory: the rules of the native API without its network.
 * @module
 */
import { combined } from "../combine.js";
import { Crc, toText } from "../crc.js";
import { bounds, layoutOf, lengthOf, numbersIn } from "../plan.js";
import type { Algorithm } from "../seams.js";
import type { Status } from "../wire.js";

export interface Declaration {
  name: string;
  size: number;
  content_type: string;
  category?: string;
  metadata?: Record<string, string>;
  part_size?: number;
  checksum_algorithm?: Algorithm;
  checksum?: string;
  part_checksums?: Record<number, string>;
  window?: number;
}

export interface StoredPart {
  bytes: Uint8Array<ArrayBuffer>;
  checksum: string;
}

/** One upload as the server knows it. */
export class ServerUpload {
  readonly id: string;
  readonly declared: Declaration;
  readonly partSize: number;
  readonly strategy: "multipart" | "single";
  readonly algorithm: Algorithm;
  readonly parts = new Map<number, StoredPart>();
  status: Status = "initiated";
  reason: string | null = null;
  findings: { code: string; severity: string; words: string }[] = [];
  /** When the next step of processing is done; milliseconds. */
  dueAt = Number.POSITIVE_INFINITY;

  constructor(id: string, declared: Declaration, partSize: number) {
    this.id = id;
    this.declared = declared;
    this.partSize = partSize;
    this.algorithm = declared.checksum_algorithm ?? "crc64nvme";
    this.strategy = declared.checksum && declared.size <= partSize ? "single" : "multipart";
  }

  get layout() {
    return layoutOf(this.declared.size, this.partSize);
  }

  get isOpen(): boolean {
    return this.status === "initiated" || this.status === "in_progress";
  }

  get missing(): [number, number][] {
    const all = numbersIn([[1, this.layout.count]]);
    return all.filter((number) => !this.parts.has(number)).map((number) => [number, number]);
  }

  store(number: number, bytes: Uint8Array<ArrayBuffer>): void {
    const crc = new Crc(this.algorithm);
    crc.update(bytes);
    this.parts.set(number, { bytes, checksum: toText(crc.value(), this.algorithm) });
    if (this.isOpen) this.status = "in_progress";
  }

  length(number: number): number {
    return lengthOf(this.layout, number);
  }

  get checksum(): string {
    const ordered = [...this.parts].sort(([a], [b]) => a - b).map(([number, part]) => ({ ...part, number }));
    return combined(
      ordered.map(({ checksum, number }) => ({ checksum, length: this.length(number) })),
      this.algorithm,
    );
  }

  get content(): Uint8Array<ArrayBuffer> {
    const whole = new Uint8Array(this.declared.size);
    for (const [number, { bytes }] of this.parts) whole.set(bytes, bounds(this.layout, number)[0]);
    return whole;
  }
}
