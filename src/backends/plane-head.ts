/**
 * The head: what follows once a sample has a single location, pair by pair in doubles. A pair is (D, T, q₁, q₂) with D = q₁ + q₂ − 2K. After a global
 * pool followed by nothing but affine layers and sums no variance is needed: any q₁ + q₂ − D = 2K does, and the mean variance of the locations is taken.
 */
import { ANGLE, SEGMENT, wide } from '../duals/angle';
import { type Dual, dualOf } from '../duals/dual';
import { type Scalar, scalar } from '../duals/scalar';
import { type Graph, locationsOf } from '../graph';
import { type Roles, rectifiedDual, rectifiedSlopes, type Total } from './plane-roles';
import type { SampleRows } from './plane-rows';

/** Per total of a sample: the variance of the result (or its stand-in), ½ Σ D with itself times the weights, the mean variance, the sum of weights. */
export interface HeadSample {
  readonly q: Float64Array;
  readonly half: Float64Array;
  readonly mean: Float64Array;
  readonly sum: Float64Array;
}

/** As in the core: 8 ulp of 1. */
const NOISE = 2 ** -49;

export interface PairResult {
  nngp: number;
  ntk: number;
}

export class Head {
  /** Totals of all pairs need the sample's own total. */
  readonly needsOwnTotals: boolean;
  private readonly d: Float64Array;
  private readonly t: Float64Array;
  private readonly q1: Float64Array;
  private readonly q2: Float64Array;
  private readonly totalOf: ReadonlyMap<number, number>;
  /** Activations of the head: of the rectified family, and others. */
  private readonly rectifiers: ReadonlyMap<number, ReturnType<typeof rectifiedDual>>;
  private readonly duals: ReadonlyMap<number, Dual>;
  private readonly scales: readonly number[];

  constructor(
    private readonly left: Graph,
    private readonly right: Graph,
    private readonly roles: Roles,
    private readonly units: ReadonlyMap<number, number>,
  ) {
    const length = left.nodes.length;
    [this.d, this.t, this.q1, this.q2] = [0, 1, 2, 3].map(() => new Float64Array(length)) as [
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    this.totalOf = new Map(roles.totals.map(({ node }, k) => [node, k]));
    const nodes = roles.head.map((index) => [index, left.nodes[index]] as const);
    const activations = nodes.flatMap(([index, node]) =>
      node.op === 'dual' && !this.totalOf.has(index) ? [[index, node.activation] as const] : [],
    );
    const isRectified = ([, activation]: (typeof activations)[number]) => rectifiedSlopes(activation) !== null;
    this.rectifiers = new Map(activations.filter(isRectified).map(([index, activation]) => [index, rectifiedDual(activation)]));
    this.duals = new Map(activations.filter((entry) => !isRectified(entry)).map(([index, activation]) => [index, dualOf(activation)]));
    this.needsOwnTotals = activations.length > 0 && roles.totals.some(({ kind }) => kind === 'all');
    this.scales = roles.totals.map((total) => this.scaleOf(total, left, right));
  }

  /** Σ D of a total times this is its D. */
  private scaleOf({ source, kind, average }: Total, left: Graph, right: Graph): number {
    const unit = this.units.get(source) ?? 1;
    if (!average) return unit;
    const locations = locationsOf(left.nodes[source].spatial);
    return unit / (kind === 'diagonal' ? locations : locations * locationsOf(right.nodes[source].spatial));
  }

  /** @param own Σ D of the sample with itself, by total, in units of the planes; null where it is not needed */
  sample(side: 'left' | 'right', rows: SampleRows, own: Float64Array | null): HeadSample {
    const [graph, other] = side === 'left' ? [this.left, this.right] : [this.right, this.left];
    const [q, half, mean, sum] = [0, 1, 2, 3].map(() => new Float64Array(this.roles.totals.length));
    this.roles.totals.forEach((entry, k) => {
      const { source, kind, average } = entry;
      const variances = rows.variances[source] ?? new Float64Array(1);
      const locations = locationsOf(graph.nodes[source].spatial);
      const total = variances.reduce((all, value) => all + value, 0);
      mean[k] = average ? total / locations : total;
      sum[k] = average || kind === 'diagonal' ? 1 : locations;
      if (own && kind === 'all') {
        half[k] = 0.5 * (this.scaleOf(entry, graph, graph) * own[k]);
        q[k] = Math.max(0, sum[k] * mean[k] - half[k]);
      } else q[k] = kind === 'all' && !average ? locationsOf(other.nodes[source].spatial) * mean[k] : mean[k];
    });
    return { q, half, mean, sum };
  }

  /** @param sums Σ D and Σ T of every total, in units of the planes */
  pair(a: HeadSample, b: HeadSample, sums: Float64Array, tangent: boolean, result: PairResult): void {
    for (const index of this.roles.head) {
      const k = this.totalOf.get(index);
      if (k === undefined) this.node(index, tangent);
      else this.total(index, k, a, b, sums);
    }
    const { output } = this.roles;
    result.nngp = 0.5 * (this.q1[output] + this.q2[output] - this.d[output]);
    result.ntk = this.t[output];
  }

  private total(index: number, k: number, a: HeadSample, b: HeadSample, sums: Float64Array): void {
    const { kind } = this.roles.totals[k];
    const scale = this.scales[k];
    const raw = scale * sums[2 * k];
    const exact = this.needsOwnTotals && kind === 'all';
    const uneven = (a.sum[k] - b.sum[k]) * (a.mean[k] - b.mean[k]);
    this.d[index] = exact ? Math.max(0, raw - a.half[k] - b.half[k] + uneven) : raw;
    this.t[index] = 0.5 * scale * sums[2 * k + 1];
    this.q1[index] = a.q[k];
    this.q2[index] = b.q[k];
    // A sample of zeros has no covariance with any other.
    if (a.mean[k] === 0 || b.mean[k] === 0) this.d[index] = a.q[k] + b.q[k];
  }

  private node(index: number, tangent: boolean): void {
    const { d, t, q1, q2 } = this;
    const node = this.left.nodes[index];
    const [first] = node.of;
    const weights = node.op === 'concatChannels' ? node.weights : null;
    d[index] = t[index] = q1[index] = q2[index] = 0;
    for (let branch = 0; branch < node.of.length; branch++) {
      const [source, weight] = [node.of[branch], weights ? weights[branch] : 1];
      d[index] += weight * d[source];
      t[index] += weight * t[source];
      q1[index] += weight * q1[source];
      q2[index] += weight * q2[source];
    }
    if (node.op === 'affine') {
      const [w2, b2] = [node.w * node.w, node.b * node.b];
      const before = 0.5 * (q1[first] + q2[first] - d[first]);
      d[index] *= w2;
      q1[index] = w2 * q1[index] + b2;
      q2[index] = w2 * q2[index] + b2;
      if (tangent) t[index] = w2 * t[index] + (node.fanIn === null ? w2 * before + b2 : node.fanIn * before + (node.hasBias ? 1 : 0));
    } else if (this.rectifiers.has(index)) this.rectified(index);
    else if (node.op === 'dual') this.dual(index);
  }

  private dual(index: number): void {
    const { d, t, q1, q2 } = this;
    const dual = this.duals.get(index) as Dual;
    const [x, y, distance] = [q1[index], q2[index], d[index]];
    const k = 0.5 * (x + y - distance);
    d[index] = dual.distance(k, x, y, distance);
    t[index] *= dual.factor(k, x, y, distance);
    q1[index] = dual.variance(x);
    q2[index] = dual.variance(y);
  }

  /** assembly/plane-rectified.ts in doubles. */
  private rectified(index: number): void {
    const { d, t, q1, q2 } = this;
    const { kappa, lambda, scale } = this.rectifiers.get(index) as ReturnType<typeof rectifiedDual>;
    const [r1, r2] = [Math.sqrt(q1[index]), Math.sqrt(q2[index])];
    const y = 2 * r1 * r2;
    const least = (r1 - r2) ** 2;
    const rest = d[index] - least;
    const n = rest > NOISE * Math.abs(q1[index] - q2[index]) ? rest : 0;
    const opposite = d[index] > (1 - NOISE) * (r1 + r2) ** 2;
    const distance = y > 0 ? (opposite ? 2 : Math.min(2, n / y)) : 1;
    const m = Math.min(distance, 2 - distance);
    const root = kappa * Math.sqrt(m);
    const segment = root * wide<Scalar, number>(scalar, SEGMENT, m, m * m, m * m * m * m);
    const theta = root * wide<Scalar, number>(scalar, ANGLE, m, m * m, m * m * m * m);
    const next = distance > 1 ? least + y * (1 - m * segment + lambda * (1 - m)) : least + n - n * segment;
    d[index] = scale * next;
    t[index] *= scale * (distance > 1 ? lambda + theta : 1 - theta);
    q1[index] *= scale;
    q2[index] *= scale;
  }
}
