/**
 * Reads what scripts/pack.mjs wrote: literals, matches and matches at a distance of late, as in LZMA, in bits of a range coder. A byte is coded after the
 * upper half of the one before, and after a match beside the byte that would have continued it; a number by its length in bits, then those bits.
 */

/** Probabilities of a bit being 0 have so many bits, and move a 2^-RATE of the way. */
const BITS = 11;
const RATE = 4;
const LEAST_MATCH = 2;

class Bits {
  private code = 0;
  private range = 2 ** 24 - 1;
  private at = 3;

  constructor(private readonly packed: Uint8Array) {
    for (let i = 0; i < 3; i++) this.code = (this.code << 8) | packed[i];
  }

  read(probabilities: Uint16Array, at: number): number {
    const p = probabilities[at];
    const bound = (this.range >>> BITS) * p;
    const bit = this.code < bound ? 0 : 1;
    if (bit === 0) {
      this.range = bound;
      probabilities[at] += ((1 << BITS) - p) >> RATE;
    } else {
      this.range -= bound;
      this.code -= bound;
      probabilities[at] -= p >> RATE;
    }
    while (this.range < 2 ** 16) {
      this.range <<= 8;
      this.code = (this.code << 8) | this.packed[this.at++];
    }
    return bit;
  }

  tree(probabilities: Uint16Array, base: number, bits: number): number {
    let node = 1;
    for (let i = 0; i < bits; i++) node = 2 * node + this.read(probabilities, base + node);
    return node - (1 << bits);
  }

  number(probabilities: Uint16Array, base: number): number {
    const length = this.tree(probabilities, base, 5);
    const own = base + 32 * (length + 1);
    let node = 1;
    for (let i = length - 1; i >= 0; i--) node = 2 * node + this.read(probabilities, own + (node < 4 ? node : 4 + i));
    return node;
  }

  /** @param expected −1 where no match went before */
  literal(probabilities: Uint16Array, base: number, expected: number): number {
    let matches = expected >= 0;
    let node = 1;
    for (let i = 7; i >= 0; i--) {
      const guess = (expected >> i) & 1;
      const bit = this.read(probabilities, base + (matches ? 256 * (1 + guess) : 0) + node);
      matches &&= guess === bit;
      node = 2 * node + bit;
    }
    return node & 255;
  }
}

const models = (size: number): Uint16Array => new Uint16Array(size).fill(1 << (BITS - 1));

/** The first `length` bytes. */
export function unpack(packed: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const [kind, repeated, which, lengths, distances, literals] = [9, 9, 4, 2048, 4096, 768 * 16].map(models);
  const bits = new Bits(packed);
  const out = new Uint8Array(length);
  let recent = [1, 2, 3, 4];
  /** The last two steps, each 0 a literal, 1 a match, 2 one at a distance of late. */
  let state = 0;
  for (let at = 0; at < length; ) {
    if (bits.read(kind, state) === 0) {
      out[at] = bits.literal(literals, 768 * (at > 0 ? out[at - 1] >> 4 : 0), state % 3 > 0 ? out[at - recent[0]] : -1);
      at++;
      state = (3 * state) % 9;
      continue;
    }
    const repeats = bits.read(repeated, state);
    const known = repeats ? recent[bits.tree(which, 0, 2)] : 0;
    const count = bits.number(lengths, 1024 * repeats) + LEAST_MATCH - 1;
    const distance = known || bits.number(distances, 1024 * Math.min(3, count - LEAST_MATCH));
    for (const end = at + count; at < end; at++) out[at] = out[at - distance];
    recent = [distance, ...recent.filter((other) => other !== distance)].slice(0, 4);
    state = (3 * state + 1 + repeats) % 9;
  }
  return out;
}
