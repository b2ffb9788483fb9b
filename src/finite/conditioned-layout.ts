/** Where the sampler of networks without weights keeps what: places in one workspace of doubles. */
import type { ActivationLayer } from '../spec';
import { type Activation, activationOf } from './activations';
import type { Level } from './levels';
import { rescaling } from './params';
import type { Factored } from './pivoted';

/** What stands in a slot: some units of a level of a sample, with their slopes or without. */
export interface Held {
  sample: number;
  level: number;
  from: number;
  slopes: boolean;
}

/** Chunks of units: F (without the bias), A = φ(F + bias) and φ', each n × chunk with rows ld apart; the bias is one row. */
export interface Slot {
  readonly f: number;
  readonly bias: number;
  readonly a: number;
  readonly slopes: number;
  readonly held: Held;
}

/** A level with its places. */
export interface PlacedLevel {
  readonly index: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly activation: Activation;
  /** [a, b] where φ(z) is b z for z > 0 and a z otherwise. */
  readonly rectified: readonly [number, number] | null;
  /** Of a weight, and of a bias its standard deviation. */
  readonly variance: number;
  readonly bStd: number;
  /** Factors of the squared gradients. */
  readonly weightGradient: number;
  readonly biasGradient: number;
  /** One for every chunk; or one that all levels share whose chunks are made again. */
  readonly slots: readonly Slot[];
  readonly kept: boolean;
  /** AAᵀ of its inputs, times the variance factored. */
  readonly gram: Factored;
  rank: number;
  /** Independent cotangents of its outputs, at most; as many rows have G' and G'Aᵀ, whose rows are ldn apart. */
  readonly directions: number;
  readonly met: number;
  /** G', directions × chunk each: one for every chunk of its inputs; or one that all levels share. */
  readonly spread: readonly number[];
}

export interface Layout {
  readonly doubles: number;
  readonly n: number;
  /** Cotangents: n · outputs, or 0 without the NTK. */
  readonly rows: number;
  readonly levels: readonly PlacedLevel[];
  /** Units at a time, and their rows' distance. */
  readonly chunk: number;
  readonly ld: number;
  /** Normals on the way up, n × chunk. */
  readonly fresh: number;
  /** Whether normals on the way down are kept from the way up. */
  readonly keepsSpread: boolean;
  /** Cotangents, rows × chunk. */
  readonly delta: number;
  /** ΔΔᵀ, times the variance factored. */
  readonly outer: Factored;
  /** ΔFᵀ and C, rows × n, rows ldn apart. */
  readonly cross: number;
  readonly known: number;
  readonly ldn: number;
  /** n × n each. */
  readonly nngp: number;
  readonly ntk: number;
}

/** Normals that are made together: rows start at multiples. */
export const UNIT = 32;

export const upTo = (multiple: number, x: number): number => Math.ceil(x / multiple) * multiple;

/** Doubles of a chunk of normals or cotangents: it stays in the second cache, and its rows in the first table of pages. */
const CHUNK = 1 << 15;
const LEAST_CHUNK = 256;
const LARGEST_CHUNK = 2048;
/** Doubles that may be kept of units and of normals. Beyond, they are made again on the way down. */
const KEPT = 1 << 22;

export function layoutOf(levels: readonly Level[], n: number, tangent: boolean, given?: number): Layout {
  const rows = tangent ? n * levels[levels.length - 1].outputs : 0;
  const widest = Math.max(...levels.map(({ outputs }) => outputs));
  const chunk = Math.min(upTo(UNIT, widest), given ?? chunkOf(Math.max(n, rows)));
  // Rows do not all start in the same sets of the cache.
  const ld = chunk + 8;
  let doubles = 0;
  const place = (count: number): number => {
    const at = doubles;
    doubles += upTo(8, count);
    return at;
  };
  const factored = (order: number): Factored => ({
    n: order,
    matrix: place(order * order),
    factor: place(order * order),
    order: place(order),
  });
  const slot = (): Slot => ({
    f: place(n * ld),
    bias: place(ld),
    a: place(n * ld),
    slopes: place(rows > 0 ? n * ld : 0),
    held: { sample: -1, level: -1, from: 0, slopes: false },
  });
  const chunks = levels.map(({ outputs }) => Math.ceil(outputs / chunk));
  const kept = chunks.reduce((sum, count) => sum + count, 0) * (3 * n + 1) * ld <= KEPT;
  const shared = kept ? [] : [slot()];
  // The last level's cotangents are unit vectors.
  const directions = levels.map(({ outputs }, l) => (rows === 0 || l === 0 ? 0 : l === levels.length - 1 ? outputs : rows));
  const keepsSpread = directions.reduce((sum, count, l) => sum + (l > 0 ? count * chunks[l - 1] * ld : 0), 0) <= KEPT;
  const sharedSpread = keepsSpread ? [] : [place(rows * ld)];
  const ldn = upTo(4, n);
  const placed = levels.map((level, l): PlacedLevel => {
    const length = l > 0 ? chunks[l - 1] : 0;
    return {
      ...constantsOf(level, l),
      slots: kept ? Array.from({ length: chunks[l] }, slot) : shared,
      kept,
      gram: factored(n),
      rank: 0,
      directions: directions[l],
      met: place(directions[l] * ldn),
      spread: keepsSpread ? Array.from({ length }, () => place(directions[l] * ld)) : sharedSpread,
    };
  });
  return {
    n,
    rows,
    levels: placed,
    chunk,
    ld,
    fresh: place(n * ld),
    keepsSpread,
    delta: place(rows * ld),
    outer: factored(rows),
    cross: place(rows * ldn),
    known: place(rows * ldn),
    ldn,
    nngp: place(n * n),
    ntk: place(n * n),
    // Last: the places are counted.
    doubles,
  };
}

function chunkOf(rows: number): number {
  const chunk = Math.min(LARGEST_CHUNK, Math.max(LEAST_CHUNK, CHUNK / rows));
  return chunk - (chunk % LEAST_CHUNK);
}

function constantsOf({ layer, inputs, outputs, after }: Level, index: number) {
  const [weight, bias] = rescaling(layer, inputs);
  return {
    index,
    inputs,
    outputs,
    activation: after ? activationOf(after) : IDENTITY,
    rectified: rectifiedOf(after),
    variance: layer.wStd ** 2 / inputs,
    bStd: layer.bStd ?? 0,
    weightGradient: weight ** 2,
    biasGradient: layer.bStd === null ? 0 : bias ** 2,
  };
}

const IDENTITY: Activation = { value: (x) => x, slope: () => 1 };

function rectifiedOf(layer: ActivationLayer | null): readonly [number, number] | null {
  switch (layer?.kind) {
    case undefined:
      return [1, 1];
    case 'relu':
      return [0, 1];
    case 'abs':
      return [-1, 1];
    case 'leakyRelu':
      return [layer.alpha, 1];
    case 'abRelu':
      return [layer.a, layer.b];
    default:
      return null;
  }
}
