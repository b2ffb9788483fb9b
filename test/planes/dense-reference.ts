/**
 * Kernels of convolutional networks by their definitions: K, D = q₁ + q₂ − 2K and T of every pair of locations of one sample (rows) and another (cols) in
 * arrays, windows and pools by their taps. Slow, in doubles, and with nothing that the planes do.
 */
import { dualOf } from '../../src/duals/dual';
import { type Graph, type GraphNode, locationsOf, type WindowAxis } from '../../src/graph';
import type { ActivationLayer } from '../../src/spec';

/** rows × cols arrays, and the variances of both samples. */
interface Pairs {
  readonly d: Float64Array;
  readonly t: Float64Array;
  readonly q1: Float64Array;
  readonly q2: Float64Array;
}

type Numbers = ArrayLike<number>;

/** NNGP and NTK of two samples, each given as the numbers of every input. */
export function denseKernel(
  left: Graph,
  right: Graph,
  x1: readonly Numbers[],
  x2: readonly Numbers[],
): { readonly nngp: number; readonly ntk: number } {
  const { node } = left.outputs[0];
  const own1 = variancesOf(left, x1);
  const own2 = variancesOf(right, x2);
  const { d, t, q1, q2 } = follow(left, right, x1, x2, own1, own2)[node];
  return { nngp: (q1[0] + q2[0] - d[0]) / 2, ntk: t[0] };
}

/** Variances of every location at every node: of a sample with itself everything is known on the way. */
function variancesOf(graph: Graph, x: readonly Numbers[]): Float64Array[] {
  return follow(graph, graph, x, x, null, null).map(({ q1 }) => q1);
}

function follow(
  left: Graph,
  right: Graph,
  x1: readonly Numbers[],
  x2: readonly Numbers[],
  own1: Float64Array[] | null,
  own2: Float64Array[] | null,
): Pairs[] {
  const values: Pairs[] = [];
  left.nodes.forEach((node, index) => {
    const of = node.of.map((source) => values[source]);
    const other = right.nodes[index];
    const rows = locationsOf(node.spatial);
    const cols = locationsOf(other.spatial);
    const { k, t, q1, q2 } = node.op === 'input' ? input(x1[node.index], x2[node.index], rows, cols) : apply(node, other, of, rows, cols);
    if ('d' in k) values.push({ d: k.d, t, q1: own1?.[index] ?? q1, q2: own2?.[index] ?? q2 });
    else {
      const [a, b] = [own1?.[index] ?? Float64Array.from({ length: rows }, (_, i) => k.k[i * cols + i]), own2?.[index]];
      const c = b ?? a;
      values.push({ d: k.k.map((value, at) => a[Math.floor(at / cols)] + c[at % cols] - 2 * value), t, q1: a, q2: c });
    }
  });
  return values;
}

interface Applied {
  /** Exact squared distances where the operation gives them, otherwise covariances. */
  readonly k: { readonly d: Float64Array } | { readonly k: Float64Array };
  readonly t: Float64Array;
  readonly q1: Float64Array;
  readonly q2: Float64Array;
}

function input(x: Numbers, y: Numbers, rows: number, cols: number): Applied {
  const channels = x.length / rows;
  const mean = (term: (c: number) => number) => {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += term(c) ** 2;
    return sum / channels;
  };
  const square = (a: Numbers, n: number) => Float64Array.from({ length: n }, (_, i) => mean((c) => a[i * channels + c]));
  const d = grid(rows, cols, (i, j) => mean((c) => x[i * channels + c] - y[j * channels + c]));
  return { k: { d }, t: new Float64Array(rows * cols), q1: square(x, rows), q2: square(y, cols) };
}

function apply(node: GraphNode, other: GraphNode, of: readonly Pairs[], rows: number, cols: number): Applied {
  const [a] = of;
  const from = a.q2.length;
  const covariance = (p: Pairs, at: number) => (p.q1[Math.floor(at / p.q2.length)] + p.q2[at % p.q2.length] - p.d[at]) / 2;
  switch (node.op) {
    case 'affine': {
      const [w2, b2] = [node.w ** 2, node.b ** 2];
      const { fanIn, hasBias } = node;
      const t = a.t.map((value, at) => {
        const k = covariance(a, at);
        return w2 * value + (fanIn === null ? w2 * k + b2 : fanIn * k + (hasBias ? 1 : 0));
      });
      return { k: { d: a.d.map((d) => w2 * d) }, t, q1: a.q1.map((q) => w2 * q + b2), q2: a.q2.map((q) => w2 * q + b2) };
    }
    case 'sum':
    case 'concatChannels': {
      const weights = node.op === 'concatChannels' ? node.weights : of.map(() => 1);
      const add = (pick: (p: Pairs) => Float64Array) => pick(a).map((_, at) => of.reduce((sum, p, k) => sum + weights[k] * pick(p)[at], 0));
      return { k: { d: add(({ d }) => d) }, t: add(({ t }) => t), q1: add(({ q1 }) => q1), q2: add(({ q2 }) => q2) };
    }
    case 'dual':
      return slopesOf(node.activation) ? rectified(node.activation, a, rows, cols) : transformed(node.activation, a, rows, cols);
    case 'window':
      return window(node.axes, other.op === 'window' ? other.axes : node.axes, a, rows, cols);
    case 'trace': {
      const mean = (value: (i: number) => number) => Float64Array.of(a.q1.reduce((sum, _, i) => sum + value(i), 0) / a.q1.length);
      return {
        k: { d: mean((i) => a.d[i * from + i]) },
        t: mean((i) => a.t[i * from + i]),
        q1: mean((i) => a.q1[i]),
        q2: mean((i) => a.q2[i]),
      };
    }
    case 'globalPool':
      return pool([everywhere(a.q1.length, node.average)], [everywhere(from, node.average)], a);
    case 'pool':
      return pool(poolRows(node), poolRows(other), a);
    default:
      throw new Error(`the reference has no ${node.op}`);
  }
}

const grid = (rows: number, cols: number, value: (i: number, j: number) => number): Float64Array =>
  Float64Array.from({ length: rows * cols }, (_, at) => value(Math.floor(at / cols), at % cols));

/** A row of a pooling matrix: pairs of location and weight. */
type Row = readonly (readonly [location: number, weight: number])[];

const everywhere = (length: number, average: boolean): Row => Array.from({ length }, (_, i) => [i, average ? 1 / length : 1] as const);

/** P D Pᵀ and the distances and variances that follow; equal samples are exactly 0 apart at equal locations. */
function pool(left: readonly Row[], right: readonly Row[], { d, t, q1, q2 }: Pairs): Applied {
  const from = q2.length;
  const both = (value: (i: number, j: number) => number) =>
    grid(left.length, right.length, (a, b) => {
      let sum = 0;
      for (const [i, p] of left[a]) for (const [j, r] of right[b]) sum += p * r * value(i, j);
      return sum;
    });
  const k = both((i, j) => (q1[i] + q2[j] - d[i * from + j]) / 2);
  const none = new Float64Array(0);
  return { k: { k }, t: both((i, j) => t[i * from + j]), q1: none, q2: none };
}

function poolRows(node: GraphNode): Row[] {
  if (node.op !== 'pool') throw new Error('not a pool');
  return Array.from({ length: locationsOf(node.spatial) }, (_, o) => {
    const taps = tapsOf(node.axes, o).filter((tap) => tap >= 0);
    return taps.map((tap) => [tap, 1 / (node.normalizeEdges ? taps.length : node.divisor)] as const);
  });
}

/** Input locations of output location o, −1 outside, in the order of the taps. */
function tapsOf(axes: readonly WindowAxis[], o: number): number[] {
  let rest = o;
  const places = axes.map(() => 0);
  for (let k = axes.length - 1; k >= 0; k--) {
    places[k] = rest % axes[k].to;
    rest = Math.floor(rest / axes[k].to);
  }
  return axes.reduce<number[]>(
    (bases, { from, size, stride, dilation, low }, k) =>
      bases.flatMap((base) =>
        Array.from({ length: size }, (_, f) => {
          const at = places[k] * stride + f * dilation - low;
          return base < 0 || at < 0 || at >= from ? -1 : base * from + at;
        }),
      ),
    [0],
  );
}

/** Both locations move together; what is outside has K = 0 and q = 0. */
function window(axes1: readonly WindowAxis[], axes2: readonly WindowAxis[], { d, t, q1, q2 }: Pairs, rows: number, cols: number): Applied {
  const [taps1, taps2] = [
    Array.from({ length: rows }, (_, o) => tapsOf(axes1, o)),
    Array.from({ length: cols }, (_, o) => tapsOf(axes2, o)),
  ];
  const average = (value: (i: number, j: number) => number) =>
    grid(rows, cols, (o, p) => taps1[o].reduce((sum, i, f) => sum + value(i, taps2[p][f]), 0) / taps1[o].length);
  const ownAverage = (taps: readonly number[][], q: Float64Array) =>
    Float64Array.from(taps, (of) => of.reduce((sum, i) => sum + (i < 0 ? 0 : q[i]), 0) / of.length);
  const at = (i: number, j: number) => i * q2.length + j;
  return {
    k: { d: average((i, j) => (i >= 0 && j >= 0 ? d[at(i, j)] : (q1[i] ?? 0) + (q2[j] ?? 0))) },
    t: average((i, j) => (i >= 0 && j >= 0 ? t[at(i, j)] : 0)),
    q1: ownAverage(taps1, q1),
    q2: ownAverage(taps2, q2),
  };
}

function slopesOf(activation: ActivationLayer): readonly [a: number, b: number] | null {
  if (activation.kind === 'relu') return [0, 1];
  if (activation.kind === 'abs') return [-1, 1];
  if (activation.kind === 'leakyRelu') return [activation.alpha, 1];
  if (activation.kind === 'abRelu') return [activation.a, activation.b];
  return null;
}

/** Duals have suites of their own (test/duals); here each pair is given to them alone. */
function transformed(activation: ActivationLayer, { d, t, q1, q2 }: Pairs, rows: number, cols: number): Applied {
  const dual = dualOf(activation);
  const apply = (value: (k: number, x: number, y: number, d: number) => number) =>
    grid(rows, cols, (i, j) => value((q1[i] + q2[j] - d[i * cols + j]) / 2, q1[i], q2[j], d[i * cols + j]));
  const factor = apply((...pair) => dual.factor(...pair));
  const variance = (q: number) => dual.variance(q);
  return {
    k: { d: apply((...pair) => dual.distance(...pair)) },
    t: t.map((x, at) => x * factor[at]),
    q1: q1.map(variance),
    q2: q2.map(variance),
  };
}

/** sin t − t cos t = Σ (−1)ⁿ⁺¹ 2n t²ⁿ⁺¹/(2n + 1)!: by the series where it cancels. */
function segment(t: number): number {
  if (t > 1) return Math.sin(t) - t * Math.cos(t);
  let term = t ** 3 / 3;
  let sum = term;
  for (let n = 2; Math.abs(term) > 1e-18 * sum; n++) {
    term *= (-t * t * n) / ((n - 1) * (2 * n + 1) * (2 * n));
    sum += term;
  }
  return sum;
}

/** Arc-cosine kernels (Cho & Saul 2009) of the distance 1 − ρ; uncorrelated where a variance is 0. */
function rectified(activation: ActivationLayer, { d, t, q1, q2 }: Pairs, rows: number, cols: number): Applied {
  const [a, b] = slopesOf(activation) ?? [0, 0];
  const scale = (a * a + b * b) / 2;
  const bend = (a - b) ** 2 / (2 * Math.PI);
  const angle = (i: number, j: number) => {
    const y = 2 * Math.sqrt(q1[i]) * Math.sqrt(q2[j]);
    const n = d[i * cols + j] - (Math.sqrt(q1[i]) - Math.sqrt(q2[j])) ** 2;
    return y > 0 ? 2 * Math.asin(Math.sqrt(Math.min(1, Math.max(0, n / y / 2)))) : Math.PI / 2;
  };
  // D' = A D − 2 r₁r₂ B g(θ), since K' = (A − Bθ)K + B r₁r₂ sin θ and K = r₁r₂ cos θ.
  const next = grid(rows, cols, (i, j) => scale * d[i * cols + j] - 2 * Math.sqrt(q1[i]) * Math.sqrt(q2[j]) * bend * segment(angle(i, j)));
  return {
    k: { d: next },
    t: grid(rows, cols, (i, j) => t[i * cols + j] * (scale - bend * angle(i, j))),
    q1: q1.map((q) => scale * q),
    q2: q2.map((q) => scale * q),
  };
}
