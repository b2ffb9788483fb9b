/** The inputs of a graph as its engines take them: checked, masked, patterns fitted, or the covariances of a kernel computed before. */
import type { GivenKernel } from '../covariance/evaluate';
import { checkPattern } from '../covariance/graphs';
import type { Pattern, SideData, SideInput } from '../covariance/side';
import { InfiniteWidthError } from '../errors';
import { type Graph, interleavedOrder, locationsOf } from '../graph';
import type { KernelFields, KernelOptions } from '../kernel';
import { asNDArray, checkFinite, type NDArray, showShape, sizeOf } from '../ndarray';
import { show } from '../show';

/** @param name 'x1' or 'x2' */
export function sideOf(graph: Graph, arrays: readonly NDArray[], options: KernelOptions, side: 0 | 1, name: string): SideData {
  const constant = maskOf(options.maskConstant, side);
  const inputs = arrays.map((array, k) => inputOf(array, constant, arrays.length > 1 ? `${name}[${k}]` : name));
  return { inputs, pattern: patternOf(graph, options.pattern, side, arrays[0].shape[0], name) };
}

/**
 * One input, what equals the constant (NaN too) masked and read as 0.
 * @throws ERR_SHAPE where it is empty, ERR_NON_FINITE for other numbers that are none
 */
export function inputOf(array: NDArray, constant: number | null, name: string): SideInput {
  const count = array.shape[0];
  const size = array.data.length / count;
  if (array.data.length === 0)
    throw new InfiniteWidthError(
      'ERR_SHAPE',
      `${name} is empty: shape ${showShape(array.shape)}; at least one sample with one feature is needed`,
      { name, shape: array.shape },
    );
  if (constant === null) {
    checkFinite(array, name);
    return { data: array.data, size, count, mask: null };
  }
  const target = array.data instanceof Float32Array ? Math.fround(constant) : constant;
  const mask = Uint8Array.from(array.data, (x) => (Object.is(x, target) || x === target ? 1 : 0));
  const data = array.data.map((x, at) => (mask[at] ? 0 : x));
  checkFinite({ data, shape: array.shape }, name);
  return { data, size, count, mask };
}

/** Of one side. @throws ERR_ARGUMENT */
export function maskOf(constant: KernelOptions['maskConstant'] | null, side: 0 | 1): number | null {
  const value = Array.isArray(constant) ? constant[side] : constant;
  if (value === undefined || value === null) return null;
  if (typeof value === 'number') return value;
  throw new InfiniteWidthError('ERR_ARGUMENT', `maskConstant is a number (NaN too), or a pair of them for x1 and x2, got ${show(value)}`, {
    maskConstant: constant,
  });
}

function patternOf(graph: Graph, pattern: KernelOptions['pattern'], side: 0 | 1, samples: number, name: string): Pattern | null {
  const aggregates = graph.nodes.filter((node) => node.op === 'aggregate');
  if (pattern === undefined || pattern === null || aggregates.length === 0) return null;
  const given = Array.isArray(pattern) ? pattern : [pattern, pattern];
  const [own, other] = [given[side], given[1 - side]];
  if ((own ?? null) === null && (other ?? null) === null) return null;
  if ((own ?? null) === null || (other ?? null) === null)
    throw new InfiniteWidthError(
      'ERR_ARGUMENT',
      'pattern is given for one of x1 and x2 only; pass both, or neither for no aggregation',
      {},
    );
  const { data, shape } = asNDArray(own, `the pattern of ${name}`);
  checkFinite({ data, shape }, `the pattern of ${name}`);
  for (const node of aggregates) checkPattern(node, { data, shape }, samples, `the pattern of ${name}`);
  return { data, shape };
}

export type KernelInput = Pick<KernelFields, 'nngp' | 'cov1' | 'shape1'> & Partial<KernelFields>;

/** A kernel computed before, as what another network starts from. */
export interface GivenInputs {
  readonly shape1: readonly number[];
  readonly shape2: readonly number[];
  readonly isGaussian: boolean;
  readonly symmetric: boolean;
  readonly kernel: GivenKernel;
  readonly left: SideData;
  readonly right: SideData | null;
}

/** @throws ERR_ARGUMENT for missing fields, ERR_SHAPE for fields that do not fit together */
export function givenInputs(input: KernelInput): GivenInputs {
  const missing = (['nngp', 'cov1', 'cov2', 'shape1', 'isGaussian'] as const).filter((field) => input[field] === undefined);
  if (missing.length > 0)
    throw new InfiniteWidthError(
      'ERR_ARGUMENT',
      `a kernel as input needs the fields nngp, cov1, cov2, shape1, shape2 and isGaussian (and ntk, if ntk is wanted); missing: ${missing.join(', ')}; ` +
        "compute it with { get: ['nngp', 'ntk', 'cov1', 'cov2', 'shape1', 'shape2', 'isGaussian'] }",
      { missing },
    );
  const { shape1 } = input;
  const shape2 = input.shape2 ?? shape1;
  const symmetric = input.cov2 === null;
  const [spatial1, spatial2] = [shape1.slice(1, -1), shape2.slice(1, -1)];
  const full = input.nngp.shape.length === 2 + 2 * spatial1.length;
  const expected = [shape1[0], shape2[0], ...(full ? spatial1.flatMap((length, k) => [length, spatial2[k]]) : spatial1)];
  requireShape('nngp', input.nngp, expected);
  if (input.ntk) requireShape('ntk', input.ntk, expected);
  const matrices = (array: NDArray, rows: readonly number[], cols: readonly number[], count: number) =>
    full ? separated(array, rows, cols, count) : Float64Array.from(array.data);
  const pairs = shape1[0] * shape2[0];
  const ntk = input.ntk ? matrices(input.ntk, spatial1, spatial2, pairs) : null;
  return {
    shape1,
    shape2,
    isGaussian: input.isGaussian === true,
    symmetric,
    kernel: { full, nngp: matrices(input.nngp, spatial1, spatial2, pairs), ntk },
    left: covarianceSide(input.cov1, shape1, full, 'cov1'),
    right: symmetric ? null : covarianceSide(input.cov2 as NDArray, shape2, full, 'cov2'),
  };
}

function covarianceSide(cov: NDArray, shape: readonly number[], full: boolean, name: string): SideData {
  const spatial = shape.slice(1, -1);
  const locations = locationsOf(spatial);
  requireShape(name, cov, [shape[0], ...(full ? spatial.flatMap((length) => [length, length]) : spatial)]);
  const covariances = full ? separated(cov, spatial, spatial, shape[0]) : onDiagonals(cov, locations);
  return { inputs: [{ data: new Float64Array(0), size: locations, count: shape[0], mask: null, covariances }], pattern: null };
}

function requireShape(name: string, { shape }: NDArray, expected: readonly number[]): void {
  if (showShape(shape) === showShape(expected)) return;
  throw new InfiniteWidthError(
    'ERR_SHAPE',
    `${name} of the given kernel has shape ${showShape(shape)}; its shape1 and shape2 ask for ${showShape(expected)}`,
    {
      name,
      shape,
      expected,
    },
  );
}

function onDiagonals({ data }: NDArray, locations: number): Float64Array {
  const result = new Float64Array(data.length * locations);
  data.forEach((value, at) => {
    const [sample, i] = [Math.floor(at / locations), at % locations];
    result[(sample * locations + i) * locations + i] = value;
  });
  return result;
}

/** [count, H₁, H₂, W₁, W₂, …] → [count, H₁W₁…, H₂W₂…] */
function separated({ data }: NDArray, rows: readonly number[], cols: readonly number[], count: number): Float64Array {
  const per = sizeOf(rows) * sizeOf(cols);
  const order = interleavedOrder(rows, cols);
  const result = new Float64Array(count * per);
  for (let pair = 0; pair < count; pair++) for (let e = 0; e < per; e++) result[pair * per + order[e]] = data[pair * per + e];
  return result;
}
