/** Philox4x32-10 (Salmon, Moraes, Dror and Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3"; Random123), one block at a time. */

const M0 = 0xd2511f53;
const M1 = 0xcd9e8d57;
const W0 = 0x9e3779b9;
const W1 = 0xbb67ae85;
const ROUNDS = 10;

/** The high word of a product of two unsigned words; `b` in halves. */
function highWord(a: number, bHigh: number, bLow: number): number {
  const high = a >>> 16;
  const low = a & 0xffff;
  const middle = (Math.imul(high, bLow) >>> 0) + (Math.imul(low, bLow) >>> 16);
  const rest = (Math.imul(low, bHigh) >>> 0) + (middle & 0xffff);
  return (Math.imul(high, bHigh) + (middle >>> 16) + (rest >>> 16)) | 0;
}

/** Writes the four words (signed) of the block at counter (c0, c1, c2, c3) under the key (k0, k1) to `out`. */
export function philox(c0: number, c1: number, c2: number, c3: number, k0: number, k1: number, out: Int32Array): void {
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = highWord(c0, M0 >>> 16, M0 & 0xffff);
    const high2 = highWord(c2, M1 >>> 16, M1 & 0xffff);
    const low0 = Math.imul(c0, M0);
    const low2 = Math.imul(c2, M1);
    c0 = high2 ^ c1 ^ k0;
    c1 = low2;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + W0) | 0;
    k1 = (k1 + W1) | 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}
