/**
 * How a file is cut, and how many parts to sign ahead. Pure arithmetic; part numbers begin at 1.
 * @module
 */

/** Inclusive ranges of part numbers, as the server writes them. */
export type Ranges = readonly (readonly [number, number])[];

export interface Layout {
  readonly size: number;
  readonly partSize: number;
  /** 1 for an empty file: one part of no bytes. */
  readonly count: number;
}

export function layoutOf(size: number, partSize: number): Layout {
  return { size, partSize, count: Math.max(1, Math.ceil(size / partSize)) };
}

/** First byte of a part, and the one after its last. */
export function bounds(layout: Layout, number: number): readonly [number, number] {
  const start = (number - 1) * layout.partSize;
  return [start, Math.min(start + layout.partSize, layout.size)];
}

export function lengthOf(layout: Layout, number: number): number {
  const [start, end] = bounds(layout, number);
  return end - start;
}

export function numbersIn(ranges: Ranges): number[] {
  const numbers: number[] = [];
  for (const [first, last] of ranges) for (let number = first; number <= last; number++) numbers.push(number);
  return numbers;
}

/** The most that one request may sign as full URLs. */
export const MOST_SIGNED = 1000;
/** Parts whose turn comes after this share of the URLs' life are signed later. */
const SHARE_OF_LIFE = 0.5;

/**
 * How many parts to sign at once: as many as are sent in half of a URL's life, never fewer than go at once.
 * @param partsPerSecond - null while nobody knows
 */
export function windowFor(parallel: number, lifeSeconds: number, partsPerSecond: number | null): number {
  if (partsPerSecond === null) return Math.min(2 * parallel, MOST_SIGNED);
  const sendable = Math.floor(lifeSeconds * SHARE_OF_LIFE * partsPerSecond);
  return Math.min(Math.max(parallel, sendable), MOST_SIGNED);
}
