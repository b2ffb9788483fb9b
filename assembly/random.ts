/**
 * Counter-based random numbers: Philox4x32-10 (Salmon, Moraes, Dror and Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3") on
 * eight counters at a time, and what src/finite/random makes of its words. Nothing here is fused, so all builds have the same bits.
 *
 * Counter: (block low, block high, sample, layer), key: (seed low, seed high). Eight consecutive blocks, the first a multiple of 8, are
 * two vectors of counters; a unit is the 128 bytes they become. A range that starts or ends inside a unit stores part of it.
 */
import { chord, cosine, keepConstants, radius, sine } from '../src/finite/random/normal';

/**
 * Tables of constants, 16 bytes each, below `memoryBase` and behind the tables of lanes.ts: in literals V8 would build them again at every
 * use. Every instance writes the same bytes, whatever thread it is on.
 */
const TABLE_SINGLE: usize = 6144;
const TABLE_DOUBLE: usize = 6720;
const PHILOX: usize = 7296;

const UNIT: usize = 128;
/** A pair of vectors: the two outputs of Box and Muller. */
const PAIR: usize = 32;
/** Units between making words and using them: they stay in the first cache. */
const CHUNK: usize = 32;
const M0: u32 = 0xd2511f53;
const M1: u32 = 0xcd9e8d57;
const W0: u32 = 0x9e3779b9;
const W1: u32 = 0xbb67ae85;

// An instance's own (globals are not shared between threads): the stream, what it makes of the first two rounds, and the words last made.
let seed0: u32 = 0;
let seed1: u32 = 0;
let sampleWord: u32 = 0;
let layerWord: u32 = 0;
let u0: v128 = i32x4.splat(0);
let u1: v128 = i32x4.splat(0);
let u2: v128 = i32x4.splat(0);
let u3: v128 = i32x4.splat(0);
let key0: v128 = i32x4.splat(0);
let key1: v128 = i32x4.splat(0);
let a0: v128 = i32x4.splat(0);
let a1: v128 = i32x4.splat(0);
let a2: v128 = i32x4.splat(0);
let a3: v128 = i32x4.splat(0);
let b0: v128 = i32x4.splat(0);
let b1: v128 = i32x4.splat(0);
let b2: v128 = i32x4.splat(0);
let b3: v128 = i32x4.splat(0);

class Single4 {
  /** Places that the operations below use: 158, the bits of a mantissa, the sign. */
  @inline keepOwn(): void {
    v128.store(TABLE_SINGLE + 32 * 16, f32x4.splat(158));
    v128.store(TABLE_SINGLE + 33 * 16, i32x4.splat(0x007fffff));
    v128.store(TABLE_SINGLE + 34 * 16, i32x4.splat(0x80000000));
  }
  @inline narrow(): boolean { return true; }
  @inline keep(i: f64, x: f64): void { v128.store(TABLE_SINGLE + (<usize>i << 4), f32x4.splat(<f32>x)); }
  @inline kept(i: f64): v128 { return v128.load(TABLE_SINGLE + (<usize>i << 4)); }
  @inline add(a: v128, b: v128): v128 { return f32x4.add(a, b); }
  @inline sub(a: v128, b: v128): v128 { return f32x4.sub(a, b); }
  @inline mul(a: v128, b: v128): v128 { return f32x4.mul(a, b); }
  @inline div(a: v128, b: v128): v128 { return f32x4.div(a, b); }
  @inline sqrt(a: v128): v128 { return f32x4.sqrt(a); }
  @inline max(a: v128, b: v128): v128 { return f32x4.pmax(a, b); }
  @inline signed(word: v128): v128 { return f32x4.convert_i32x4_s(word); }
  @inline unsigned(word: v128): v128 { return f32x4.convert_i32x4_u(word); }
  @inline shift(word: v128, n: f64): v128 { return i32x4.shl(word, <i32>n); }
  @inline negative(word: v128): v128 { return i32x4.shr_s(word, 31); }
  @inline unless(mask: v128, x: v128): v128 { return v128.andnot(x, mask); }
  @inline signedBy(word: v128, x: v128): v128 { return v128.xor(x, v128.and(word, this.kept(34))); }
  @inline halvings(x: v128): v128 { return f32x4.sub(this.kept(32), f32x4.convert_i32x4_s(i32x4.shr_u(x, 23))); }
  @inline mantissa(x: v128): v128 { return v128.or(v128.and(x, this.kept(33)), this.kept(4)); }
}

/** Words stand in the low lanes. */
class Double2 {
  /** Places that the operations below use: 2⁵² + 1054, the bits of a mantissa, 2⁵². */
  @inline keepOwn(): void {
    v128.store(TABLE_DOUBLE + 32 * 16, f64x2.splat(4503599627371550));
    v128.store(TABLE_DOUBLE + 33 * 16, i64x2.splat(0x000fffffffffffff));
    v128.store(TABLE_DOUBLE + 34 * 16, f64x2.splat(4503599627370496));
  }
  @inline narrow(): boolean { return false; }
  @inline keep(i: f64, x: f64): void { v128.store(TABLE_DOUBLE + (<usize>i << 4), f64x2.splat(x)); }
  @inline kept(i: f64): v128 { return v128.load(TABLE_DOUBLE + (<usize>i << 4)); }
  @inline add(a: v128, b: v128): v128 { return f64x2.add(a, b); }
  @inline sub(a: v128, b: v128): v128 { return f64x2.sub(a, b); }
  @inline mul(a: v128, b: v128): v128 { return f64x2.mul(a, b); }
  @inline div(a: v128, b: v128): v128 { return f64x2.div(a, b); }
  @inline sqrt(a: v128): v128 { return f64x2.sqrt(a); }
  @inline max(a: v128, b: v128): v128 { return f64x2.pmax(a, b); }
  @inline signed(word: v128): v128 { return f64x2.convert_low_i32x4_s(word); }
  @inline unsigned(word: v128): v128 { return f64x2.convert_low_i32x4_u(word); }
  @inline shift(word: v128, n: f64): v128 { return i32x4.shl(word, <i32>n); }
  @inline negative(word: v128): v128 { return i64x2.extend_low_i32x4_s(i32x4.shr_s(word, 31)); }
  @inline unless(mask: v128, x: v128): v128 { return v128.andnot(x, mask); }
  @inline signedBy(word: v128, x: v128): v128 { return v128.xor(x, i64x2.shl(i64x2.extend_low_i32x4_u(i32x4.shr_u(word, 31)), 63)); }
  /** The exponent's bits in the mantissa of 2⁵² are 2⁵² + 1022 + e. */
  @inline halvings(x: v128): v128 { return f64x2.sub(this.kept(32), v128.or(i64x2.shr_u(x, 52), this.kept(34))); }
  @inline mantissa(x: v128): v128 { return v128.or(v128.and(x, this.kept(33)), this.kept(4)); }
}

/** The stream of the units that follow. */
function openStream(s0: u32, s1: u32, sample: u32, layer: u32): void {
  seed0 = s0;
  seed1 = s1;
  sampleWord = sample;
  layerWord = layer;
  v128.store(PHILOX, i32x4.splat(M0));
  v128.store(PHILOX, i32x4.splat(M1), 16);
  v128.store(PHILOX, i32x4.splat(W0), 32);
  v128.store(PHILOX, i32x4.splat(W1), 48);
  v128.store(PHILOX, i32x4(0, 1, 2, 3), 64);
  v128.store(PHILOX, i32x4.splat(4), 80);
}

/** Half of the first two rounds depends on the high word of the block alone. */
function openBlocks(blockHigh: u32): void {
  const first = <u64>sampleWord * M1;
  const second = <u64>(<u32>(first >> 32) ^ blockHigh ^ seed0) * M0;
  u0 = i32x4.splat(layerWord ^ seed1);
  u1 = i32x4.splat(<u32>first ^ (seed0 + W0));
  u2 = i32x4.splat(<u32>(second >> 32) ^ (seed1 + W1));
  u3 = i32x4.splat(<u32>second);
  key0 = i32x4.splat(seed0 + 2 * W0);
  key1 = i32x4.splat(seed1 + 2 * W1);
}

@inline function high(a: v128, b: v128): v128 { return v128.shuffle<u32>(a, b, 1, 3, 5, 7); }
@inline function low(a: v128, b: v128): v128 { return v128.shuffle<u32>(a, b, 0, 2, 4, 6); }

/**
 * The words of a unit, `first` being the low word of its first block's index: word w of its blocks 0 to 3 in a_w, of 4 to 7 in b_w, all
 * stored in the order of their names at `at`, if that is not 0.
 */
function makeUnit(first: u32, at: usize): void {
  const m0 = v128.load(PHILOX), m1 = v128.load(PHILOX, 16), w0 = v128.load(PHILOX, 32), w1 = v128.load(PHILOX, 48);
  let k0 = key0, k1 = key1;
  let p0 = i32x4.add(i32x4.splat(first), v128.load(PHILOX, 64));
  let q0 = i32x4.add(p0, v128.load(PHILOX, 80));
  let pl = i64x2.extmul_low_i32x4_u(p0, m0), ph = i64x2.extmul_high_i32x4_u(p0, m0);
  let ql = i64x2.extmul_low_i32x4_u(q0, m0), qh = i64x2.extmul_high_i32x4_u(q0, m0);
  let p2 = v128.xor(high(pl, ph), u0), q2 = v128.xor(high(ql, qh), u0);
  const p3first = low(pl, ph), q3first = low(ql, qh);
  pl = i64x2.extmul_low_i32x4_u(p2, m1), ph = i64x2.extmul_high_i32x4_u(p2, m1);
  ql = i64x2.extmul_low_i32x4_u(q2, m1), qh = i64x2.extmul_high_i32x4_u(q2, m1);
  p0 = v128.xor(high(pl, ph), u1), q0 = v128.xor(high(ql, qh), u1);
  let p1 = low(pl, ph), q1 = low(ql, qh);
  p2 = v128.xor(p3first, u2), q2 = v128.xor(q3first, u2);
  let p3 = u3, q3 = u3;
  for (let round = 2; round < 10; round++) {
    const p2h = v128.xor(v128.xor(high(i64x2.extmul_low_i32x4_u(p0, m0), i64x2.extmul_high_i32x4_u(p0, m0)), p3), k1);
    const q2h = v128.xor(v128.xor(high(i64x2.extmul_low_i32x4_u(q0, m0), i64x2.extmul_high_i32x4_u(q0, m0)), q3), k1);
    p3 = i32x4.mul(p0, m0), q3 = i32x4.mul(q0, m0);
    p0 = v128.xor(v128.xor(high(i64x2.extmul_low_i32x4_u(p2, m1), i64x2.extmul_high_i32x4_u(p2, m1)), p1), k0);
    q0 = v128.xor(v128.xor(high(i64x2.extmul_low_i32x4_u(q2, m1), i64x2.extmul_high_i32x4_u(q2, m1)), q1), k0);
    p1 = i32x4.mul(p2, m1), q1 = i32x4.mul(q2, m1);
    p2 = p2h, q2 = q2h;
    k0 = i32x4.add(k0, w0), k1 = i32x4.add(k1, w1);
  }
  if (at) {
    v128.store(at, p0), v128.store(at, p1, 16), v128.store(at, p2, 32), v128.store(at, p3, 48);
    v128.store(at, q0, 64), v128.store(at, q1, 80), v128.store(at, q2, 96), v128.store(at, q3, 112);
  } else {
    a0 = p0, a1 = p1, a2 = p2, a3 = p3;
    b0 = q0, b1 = q1, b2 = q2, b3 = q3;
  }
}

@inline
function radiusOf<L>(high: v128, low: v128): v128 { return radius<L, v128>(changetype<L>(0), high, low); }
@inline
function chordOf<L>(high: v128, low: v128): v128 { return chord<L, v128>(changetype<L>(0), high, low); }
@inline
function firstOf<L>(r: v128, high: v128, half: v128): v128 { return changetype<L>(0).mul(r, cosine<L, v128>(changetype<L>(0), high, half)); }
@inline
function secondOf<L>(r: v128, half: v128): v128 { return changetype<L>(0).mul(r, sine<L, v128>(changetype<L>(0), half)); }

/**
 * Units of words at `at` become normals at `to`: pairs of vectors, `stride` bytes apart. Four independent pairs at a time hide each
 * other's latency.
 */
function toSingles(at: usize, units: usize, to: usize, stride: usize): void {
  for (const end = at + units * UNIT; at < end; at += UNIT) {
    const ta = v128.load(at, 16), tb = v128.load(at, 48), tc = v128.load(at, 80), td = v128.load(at, 112);
    const ra = radiusOf<Single4>(v128.load(at), ta), rb = radiusOf<Single4>(v128.load(at, 32), tb);
    const rc = radiusOf<Single4>(v128.load(at, 64), tc), rd = radiusOf<Single4>(v128.load(at, 96), td);
    const ha = chordOf<Single4>(ta, ta), hb = chordOf<Single4>(tb, tb), hc = chordOf<Single4>(tc, tc), hd = chordOf<Single4>(td, td);
    const xa = firstOf<Single4>(ra, ta, ha), xb = firstOf<Single4>(rb, tb, hb);
    const xc = firstOf<Single4>(rc, tc, hc), xd = firstOf<Single4>(rd, td, hd);
    const ya = secondOf<Single4>(ra, ha), yb = secondOf<Single4>(rb, hb), yc = secondOf<Single4>(rc, hc), yd = secondOf<Single4>(rd, hd);
    v128.store(to, xa), v128.store(to, ya, 16), to += stride;
    v128.store(to, xb), v128.store(to, yb, 16), to += stride;
    v128.store(to, xc), v128.store(to, yc, 16), to += stride;
    v128.store(to, xd), v128.store(to, yd, 16), to += stride;
  }
}

@inline function upperHalf(word: v128): v128 { return v128.shuffle<u64>(word, word, 1, 1); }

/** As toSingles. */
function toDoubles(at: usize, units: usize, to: usize, stride: usize): void {
  for (const end = at + units * UNIT; at < end; at += 64) {
    const w0 = v128.load(at), w1 = v128.load(at, 16), w2 = v128.load(at, 32), w3 = v128.load(at, 48);
    const t = upperHalf(w2);
    const r = radiusOf<Double2>(w0, w1), s = radiusOf<Double2>(upperHalf(w0), upperHalf(w1));
    const h = chordOf<Double2>(w2, w3), g = chordOf<Double2>(t, upperHalf(w3));
    const x = firstOf<Double2>(r, w2, h), y = secondOf<Double2>(r, h);
    const u = firstOf<Double2>(s, t, g), v = secondOf<Double2>(s, g);
    v128.store(to, x), v128.store(to, y, 16), to += stride;
    v128.store(to, u), v128.store(to, v, 16), to += stride;
  }
}

/** Stores the lanes of `value` that lie in [from, to). */
function storePart(at: usize, value: v128, from: usize, to: usize): void {
  if (at >= from && at + 4 <= to) v128.store32_lane(at, value, 0);
  if (at + 4 >= from && at + 8 <= to) v128.store32_lane(at, value, 1, 4);
  if (at + 8 >= from && at + 12 <= to) v128.store32_lane(at, value, 2, 8);
  if (at + 12 >= from && at + 16 <= to) v128.store32_lane(at, value, 3, 12);
}

/** A pair of vectors of normals. */
function storePair<L>(at: usize, r0: v128, r1: v128, t0: v128, t1: v128, from: usize, to: usize): void {
  const r = radiusOf<L>(r0, r1);
  const h = chordOf<L>(t0, t1);
  storePart(at, firstOf<L>(r, t0, h), from, to);
  storePart(at + 16, secondOf<L>(r, h), from, to);
}

function storeSingles(at: usize, from: usize, to: usize): void {
  storePair<Single4>(at, a0, a0, a1, a1, from, to);
  storePair<Single4>(at + 32, a2, a2, a3, a3, from, to);
  storePair<Single4>(at + 64, b0, b0, b1, b1, from, to);
  storePair<Single4>(at + 96, b2, b2, b3, b3, from, to);
}

function storeDoubles(at: usize, from: usize, to: usize): void {
  storePair<Double2>(at, a0, a1, a2, a3, from, to);
  storePair<Double2>(at + 32, upperHalf(a0), upperHalf(a1), upperHalf(a2), upperHalf(a3), from, to);
  storePair<Double2>(at + 64, b0, b1, b2, b3, from, to);
  storePair<Double2>(at + 96, upperHalf(b0), upperHalf(b1), upperHalf(b2), upperHalf(b3), from, to);
}

function storeWords(at: usize, from: usize, to: usize): void {
  storePart(at, a0, from, to);
  storePart(at + 16, a1, from, to);
  storePart(at + 32, a2, from, to);
  storePart(at + 48, a3, from, to);
  storePart(at + 64, b0, from, to);
  storePart(at + 80, b1, from, to);
  storePart(at + 96, b2, from, to);
  storePart(at + 112, b3, from, to);
}

/** What becomes of the words. */
const WORDS = 0;
const SINGLES = 1;
const DOUBLES = 2;

/** [out, out + bytes) from the byte `start` of the stream on: `units` whole units at a time, their words first, then their normals. */
function generate(kind: i32, out: usize, bytes: usize, start: u64): void {
  const end = out + bytes;
  let at = out - <usize>(start & (UNIT - 1));
  let block = (start / UNIT) << 3;
  while (at < end) {
    let units: usize = 1;
    openBlocks(<u32>(block >> 32));
    if (at >= out && at + UNIT <= end) {
      units = min(min((end - at) / UNIT, CHUNK), <usize>(((<u64>1 << 32) - (block & 0xffffffff)) >> 3));
      for (let i: usize = 0; i < units; i++) makeUnit(<u32>block + (<u32>i << 3), at + i * UNIT);
      if (kind == SINGLES) toSingles(at, units, at, PAIR);
      else if (kind == DOUBLES) toDoubles(at, units, at, PAIR);
    } else {
      makeUnit(<u32>block, 0);
      if (kind == SINGLES) storeSingles(at, out, end);
      else if (kind == DOUBLES) storeDoubles(at, out, end);
      else storeWords(at, out, end);
    }
    at += units * UNIT;
    block += units << 3;
  }
}

@inline
export function wide(lo: u32, hi: u32): u64 { return (<u64>hi << 32) | <u64>lo; }

/**
 * Words `index` to `index + count − 1` of the stream (seed, sample, layer). Word i is word ⌊i/4⌋ mod 4 of block 4⌊i/16⌋ + i mod 4.
 * Here and below index + count ≤ 2⁵³.
 */
export function random_words(
  out: usize, count: usize, seedLo: u32, seedHi: u32, sample: u32, layer: u32, indexLo: u32, indexHi: u32,
): void {
  openStream(seedLo, seedHi, sample, layer);
  generate(WORDS, out, count << 2, wide(indexLo, indexHi) << 2);
}

/** Whether this instance has written the constants of either kind. */
let hasSingles: bool = false;
let hasDoubles: bool = false;

/** The stream that normals of type T are made of. */
export function openNormals<T>(seedLo: u32, seedHi: u32, sample: u32, layer: u32): void {
  if (sizeof<T>() == 4 && !hasSingles) {
    changetype<Single4>(0).keepOwn();
    keepConstants<Single4, v128>(changetype<Single4>(0));
    hasSingles = true;
  }
  if (sizeof<T>() == 8 && !hasDoubles) {
    changetype<Double2>(0).keepOwn();
    keepConstants<Double2, v128>(changetype<Double2>(0));
    hasDoubles = true;
  }
  openStream(seedLo, seedHi, sample, layer);
}

/** Normals `index` to `index + count − 1` of the stream that is open. */
export function moreNormals<T>(out: usize, count: usize, index: u64): void {
  generate(sizeof<T>() == 4 ? SINGLES : DOUBLES, out, count * sizeof<T>(), index * sizeof<T>());
}

/** Rows of `count` normals, `step` indices apart, are whole units of the stream. */
@inline
export function wholeUnits<T>(index: u64, step: i32, count: i32): bool {
  return ((<usize>index | <usize>step | <usize>count) & (UNIT / sizeof<T>() - 1)) == 0;
}

/**
 * Normals of the stream that is open as panels: row i, `count` of them from index + i·step on, is whole units; its k-th pair of vectors goes to
 * to + i·32 + k·stride. `work` has room for a row.
 */
export function panelNormals<T>(to: usize, stride: usize, rows: i32, count: i32, work: usize, index: u64, step: i32): void {
  const whole = <usize>count * sizeof<T>() / UNIT;
  for (let i = 0; i < rows; i++, to += PAIR, index += <u64>step) {
    let block = (index * sizeof<T>() / UNIT) << 3;
    openBlocks(<u32>(block >> 32));
    for (let k: usize = 0; k < whole; k++, block += 8) {
      if (<u32>block == 0) openBlocks(<u32>(block >> 32));
      makeUnit(<u32>block, work + k * UNIT);
    }
    if (sizeof<T>() == 4) toSingles(work, whole, to, stride);
    else toDoubles(work, whole, to, stride);
  }
}

/** Normal i is made from the pair of words that holds word i: the first of the two where ⌊i/4⌋ is even. */
export function normals_f32(
  out: usize, count: usize, seedLo: u32, seedHi: u32, sample: u32, layer: u32, indexLo: u32, indexHi: u32,
): void {
  openNormals<f32>(seedLo, seedHi, sample, layer);
  moreNormals<f32>(out, count, wide(indexLo, indexHi));
}

/** Normal i is made from block 2⌊i/4⌋ + i mod 2: the first of its two where ⌊i/2⌋ is even. */
export function normals_f64(
  out: usize, count: usize, seedLo: u32, seedHi: u32, sample: u32, layer: u32, indexLo: u32, indexHi: u32,
): void {
  openNormals<f64>(seedLo, seedHi, sample, layer);
  moreNormals<f64>(out, count, wide(indexLo, indexHi));
}

/**
 * Float32 normals as doubles: `rows` rows of `count`, a multiple of 4, `ld` doubles apart; row r is the normals from index + r·stride on. They
 * are made in the upper half of their row and widened from below.
 */
export function wide_normals(
  out: usize, rows: i32, ld: i32, count: usize, seedLo: u32, seedHi: u32, sample: u32, layer: u32, indexLo: u32, indexHi: u32, stride: i32,
): void {
  openNormals<f32>(seedLo, seedHi, sample, layer);
  let index = wide(indexLo, indexHi);
  for (let r = 0; r < rows; r++, index += <u64>stride, out += <usize>ld << 3) {
    let from = out + (count << 2);
    moreNormals<f32>(from, count, index);
    for (let to = out, end = out + (count << 3); to < end; to += 32, from += 16) {
      const four = v128.load(from);
      v128.store(to, f64x2.promote_low_f32x4(four));
      v128.store(to, f64x2.promote_low_f32x4(v128.shuffle<u64>(four, four, 1, 1)), 16);
    }
  }
}
