/** The layer fixtures (test/fixtures/layers): networks, inputs and options as the package takes them, and errors. */
import type { KernelOptions } from '../../src/kernel';
import { parseNetwork } from '../../src/layers/parse';
import type { NDArray } from '../../src/ndarray';
import type { Network } from '../../src/spec';
import { fixture } from '../fixtures';

export const PARTS = ['linear', 'activations', 'structure', 'attention', 'graphs', 'masks', 'deep', 'layouts'] as const;

/** Numbers of a fixture; null stands for NaN. */
export interface Stored {
  readonly shape: readonly number[];
  readonly data: readonly (number | null)[];
}
export interface ReferenceCase {
  readonly name: string;
  readonly group: string;
  /** Canonical JSON; a function stands as its name in FUNCTIONS. */
  readonly network: object;
  /** kernel(network, kernel(first, x1, x2)) where it is given. */
  readonly first?: object;
  /** Names of inputs, or a list of them. */
  readonly x1: string | readonly string[];
  readonly x2: string | readonly string[] | null;
  readonly maskConstant?: number | 'NaN';
  readonly diagonalSpatial?: boolean;
  readonly pattern?: readonly [Stored, Stored];
  readonly nngp: Stored;
  readonly ntk: Stored;
  readonly cov1: Stored;
  readonly shape1: readonly number[];
  readonly shape2: readonly number[];
  readonly isGaussian: boolean;
}
export interface ReferencePart {
  readonly inputs: Readonly<Record<string, Stored>>;
  readonly cases: readonly ReferenceCase[];
}

export const referencePart = (part: (typeof PARTS)[number]): ReferencePart => fixture<ReferencePart>(`layers/${part}.json.gz`);

interface DefectNote {
  readonly defect: number;
  /** What the reference does. */
  readonly sentence: string;
}
export interface KernelDefect extends ReferenceCase, DefectNote {
  readonly kind: 'kernel';
  /** What the reference gave when the fixture was made: 'NaN', an error, or its largest relative error. */
  readonly reference: string | number;
  /** An error of the package is as good as the value. */
  readonly mayRefuse?: boolean;
}
export type Defect = KernelDefect | (DefectNote & { readonly kind: 'maxLearningRate' | 'gradientDescentMse' | 'silence' });

export const defects = () => fixture<{ inputs: ReferencePart['inputs']; cases: readonly Defect[] }>('layers/defects.json.gz');

export const isKernelDefect = (entry: Defect): entry is KernelDefect => entry.kind === 'kernel';

/** The functions of test/reference/layers_functions.py. */
const FUNCTIONS: Readonly<Record<string, (...x: number[]) => number>> = {
  inverse: (d) => 1 / (1 + d),
  inverseSquare: (d) => 1 / (1 + d * d),
  exponential: (d) => Math.exp(-d),
  square: (x) => x * x,
  squareDual: (k, q1, q2) => 2 * k * k + q1 * q2,
  squareSlopes: (k) => 4 * k,
  wave: (x) => Math.sin(x) + Math.cos(x),
  waveDual: (k, q1, q2) => Math.exp(k - (q1 + q2) / 2),
  bell: (x) => Math.exp((-x * x) / 4),
  bellDual: (k, q1, q2) => 1 / Math.sqrt((1 + q1 / 2) * (1 + q2 / 2) - (k * k) / 4),
  sine: Math.sin,
  cosine: Math.cos,
  cubic: (x) => x ** 3 - x,
};
const HOLDS_FUNCTION = ['posEmbDecayFn', 'fn', 'nngpFn', 'dNngpFn', 'df'];

/** The network of a fixture, names of functions replaced. */
export function networkOf(data: object): Network {
  const text = JSON.stringify(data);
  return parseNetwork(
    JSON.parse(text, (key, value: unknown) => (HOLDS_FUNCTION.includes(key) && typeof value === 'string' ? FUNCTIONS[value] : value)),
  );
}

export const arrayOf = ({ shape, data }: Stored): NDArray<Float64Array> => ({
  shape,
  data: Float64Array.from(data, (x) => x ?? Number.NaN),
});

/** x1 and x2 as kernel takes them. */
export function inputsOf({ inputs }: Pick<ReferencePart, 'inputs'>, { x1, x2 }: ReferenceCase) {
  const side = (names: string | readonly string[]) =>
    typeof names === 'string' ? arrayOf(inputs[names]) : names.map((name) => arrayOf(inputs[name]));
  return [side(x1), x2 === null ? null : side(x2)] as const;
}

export function optionsOf({ maskConstant, diagonalSpatial, pattern }: ReferenceCase): KernelOptions<never> {
  return {
    ...(maskConstant === undefined ? {} : { maskConstant: Number(maskConstant) }),
    ...(diagonalSpatial === undefined ? {} : { diagonalSpatial }),
    ...(pattern === undefined ? {} : { pattern: [arrayOf(pattern[0]), arrayOf(pattern[1])] as const }),
  };
}

/** Everything a kernel of a kernel needs. */
export const ALL_FIELDS = ['nngp', 'ntk', 'cov1', 'cov2', 'shape1', 'shape2', 'isGaussian'] as const;

/**
 * Largest relative error of an entry. An entry that is exactly 0 may be off by a rounding error of a rounding error, 2^-52 of the largest
 * entry times the tolerance: quadrature of the user's own function leaves that much on a zero row.
 */
export function largestError(got: NDArray, { shape, data }: Stored): number {
  if (String(got.shape) !== String(shape)) return Number.POSITIVE_INFINITY;
  const expected = data as readonly number[];
  const unit = Number.EPSILON * expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return expected.reduce((worst, value, at) => {
    const difference = Math.abs(got.data[at] - value);
    return Math.max(worst, difference === 0 ? 0 : difference / (Math.abs(value) || unit));
  }, 0);
}

/** Kinds of layers in a network, combinators included. */
export function kindsOf(network: Network): string[] {
  if (network.kind === 'repeat') return [network.kind, ...kindsOf(network.layer)];
  if (network.kind === 'serial' || network.kind === 'parallel') return [network.kind, ...network.layers.flatMap(kindsOf)];
  return [network.kind];
}
