/**
 * The checksum of a whole file from those of its parts, without reading it again.
 *
 * crc(A + B) = crc(A) · x^(8·|B|) mod P, plus crc(B): multiplication of polynomials over GF(2). All parts but the last
 * have one length, so its power of x is computed once.
 * @module
 */
import { fromText, POLYNOMIALS, toText } from "./crc.js";
import type { Algorithm } from "./seams.js";

/** a · b mod P. In a reflected CRC the highest bit is x^0. */
function product(a: bigint, b: bigint, { width, polynomial }: (typeof POLYNOMIALS)[Algorithm]): bigint {
  let sum = 0n;
  let shifted = b;
  for (let bit = BigInt(width - 1); bit >= 0n; bit--) {
    if ((a >> bit) & 1n) sum ^= shifted;
    shifted = shifted & 1n ? (shifted >> 1n) ^ polynomial : shifted >> 1n;
  }
  return sum;
}

/** x^(8 · bytes) mod P, by squaring. */
function power(bytes: number, algorithm: Algorithm): bigint {
  const field = POLYNOMIALS[algorithm];
  let result = 1n << BigInt(field.width - 1);
  let square = 1n << BigInt(field.width - 9);
  for (let left = BigInt(bytes); left > 0n; left >>= 1n) {
    if (left & 1n) result = product(square, result, field);
    square = product(square, square, field);
  }
  return result;
}

/** Checksum of the parts in order, each with its length in bytes. */
export function combined(parts: Iterable<{ checksum: string; length: number }>, algorithm: Algorithm): string {
  const powers = new Map<number, bigint>();
  let whole = 0n;
  for (const { checksum, length } of parts) {
    const factor = powers.get(length) ?? power(length, algorithm);
    powers.set(length, factor);
    whole = product(factor, whole, POLYNOMIALS[algorithm]) ^ fromText(checksum);
  }
  return toText(whole, algorithm);
}
