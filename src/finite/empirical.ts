/**
 * Kernels of one finite network: empiricalNngp and empiricalNtk. The NTK is contracted layer by layer, (activations · activations)
 * (cotangents · cotangents), and the Jacobian is never formed (structured derivatives, Novak et al. 2022, arXiv 2206.08720); a layer whose
 * places outnumber its weights contracts its gradients instead, which is cheaper there.
 */
import { InfiniteWidthError } from '../errors';
import { allocate, type NDArray, showShape, type TypedArray } from '../ndarray';
import type { Network } from '../spec';
import { forward, type Pass } from './forward';
import { type FiniteInput, type PairOptions, sidesOf } from './options';
import type { Params } from './params';
import type { ParamUse, WeightBlock } from './tape';

export interface EmpiricalOptions extends PairOptions {
  /** Output axes over whose equal entries the kernel is averaged; default the last. They vanish from the result. */
  readonly traceAxes?: readonly number[];
  /** Output axes of which only equal entries are computed; they stand once in the result. */
  readonly diagonalAxes?: readonly number[];
}

/** Output entries per sample, sorted by what becomes of their axes. */
interface Layout {
  /** For each pair (group, traced, entry) of indices the output's place. */
  place(group: number, traced: number, entry: number): number;
  readonly groups: number;
  readonly traced: number;
  readonly entries: number;
  /** Lengths of the axes that stand once and twice, in the order of the output's axes. */
  readonly axes: readonly { readonly length: number; readonly twice: boolean }[];
}

/** @throws ERR_ARGUMENT for axes that do not exist, or the sample axis */
function layoutOf(shape: readonly number[], { traceAxes = [-1], diagonalAxes = [] }: EmpiricalOptions): Layout {
  const resolve = (axis: number) => {
    const resolved = axis < 0 ? axis + shape.length : axis;
    if (Number.isInteger(resolved) && resolved > 0 && resolved < shape.length) return resolved;
    throw new InfiniteWidthError(
      'ERR_ARGUMENT',
      `traceAxes and diagonalAxes name output axes other than the samples'; ${axis} is none of ${showShape(shape)}`,
      { axis, shape },
    );
  };
  const [traced, single] = [traceAxes.map(resolve), diagonalAxes.map(resolve)];
  const kinds = shape.slice(1).map((_, k) => (traced.includes(k + 1) ? 'traced' : single.includes(k + 1) ? 'group' : 'entry'));
  const lengths = shape.slice(1);
  const count = (kind: string) => lengths.reduce((product, length, k) => (kinds[k] === kind ? product * length : product), 1);
  return {
    groups: count('group'),
    traced: count('traced'),
    entries: count('entry'),
    axes: lengths.flatMap((length, k) => (kinds[k] === 'traced' ? [] : [{ length, twice: kinds[k] === 'entry' }])),
    place(group, trace, entry) {
      const rest: Record<string, number> = { group, traced: trace, entry };
      let [at, unit] = [0, 1];
      for (let k = lengths.length - 1; k >= 0; k--) {
        at += (rest[kinds[k]] % lengths[k]) * unit;
        rest[kinds[k]] = Math.floor(rest[kinds[k]] / lengths[k]);
        unit *= lengths[k];
      }
      return at;
    },
  };
}

/** Puts kernels [group, entry, entry', n1, n2] into the layout of the result: [n1, n2, …axes]. */
function arrange(layout: Layout, n1: number, n2: number, kernels: TypedArray): NDArray {
  const shape = [n1, n2, ...layout.axes.flatMap(({ length, twice }) => (twice ? [length, length] : [length]))];
  const data = kernels instanceof Float32Array ? new Float32Array(kernels.length) : new Float64Array(kernels.length);
  const per = kernels.length / (n1 * n2);
  for (let place = 0; place < per; place++) {
    let rest = place;
    let [group, left, right, groupUnit, unit] = [0, 0, 0, 1, 1];
    for (let k = layout.axes.length - 1; k >= 0; k--) {
      const { length, twice } = layout.axes[k];
      if (twice) {
        right += (rest % length) * unit;
        rest = Math.floor(rest / length);
        left += (rest % length) * unit;
        unit *= length;
      } else {
        group += (rest % length) * groupUnit;
        groupUnit *= length;
      }
      rest = Math.floor(rest / length);
    }
    const from = ((group * layout.entries + left) * layout.entries + right) * n1 * n2;
    for (let pair = 0; pair < n1 * n2; pair++) data[pair * per + place] = kernels[from + pair];
  }
  return { data, shape };
}

/** Both passes of a kernel; one where x2 is x1. */
function passes(
  net: Network,
  params: Params,
  x1: FiniteInput,
  x2: FiniteInput | null | undefined,
  options: PairOptions,
): readonly [Pass, Pass] {
  const [own, other] = sidesOf(options);
  const first = forward(net, params, x1, own);
  const second = x2 === null || x2 === undefined || x2 === x1 ? first : forward(net, params, x2, other);
  if (first.output.shape.slice(1).join() !== second.output.shape.slice(1).join())
    throw new InfiniteWidthError(
      'ERR_SHAPE',
      `the outputs for x1 have shape ${showShape(first.output.shape)}, for x2 ${showShape(second.output.shape)}; all but the first axis must agree`,
      { x1: first.output.shape, x2: second.output.shape },
    );
  return [first, second];
}

/** Both passes, what becomes of the output's axes, and zeros for [group, entry, entry', n1, n2]. */
function open(net: Network, params: Params, x1: FiniteInput, x2: FiniteInput | null | undefined, options: EmpiricalOptions) {
  const [first, second] = passes(net, params, x1, x2, options);
  const layout = layoutOf(first.output.shape, options);
  const [n1, n2] = [first.output.shape[0], second.output.shape[0]];
  const kernels = allocate(first.tape.dtype, layout.groups * layout.entries ** 2 * n1 * n2, 'an empirical kernel');
  return { first, second, layout, n1, n2, kernels };
}

/**
 * f(x1) f(x2)ᵀ over the traced output axes: [n1, n2], then each other output axis twice (once if diagonal).
 * @throws as `apply`; ERR_ARGUMENT for axes that do not exist
 */
export function empiricalNngp(
  net: Network,
  params: Params,
  x1: FiniteInput,
  x2?: FiniteInput | null,
  options: EmpiricalOptions = {},
): NDArray {
  const { first, second, layout, n1, n2, kernels } = open(net, params, x1, x2, options);
  const [size1, size2] = [first, second].map(({ output }) => output.data.length / output.shape[0]);
  eachEntry(layout, (group, left, right, at) => {
    for (let t = 0; t < layout.traced; t++) {
      const [p, q] = [layout.place(group, t, left), layout.place(group, t, right)];
      for (let a = 0; a < n1; a++)
        for (let b = 0; b < n2; b++)
          kernels[at * n1 * n2 + a * n2 + b] += (first.output.data[a * size1 + p] * second.output.data[b * size2 + q]) / layout.traced;
    }
  });
  return arrange(layout, n1, n2, kernels);
}

function eachEntry({ groups, entries }: Layout, body: (group: number, left: number, right: number, at: number) => void): void {
  for (let group = 0, at = 0; group < groups; group++)
    for (let left = 0; left < entries; left++) for (let right = 0; right < entries; right++, at++) body(group, left, right, at);
}

/** What a layer's parameters saw of one cotangent. */
interface Sight {
  readonly use: ParamUse;
  readonly cotangent: TypedArray;
}

/** Walks back from output entry `place` of every sample. */
function sights({ tape, output }: Pass, place: number): Sight[] {
  const seen: Sight[] = [];
  tape.backward(output, tape.unit(output, place), (use, own) => void seen.push({ use, cotangent: own }));
  return seen;
}

/**
 * J(x1) J(x2)ᵀ averaged over the traced output axes: [n1, n2], then each other output axis twice (once if diagonal).
 * @throws as `apply`; ERR_ARGUMENT for axes that do not exist
 */
export function empiricalNtk(
  net: Network,
  params: Params,
  x1: FiniteInput,
  x2?: FiniteInput | null,
  options: EmpiricalOptions = {},
): NDArray {
  const { first, second, layout, n1, n2, kernels } = open(net, params, x1, x2, options);
  const contraction = new Contraction(first, second, n1, n2);
  for (let group = 0; group < layout.groups; group++)
    for (let t = 0; t < layout.traced; t++) {
      const of = (pass: Pass) => Array.from({ length: layout.entries }, (_, entry) => sights(pass, layout.place(group, t, entry)));
      const left = of(first);
      const right = second === first ? left : of(second);
      left.forEach((one, i) => {
        right.forEach((other, j) => {
          const at = ((group * layout.entries + i) * layout.entries + j) * n1 * n2;
          contraction.add(one, other, kernels.subarray(at, at + n1 * n2), 1 / layout.traced);
        });
      });
    }
  return arrange(layout, n1, n2, kernels);
}

/** Adds the contributions of layers to an NTK. */
class Contraction {
  /** Products of the rows of two blocks, which no cotangent changes. */
  private readonly grams = new Map<WeightBlock, TypedArray>();

  constructor(
    private readonly first: Pass,
    private readonly second: Pass,
    private readonly n1: number,
    private readonly n2: number,
  ) {}

  add(left: readonly Sight[], right: readonly Sight[], kernel: TypedArray, weight: number): void {
    left.forEach((one, k) => {
      const other = right[k];
      one.use.blocks.forEach((block, b) => {
        this.block(block, other.use.blocks[b], block.delta(one.cotangent), other.use.blocks[b].delta(other.cotangent), kernel, weight);
      });
      if (!one.use.perSample || !other.use.perSample) return;
      const [g1, g2] = [one.use.perSample(one.cotangent), other.use.perSample(other.cotangent)];
      this.gemm(this.n1, this.n2, g1.length, weight, g1.gradient, g2.gradient, kernel);
    });
  }

  private block(one: WeightBlock, other: WeightBlock, delta1: TypedArray, delta2: TypedArray, kernel: TypedArray, weight: number): void {
    const { places, fanIn, out } = one;
    const structured = places * places * (fanIn + out);
    if (structured > fanIn * out * (1 + (2 * places) / Math.min(this.n1, this.n2)))
      this.byGradients(one, other, delta1, delta2, kernel, weight);
    else this.byStructure(one, other, delta1, delta2, kernel, weight);
  }

  private byStructure(
    one: WeightBlock,
    other: WeightBlock,
    delta1: TypedArray,
    delta2: TypedArray,
    kernel: TypedArray,
    weight: number,
  ): void {
    const { n1, n2 } = this;
    const [rows, cols] = [n1 * one.places, n2 * other.places];
    let gram = this.grams.get(one);
    if (!gram) {
      gram = this.first.tape.zeros(rows * cols);
      this.gemm(rows, cols, one.fanIn, one.scale * other.scale, one.rows, other.rows, gram);
      this.grams.set(one, gram);
    }
    const product = this.first.tape.zeros(rows * cols);
    this.gemm(rows, cols, one.out, weight, delta1, delta2, product);
    const bias = one.biasScale * other.biasScale;
    for (let r = 0; r < rows; r++) {
      const a = Math.floor(r / one.places) * n2;
      for (let c = 0; c < cols; c++) kernel[a + Math.floor(c / other.places)] += product[r * cols + c] * (gram[r * cols + c] + bias);
    }
  }

  private byGradients(
    one: WeightBlock,
    other: WeightBlock,
    delta1: TypedArray,
    delta2: TypedArray,
    kernel: TypedArray,
    weight: number,
  ): void {
    const [g1, g2] = [this.gradients(one, delta1, this.n1), this.gradients(other, delta2, this.n2)];
    this.gemm(this.n1, this.n2, g1.length / this.n1, weight, g1, g2, kernel);
  }

  /** Gradients of every sample with respect to the block's weights and bias. */
  private gradients({ places, fanIn, out, rows, scale, biasScale }: WeightBlock, delta: TypedArray, samples: number): TypedArray {
    const { la } = this.first.tape;
    const length = fanIn * out + (biasScale > 0 ? out : 0);
    const gradients = this.first.tape.zeros(samples * length);
    for (let n = 0; n < samples; n++) {
      const own = gradients.subarray(n * length, n * length + fanIn * out);
      const [x, d] = [
        rows.subarray(n * places * fanIn, (n + 1) * places * fanIn),
        delta.subarray(n * places * out, (n + 1) * places * out),
      ];
      la.gemm('t', 'n', fanIn, out, places, scale, x, fanIn, d, out, 0, own, out);
      if (biasScale > 0) for (let at = 0; at < d.length; at++) gradients[n * length + fanIn * out + (at % out)] += biasScale * d[at];
    }
    return gradients;
  }

  /** c += weight · a·bᵀ */
  private gemm(m: number, n: number, k: number, weight: number, a: TypedArray, b: TypedArray, c: TypedArray): void {
    this.second.tape.la.gemm('n', 't', m, n, k, weight, a, k, b, k, 1, c, n);
  }
}
