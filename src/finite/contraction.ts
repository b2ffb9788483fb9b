/**
 * Kernels from passes of one network. The NTK is contracted layer by layer, (activations · activations)(cotangents · cotangents), and the
 * Jacobian is never formed (structured derivatives, Novak et al. 2022, arXiv 2206.08720); a layer whose places outnumber its weights
 * contracts its gradients instead, which is cheaper there. The cotangents of many outputs walk back together: a layer's weights are read
 * once for all of them.
 */
import { allocate, type TypedArray } from '../ndarray';
import type { Layout } from './layout';
import type { Pass } from './pass';
import type { ParamUse, WeightBlock } from './tape';

/** Zeros for [group, entry, entry', n1, n2]. */
function zerosFor({ groups, entries }: Layout, first: Pass, second: Pass): TypedArray {
  return allocate(first.tape.dtype, groups * entries ** 2 * first.output.shape[0] * second.output.shape[0], 'an empirical kernel');
}

/** f(x1) f(x2)ᵀ, averaged over the traced entries: [group, entry, entry', n1, n2]. */
export function nngpOf(first: Pass, second: Pass, layout: Layout): TypedArray {
  const { groups, traced, entries } = layout;
  const kernels = zerosFor(layout, first, second);
  const [n1, n2] = [first.output.shape[0], second.output.shape[0]];
  const [left, right] = [first, second].map(({ output: { data, shape } }) => {
    const size = data.length / shape[0];
    return (n: number, place: number) => data[n * size + place];
  });
  for (let group = 0, at = 0; group < groups; group++)
    for (let i = 0; i < entries; i++)
      for (let j = 0; j < entries; j++, at += n1 * n2)
        for (let t = 0; t < traced; t++) {
          const [p, q] = [layout.place(group, t, i), layout.place(group, t, j)];
          for (let a = 0; a < n1; a++) for (let b = 0; b < n2; b++) kernels[at + a * n2 + b] += (left(a, p) * right(b, q)) / traced;
        }
  return kernels;
}

/** Numbers of one tensor's cotangents that walk back together, at most. */
const TOGETHER = 1 << 24;

/** J(x1) J(x2)ᵀ, averaged over the traced entries: [group, entry, entry', n1, n2]. `second` may be `first`. */
export function ntkOf(first: Pass, second: Pass, layout: Layout): TypedArray {
  const { groups, traced, entries } = layout;
  const kernels = zerosFor(layout, first, second);
  const contraction = new Contraction(first, second, entries, 1 / traced, kernels);
  const rounds = Array.from({ length: groups * traced }, (_, k) => [Math.floor(k / traced), k % traced] as const);
  const perWalk = entries * Math.max(first.tape.longest, second.tape.longest);
  const together = Math.max(1, Math.floor(TOGETHER / perWalk));
  for (let from = 0; from < rounds.length; from += together) {
    const some = rounds.slice(from, from + together);
    const places = some.flatMap(([group, t]) => Array.from({ length: entries }, (_, entry) => layout.place(group, t, entry)));
    contraction.walk(
      places,
      some.map(([group]) => group),
    );
  }
  return kernels;
}

/** What a layer's parameters saw of some cotangents. */
interface Sight {
  readonly use: ParamUse;
  readonly cotangents: TypedArray;
}

/** Adds the contributions of layers to an NTK. */
class Contraction {
  /** Products of the rows of two blocks, which no cotangent changes. */
  private readonly grams = new Map<WeightBlock, TypedArray>();
  private readonly n1: number;
  private readonly n2: number;

  constructor(
    private readonly first: Pass,
    private readonly second: Pass,
    private readonly entries: number,
    private readonly weight: number,
    private readonly kernels: TypedArray,
  ) {
    this.n1 = first.output.shape[0];
    this.n2 = second.output.shape[0];
  }

  /** Walks back from `entries` places for each of `groups`, to whose kernels the products are added. */
  walk(places: readonly number[], groups: readonly number[]): void {
    const { first, second } = this;
    const others: Sight[] = [];
    if (second !== first)
      second.tape.backward(second.output, second.tape.unit(second.output, ...places), (use, cotangents) => {
        others.push({ use, cotangents });
      });
    let k = 0;
    first.tape.backward(first.output, first.tape.unit(first.output, ...places), (use, cotangents) => {
      const one = { use, cotangents };
      this.layer(one, second === first ? one : others[k++], groups);
    });
  }

  private layer(one: Sight, other: Sight, groups: readonly number[]): void {
    one.use.blocks.forEach((block, b) => {
      const delta = block.delta(one.cotangents);
      const twin = other.use.blocks[b];
      this.block(block, twin, delta, one === other ? delta : twin.delta(other.cotangents), groups);
    });
    const { perSample } = one.use;
    if (!perSample || !other.use.perSample) return;
    const left = this.perRepeat(perSample, one.cotangents, groups.length);
    const right = one === other ? left : this.perRepeat(other.use.perSample, other.cotangents, groups.length);
    groups.forEach((group, g) => {
      this.add(group, part(left, groups.length, g), part(right, groups.length, g), null, 1);
    });
  }

  /** Gradients of every sample for every cotangent, [repeats · n, parameters]. */
  private perRepeat(perSample: NonNullable<ParamUse['perSample']>, cotangents: TypedArray, rounds: number): TypedArray {
    const repeats = rounds * this.entries;
    const all = Array.from({ length: repeats }, (_, r) => perSample(part(cotangents, repeats, r)).gradient);
    const joined = this.first.tape.zeros(repeats * all[0].length);
    all.forEach((gradient, r) => {
      joined.set(gradient, r * gradient.length);
    });
    return joined;
  }

  private block(one: WeightBlock, other: WeightBlock, delta1: TypedArray, delta2: TypedArray, groups: readonly number[]): void {
    const { n1, n2, entries } = this;
    const { places, fanIn, out } = one;
    const structured = n1 * n2 * places * other.places * (fanIn + entries ** 2 * out);
    const gradients = fanIn * out * entries * ((n1 + n2) * places + entries * n1 * n2);
    const gram = structured > gradients ? null : this.gramOf(one, other);
    groups.forEach((group, g) => {
      const [left, right] = [part(delta1, groups.length, g), part(delta2, groups.length, g)];
      if (gram) this.add(group, left, right, { gram, bias: one.biasScale * other.biasScale }, places);
      else {
        const own = this.gradients(one, left, n1);
        this.add(group, own, one === other ? own : this.gradients(other, right, n2), null, 1);
      }
    });
  }

  private gramOf(one: WeightBlock, other: WeightBlock): TypedArray {
    const known = this.grams.get(one);
    if (known) return known;
    const gram = this.product(this.n1 * one.places, this.n2 * other.places, one.scale * other.scale, one.rows, other.rows);
    this.grams.set(one, gram);
    return gram;
  }

  /** Adds left · rightᵀ, times `factor` for each pair of samples and places if there is one, into the kernels of a group. */
  private add(
    group: number,
    left: TypedArray,
    right: TypedArray,
    factor: { readonly gram: TypedArray; readonly bias: number } | null,
    places: number,
  ): void {
    const { n1, n2, entries, kernels } = this;
    const [rows, cols] = [n1 * places, n2 * places];
    const product = this.product(entries * rows, entries * cols, this.weight, left, right);
    if (factor) timesGram(product, factor.gram, factor.bias, rows, cols, entries);
    const base = group * entries ** 2 * n1 * n2;
    for (let r = 0, at = 0; r < entries * rows; r++) {
      const row = base + Math.floor(r / rows) * entries * n1 * n2 + Math.floor((r % rows) / places) * n2;
      for (let j = 0; j < entries; j++)
        for (let c = 0; c < cols; c++, at++) kernels[row + j * n1 * n2 + Math.floor(c / places)] += product[at];
    }
  }

  /** Gradients with respect to the block's weights and bias, of every cotangent and sample. */
  private gradients({ places, fanIn, out, rows, scale, biasScale }: WeightBlock, delta: TypedArray, samples: number): TypedArray {
    const { la } = this.first.tape;
    const length = fanIn * out + (biasScale > 0 ? out : 0);
    const count = this.entries * samples;
    const gradients = this.first.tape.zeros(count * length);
    for (let r = 0; r < count; r++) {
      const n = r % samples;
      const own = gradients.subarray(r * length, r * length + fanIn * out);
      const [x, d] = [part(rows, samples, n), part(delta, count, r)];
      la.gemm('t', 'n', fanIn, out, places, scale, x, fanIn, d, out, 0, own, out);
      if (biasScale > 0) for (let at = 0; at < d.length; at++) gradients[r * length + fanIn * out + (at % out)] += biasScale * d[at];
    }
    return gradients;
  }

  /** weight · a·bᵀ */
  private product(m: number, n: number, weight: number, a: TypedArray, b: TypedArray): TypedArray {
    const c = this.first.tape.zeros(m * n);
    const k = a.length / m;
    this.first.tape.la.gemm('n', 't', m, n, k, weight, a, k, b, k, 0, c, n);
    return c;
  }
}

/** The k-th of `count` equal parts. */
const part = (a: TypedArray, count: number, k: number): TypedArray =>
  count === 1 ? a : a.subarray((k * a.length) / count, ((k + 1) * a.length) / count);

/** product[i·rows + r, j·cols + c] *= gram[r, c] + bias for i, j < entries */
function timesGram(product: TypedArray, gram: TypedArray, bias: number, rows: number, cols: number, entries: number): void {
  for (let r = 0, at = 0; r < entries * rows; r++) {
    const from = (r % rows) * cols;
    for (let j = 0; j < entries; j++) for (let c = from; c < from + cols; c++, at++) product[at] *= gram[c] + bias;
  }
}
