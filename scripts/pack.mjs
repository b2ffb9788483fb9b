// Packs bytes for src/backends/unpack.ts: matches and literals as in LZMA, in bits of a range coder whose probabilities adapt.

/** Probabilities of a bit being 0 have so many bits, and move a 2^-RATE of the way. */
const BITS = 11;
const RATE = 4;
const LEAST_MATCH = 2;

/** Models, by name: probabilities one after the other. The same numbers stand in unpack.ts. */
const SIZES = { kind: 9, repeated: 9, which: 4, length: 2 * 1024, distance: 4 * 1024, literal: 3 * 256 * 16 };

const fresh = () => Object.fromEntries(Object.entries(SIZES).map(([name, size]) => [name, new Uint16Array(size).fill(1 << (BITS - 1))]));

/** Of 24 bits: numbers that every engine keeps as integers. */
class RangeCoder {
  bytes = [];
  low = 0;
  range = 2 ** 24 - 1;
  bit(probabilities, at, bit) {
    const p = probabilities[at];
    const bound = (this.range >>> BITS) * p;
    if (bit === 0) {
      this.range = bound;
      probabilities[at] += ((1 << BITS) - p) >> RATE;
    } else {
      this.low += bound;
      this.range -= bound;
      probabilities[at] -= p >> RATE;
    }
    while (this.range < 2 ** 16) {
      this.shift();
      this.range = this.range * 256;
    }
  }
  /** The highest byte is final but for a carry, which runs through what is there. */
  shift() {
    if (this.low >= 2 ** 24) {
      this.low -= 2 ** 24;
      for (let i = this.bytes.length - 1; ++this.bytes[i] > 255; i--) this.bytes[i] = 0;
    }
    this.bytes.push(this.low >> 16);
    this.low = (this.low % 2 ** 16) * 256;
  }
  finish() {
    for (let i = 0; i < 3; i++) this.shift();
    return Uint8Array.from(this.bytes);
  }
}

/** Counts bits at the probabilities as they are. */
class Price {
  total = 0;
  bit(probabilities, at, bit) {
    const p = probabilities[at] / (1 << BITS);
    this.total -= Math.log2(bit === 0 ? p : 1 - p);
  }
}

function tree(coder, probabilities, base, bits, value) {
  for (let node = 1, i = bits - 1; i >= 0; i--) {
    const bit = (value >> i) & 1;
    coder.bit(probabilities, base + node, bit);
    node = 2 * node + bit;
  }
}

/** value ≥ 1: its length in bits, then the bits after the first, the first two by what came before. */
function number(coder, probabilities, base, value) {
  const length = 31 - Math.clz32(value);
  tree(coder, probabilities, base, 5, length);
  const own = base + 32 * (length + 1);
  for (let node = 1, i = length - 1; i >= 0; i--) {
    const bit = (value >> i) & 1;
    coder.bit(probabilities, own + (node < 4 ? node : 4 + i), bit);
    node = 2 * node + bit;
  }
}

function literal(coder, models, byte, before, expected) {
  const base = 768 * (before >> 4);
  let matches = expected >= 0;
  for (let node = 1, i = 7; i >= 0; i--) {
    const bit = (byte >> i) & 1;
    const guess = (expected >> i) & 1;
    coder.bit(models.literal, base + (matches ? 256 * (1 + guess) : 0) + node, bit);
    matches &&= guess === bit;
    node = 2 * node + bit;
  }
}

/** state: the last two steps, each 0 a literal, 1 a match, 2 a repeated distance. */
const next = (state, step) => (3 * state + step) % 9;

function writeLiteral(coder, models, state, bytes, at, distance) {
  coder.bit(models.kind, state, 0);
  literal(coder, models, bytes[at], bytes[at - 1] ?? 0, state % 3 > 0 ? bytes[at - distance] : -1);
}

function writeMatch(coder, models, state, rep, distance, length) {
  coder.bit(models.kind, state, 1);
  coder.bit(models.repeated, state, Number(rep >= 0));
  if (rep >= 0) tree(coder, models.which, 0, 2, rep);
  number(coder, models.length, rep >= 0 ? 1024 : 0, length - LEAST_MATCH + 1);
  if (rep < 0) number(coder, models.distance, 1024 * Math.min(3, length - LEAST_MATCH), distance);
}

/** Distances of late, the last first. */
const remember = (reps, distance) => [distance, ...reps.filter((other) => other !== distance)].slice(0, 4);
const FIRST_REPS = [1, 2, 3, 4];

function write(coder, models, bytes, steps) {
  let [at, state, reps] = [0, 0, FIRST_REPS];
  for (const { length, distance } of steps) {
    if (length === 1 && distance === 0) {
      writeLiteral(coder, models, state, bytes, at, reps[0]);
      state = next(state, 0);
    } else {
      const rep = reps.indexOf(distance);
      writeMatch(coder, models, state, rep, distance, length);
      state = next(state, rep >= 0 ? 2 : 1);
      reps = remember(reps, distance);
    }
    at += length;
  }
}

/** Earlier places that are looked at for matches. */
const TRIES = 1000;

/** For every place the matches there: for growing lengths the least distance. */
function matchesOf(bytes) {
  const heads = new Map();
  const chain = new Int32Array(bytes.length).fill(-1);
  return Array.from(bytes, (_, at) => {
    if (at + 1 >= bytes.length) return [];
    const key = bytes[at] | (bytes[at + 1] << 8);
    const found = [];
    let best = 1;
    for (let from = heads.get(key) ?? -1, tries = 0; from >= 0 && tries < TRIES; from = chain[from], tries++) {
      if (bytes[from + best] !== bytes[at + best]) continue;
      const length = run(bytes, from, at);
      if (length <= best) continue;
      best = length;
      found.push({ length, distance: at - from });
    }
    chain[at] = heads.get(key) ?? -1;
    heads.set(key, at);
    return found;
  });
}

function run(bytes, from, at) {
  let length = 0;
  while (at + length < bytes.length && bytes[from + length] === bytes[at + length]) length++;
  return length;
}

/** The cheapest steps at the models' probabilities, as far as they can be known before. */
function parse(bytes, matches, models) {
  const count = bytes.length;
  const places = Array.from({ length: count + 1 }, () => ({ cost: Infinity }));
  places[0] = { cost: 0, state: 0, reps: FIRST_REPS };
  const priced = (body) => {
    const price = new Price();
    body(price);
    return price.total;
  };
  const lengths = [0, 1].map((rep) => Array.from({ length: 4096 }, (_, k) => priced((p) => number(p, models.length, 1024 * rep, k + 1))));
  const lengthPrice = (rep, length) => lengths[rep][Math.min(4095, length - LEAST_MATCH)];
  const offer = (at, cost, step, from, state, reps) => {
    if (cost < places[at].cost) places[at] = { cost, step, from, state, reps };
  };
  for (let at = 0; at < count; at++) {
    const { cost, state, reps } = places[at];
    const own = priced((p) => writeLiteral(p, models, state, bytes, at, reps[0]));
    offer(at + 1, cost + own, { length: 1, distance: 0 }, at, next(state, 0), reps);
    reps.forEach((distance, rep) => {
      const most = distance > at ? 0 : run(bytes, at - distance, at);
      if (most < LEAST_MATCH) return;
      const head = cost + priced((p) => writeMatch(p, models, state, rep, distance, LEAST_MATCH)) - lengthPrice(1, LEAST_MATCH);
      const after = remember(reps, distance);
      for (let length = most; length >= LEAST_MATCH; length -= length > 64 && most - length > 8 ? 16 : 1)
        offer(at + length, head + lengthPrice(1, length), { length, distance }, at, next(state, 2), after);
    });
    let least = LEAST_MATCH;
    for (const { length: most, distance } of matches[at]) {
      const after = remember(reps, distance);
      const heads = [0, 1, 2, 3].map(
        (k) => priced((p) => writeMatch(p, models, state, -1, distance, LEAST_MATCH + k)) - lengthPrice(0, LEAST_MATCH + k),
      );
      for (let length = least; length <= most; length += length > 64 && most - length > 16 ? 16 : 1)
        offer(
          at + length,
          cost + heads[Math.min(3, length - LEAST_MATCH)] + lengthPrice(0, length),
          { length, distance },
          at,
          next(state, 1),
          after,
        );
      least = most + 1;
    }
  }
  const steps = [];
  for (let at = count; at > 0; at = places[at].from) steps.push(places[at].step);
  return steps.reverse();
}

/** Rounds of choosing steps at the probabilities that the round before ended with. */
const ROUNDS = 2;

/** The bytes that unpack(packed, bytes.length) gives. */
export function pack(bytes) {
  const matches = matchesOf(bytes);
  let models = fresh();
  let packed = new Uint8Array(0);
  for (let round = 0; round < ROUNDS; round++) {
    const steps = parse(bytes, matches, models);
    models = fresh();
    const coder = new RangeCoder();
    write(coder, models, bytes, steps);
    packed = coder.finish();
  }
  return packed;
}
