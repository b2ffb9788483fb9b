/** Where the sampler of networks without weights keeps what: places in one workspace of doubles. */
import type { ActivationLayer } from '../spec';
import { type Activation, activationOf } from './activations';
import type { Level } from './levels';
import { rescaling } from './params';

/** What stands in a buffer of units: some units of a level, with their slopes or without. */
export interface Held {
  level: number;
  from: number;
  slopes: boolean;
}

/** A level with its places. F (without the bias), A = φ(F + bias) and φ' are n × chunk, rows ld apart; the bias is one row. */
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
  readonly chunk: number;
  readonly ld: number;
  readonly f: number;
  readonly bias: number;
  readonly a: number;
  readonly slopes: number;
  readonly held: Held;
  /** AAᵀ of its inputs and L with L Lᵀ = variance · AAᵀ, both n × n. */
  readonly gram: number;
  readonly factor: number;
  readonly order: Int32Array;
  rank: number;
}

export interface Layout {
  readonly doubles: number;
  readonly n: number;
  /** Cotangents: n · outputs, or 0 without the NTK. */
  readonly rows: number;
  readonly levels: readonly PlacedLevel[];
  /** Normals, max(n, rows) × ld, and cotangents, rows × ld. */
  readonly spread: number;
  readonly delta: number;
  readonly ld: number;
  /** ΔΔᵀ, its factor M, both rows × rows. */
  readonly outer: number;
  readonly outerFactor: number;
  readonly outerOrder: Int32Array;
  /** ΔFᵀ, G'Aᵀ and C, rows × n, rows ldn apart. */
  readonly cross: number;
  readonly met: number;
  readonly known: number;
  readonly ldn: number;
  /** n × n each. */
  readonly nngp: number;
  readonly ntk: number;
}

export const upTo = (multiple: number, x: number): number => Math.ceil(x / multiple) * multiple;

/** Doubles of one buffer of normals or cotangents. */
const BUFFER = 1 << 18;
const LEAST_CHUNK = 256;
const LARGEST_CHUNK = 2048;
/** Doubles that levels with buffers of their own may take; beyond, they share one, and units are made again on the way down. */
const KEPT = 1 << 22;

export function layoutOf(levels: readonly Level[], n: number, tangent: boolean, chunk?: number): Layout {
  const rows = tangent ? n * levels[levels.length - 1].outputs : 0;
  const most = Math.max(n, rows);
  const step = chunk ?? Math.min(LARGEST_CHUNK, Math.max(LEAST_CHUNK, BUFFER / most - ((BUFFER / most) % 256)));
  let doubles = 0;
  const place = (count: number): number => {
    const at = doubles;
    doubles += upTo(8, count);
    return at;
  };
  const buffer = (units: number) => {
    const ld = spaced(units);
    return {
      ld,
      f: place(n * ld),
      bias: place(ld),
      a: place(n * ld),
      slopes: place(rows > 0 ? n * ld : 0),
      held: { level: -1, from: 0, slopes: false },
    };
  };
  const widest = Math.max(...levels.map(({ outputs }) => Math.min(outputs, step)));
  const keeps = levels.reduce((sum, { outputs }) => sum + 3 * n * spaced(Math.min(outputs, step)), 0) <= KEPT;
  const shared = buffer(widest);
  const placed = levels.map((level, index): PlacedLevel => {
    const own = keeps && level.outputs <= step ? buffer(level.outputs) : shared;
    return {
      ...constantsOf(level, index),
      ...own,
      chunk: step,
      gram: place(n * n),
      factor: place(n * n),
      order: new Int32Array(n),
      rank: 0,
    };
  });
  const [ld, ldn] = [spaced(widest), upTo(4, n)];
  return {
    n,
    rows,
    levels: placed,
    ld,
    ldn,
    spread: place(most * ld),
    delta: place(rows * ld),
    outer: place(rows * rows),
    outerFactor: place(rows * rows),
    outerOrder: new Int32Array(rows),
    cross: place(rows * ldn),
    met: place(rows * ldn),
    known: place(rows * ldn),
    nngp: place(n * n),
    ntk: place(n * n),
    // Last: the places are counted.
    doubles,
  };
}

/** Rows of whole units of normals that do not all start in the same sets of the cache. */
const spaced = (units: number): number => upTo(16, units) + 8;

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
