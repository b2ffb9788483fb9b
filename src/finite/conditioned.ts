/**
 * Kernels of finite fully connected networks, drawn exactly in law and without any weight. A layer's weights meet the data only through
 * their action on the n activation vectors A on the way up and on the n·O cotangents Δ on the way down. With W ~ N(0, s) entrywise,
 *   up:    F = A W has i.i.d. columns N(0, s AAᵀ): F = L G, L Lᵀ = s AAᵀ;
 *   down:  given F, W in the span of A is fixed and the rest is fresh: ΔWᵀ = M G' + C A, M Mᵀ = s ΔΔᵀ, C = (ΔFᵀ − M G'Aᵀ)(AAᵀ)⁺.
 * G and G' are i.i.d. normals. Only AAᵀ, ΔΔᵀ and ΔFᵀ go from layer to layer: units come and go in chunks, which are made again from the
 * normals' indices when they are needed again. O(n² width) a layer instead of O(n width²), in memory that does not depend on the width.
 * See docs/design/0011-networks-without-weights.md.
 */
import type { Backend } from '../backends/backend';
import type { Units } from '../backends/units';
import type { NDArray } from '../ndarray';
import type { Network } from '../spec';
import { type Layout, layoutOf, type PlacedLevel, upTo } from './conditioned-layout';
import { type Level, levelsOf } from './levels';
import { pivotedFactor, solvePivoted } from './pivoted';
import type { Seed } from './random';

export { levelsOf, requireLevels } from './levels';

/** Plain data: it can travel to a worker, unless the network has functions of the user's own. */
export interface ConditionedJob {
  /** One that levelsOf knows. */
  readonly net: Network;
  readonly x1: NDArray;
  /** null: x1 with itself. */
  readonly x2: NDArray | null;
  readonly seed: Seed;
  readonly fields: readonly ('nngp' | 'ntk')[];
}

/** Draws. A sample has the same bits whatever was drawn before, on any backend, and with any chunks. */
export interface ConditionedSampler {
  /** Kernels of samples `from` to `from + count − 1`, averaged over the outputs: for each of the job's fields, count × n1 × n2. */
  draw(from: number, count: number): readonly Float64Array[];
  close(): void;
}

/** @param chunk units at a time, a multiple of 256; by default a size that suits the caches @throws ERR_OUT_OF_MEMORY */
export function openConditioned(job: ConditionedJob, backend: Pick<Backend, 'openUnits'>, chunk?: number): ConditionedSampler {
  const levels = levelsOf(job.net, job.x1.shape) as readonly Level[];
  const [n1, n2] = [job.x1.shape[0], (job.x2 ?? job.x1).shape[0]];
  const n = job.x2 ? n1 + n2 : n1;
  const layout = layoutOf(levels, n, job.fields.includes('ntk'), chunk);
  const units = backend.openUnits(layout.doubles, job.seed);
  const draws = new Draws(units, layout);
  draws.begin(job.x2 ? [job.x1, job.x2] : [job.x1]);
  return {
    draw(from, count) {
      const kernels = job.fields.map(() => new Float64Array(count * n1 * n2));
      for (let k = 0; k < count; k++) {
        draws.draw(from + k);
        job.fields.forEach((field, f) => {
          const source = field === 'nngp' ? layout.nngp : layout.ntk;
          for (let i = 0; i < n1; i++) {
            const row = source + i * n + (n - n2);
            kernels[f].set(units.memory.subarray(row, row + n2), (k * n1 + i) * n2);
          }
        });
      }
      return kernels;
    },
    close: () => units.close(),
  };
}

class Draws {
  private sample = 0;
  private readonly left: Float64Array;

  constructor(
    private readonly units: Units,
    private readonly layout: Layout,
  ) {
    this.left = new Float64Array(Math.max(layout.n, layout.rows));
  }

  /** The Gram matrix of the inputs. */
  begin(parts: readonly NDArray[]): void {
    const { units, layout } = this;
    const { levels, spread, ld, n } = layout;
    const features = levels[0].inputs;
    const step = ld - (ld % (ld < 256 ? 16 : 256));
    units.memory.fill(0, levels[0].gram, levels[0].gram + n * n);
    for (let from = 0; from < features; from += step) {
      const count = Math.min(step, features - from);
      let row = spread;
      for (const { data, shape } of parts)
        for (let i = 0; i < shape[0]; i++, row += ld)
          units.memory.set(data.subarray(i * features + from, i * features + from + count), row);
      units.products(levels[0].gram, n, spread, n, spread, n, ld, count, true);
    }
    this.finishGram(levels[0]);
  }

  /** Leaves the kernels at layout.nngp and layout.ntk. */
  draw(sample: number): void {
    this.sample = sample;
    for (const { held } of this.layout.levels) held.level = -1;
    this.layout.levels.forEach((level, l) => {
      this.up(level, this.layout.levels[l + 1] ?? null);
    });
    if (this.layout.rows > 0) this.down();
  }

  /** AAᵀ of what comes after `level`: the next level's, or n·O times the NNGP. */
  private up(level: PlacedLevel, next: PlacedLevel | null): void {
    const { units, layout } = this;
    const { n } = layout;
    const gram = next ? next.gram : layout.nngp;
    units.memory.fill(0, gram, gram + n * n);
    this.eachChunk(level, (from, count) => {
      this.hold(level, from, count, layout.rows > 0 && count === level.outputs);
      units.products(gram, n, level.a, n, level.a, n, level.ld, count, true);
    });
    if (next) this.finishGram(next);
    else this.mirror(gram, 1 / level.outputs);
  }

  private finishGram(level: PlacedLevel): void {
    const { n } = this.layout;
    level.rank = pivotedFactor(this.units.memory, level.gram, level.factor, n, level.variance, level.order, this.left);
  }

  private mirror(gram: number, weight: number): void {
    const { memory } = this.units;
    const { n } = this.layout;
    for (let i = 0; i < n; i++)
      for (let j = 0; j <= i; j++) memory[gram + j * n + i] = memory[gram + i * n + j] = weight * memory[gram + i * n + j];
  }

  private eachChunk(level: PlacedLevel, visit: (from: number, count: number) => void): void {
    for (let from = 0; from < level.outputs; from += level.chunk) visit(from, Math.min(level.chunk, level.outputs - from));
  }

  /** Sees that F, A and (where asked) the slopes of these units of a level are in its place. */
  private hold(level: PlacedLevel, from: number, count: number, slopes: boolean): void {
    const { units, layout, sample } = this;
    const { held, f, a, ld, index, rank } = level;
    if (held.level === index && held.from === from && (held.slopes || !slopes)) return;
    const { n } = layout;
    this.normals(layout.spread, rank, 2 * index, 0, level, from, count);
    units.combine(f, level.factor, n, layout.spread, n, rank, ld, count, false);
    if (level.bStd) units.normals(level.bias, upTo(16, count), sample, 2 * index, n * upTo(16, level.outputs) + from);
    const [bias, to] = [level.bStd ? level.bias : -1, slopes ? level.slopes : -1];
    if (level.rectified) units.rectify(a, to, f, bias, level.bStd, n, ld, count, ...level.rectified);
    else this.activate(level, bias, to, count);
    [held.level, held.from, held.slopes] = [index, from, slopes];
  }

  private activate({ activation: { value, slope }, f, a, ld, bStd }: PlacedLevel, bias: number, slopes: number, count: number): void {
    const { memory } = this.units;
    for (let i = 0; i < this.layout.n; i++)
      for (let j = 0; j < count; j++) {
        const at = i * ld + j;
        const z = bias < 0 ? memory[f + at] : memory[f + at] + bStd * memory[bias + j];
        memory[a + at] = value(z);
        if (slopes >= 0) memory[slopes + at] = slope(z);
      }
  }

  /** Rows `first` to `first + rows − 1` of a stream of normals with a row for each of `rank` directions. */
  private normals(
    out: number,
    rows: number,
    stream: number,
    first: number,
    { outputs, ld }: PlacedLevel,
    from: number,
    count: number,
  ): void {
    const stride = upTo(16, outputs);
    for (let r = 0; r < rows; r++) this.units.normals(out + r * ld, upTo(16, count), this.sample, stream, (first + r) * stride + from);
  }

  private down(): void {
    const { layout } = this;
    const { memory } = this.units;
    memory.fill(0, layout.ntk, layout.ntk + layout.n ** 2);
    this.unitCotangents();
    for (let l = layout.levels.length - 1; l >= 0; l--) {
      this.addTangent(layout.levels[l]);
      if (l > 0) this.descend(layout.levels[l], layout.levels[l - 1]);
    }
    this.mirror(layout.ntk, 1);
  }

  /** ΔΔᵀ and ΔFᵀ where the cotangent of output o, whatever the sample, is the o-th unit vector. Row o·n + i: output o, sample i. */
  private unitCotangents(): void {
    const { memory } = this.units;
    const { levels, n, rows, outer, cross, ldn } = this.layout;
    const level = levels[levels.length - 1];
    memory.fill(0, outer, outer + rows * rows);
    this.eachChunk(level, (from, count) => {
      this.hold(level, from, count, false);
      for (let o = from; o < from + count; o++)
        for (let i = 0; i < n; i++) {
          memory.fill(1, outer + (o * n + i) * rows + o * n, outer + (o * n + i) * rows + o * n + n);
          for (let j = 0; j < n; j++) memory[cross + (o * n + i) * ldn + j] = memory[level.f + j * level.ld + o - from];
        }
    });
  }

  /** The gradients of one layer's weights and biases, averaged over the outputs. */
  private addTangent({ gram, weightGradient, biasGradient }: PlacedLevel): void {
    const { memory } = this.units;
    const { n, rows, outer, ntk } = this.layout;
    const outputs = rows / n;
    for (let i = 0; i < n; i++)
      for (let j = 0; j <= i; j++) {
        let sum = 0;
        for (let o = 0; o < outputs; o++) sum += memory[outer + (o * n + i) * rows + o * n + j];
        memory[ntk + i * n + j] += (sum * (weightGradient * memory[gram + i * n + j] + biasGradient)) / outputs;
      }
  }

  /** ΔΔᵀ and ΔFᵀ of the level below from those of `level`. */
  private descend(level: PlacedLevel, below: PlacedLevel): void {
    const { units, layout } = this;
    const { memory } = units;
    const { n, rows, outer, outerFactor, cross, ldn, spread, delta } = layout;
    const { ld } = below;
    const stream = 2 * level.index + 1;
    const rank = pivotedFactor(memory, outer, outerFactor, rows, level.variance, layout.outerOrder, this.left);
    const whole = below.outputs <= below.chunk;
    memory.fill(0, layout.met, layout.met + rank * ldn);
    this.eachChunk(below, (from, count) => {
      this.hold(below, from, count, whole);
      this.normals(spread, rank, stream, 0, below, from, count);
      units.products(layout.met, ldn, spread, rank, below.a, n, ld, count, false);
    });
    for (let at = cross; at < cross + rows * ldn; at++) memory[at] = -memory[at];
    units.combine(cross, outerFactor, rows, layout.met, rows, rank, ldn, n, true);
    solvePivoted(memory, level.factor, n, level.rank, level.order, cross, rows, ldn, -level.variance, this.left);
    memory.copyWithin(layout.known, cross, cross + rows * ldn);
    memory.fill(0, outer, outer + rows * rows);
    memory.fill(0, cross, cross + rows * ldn);
    this.eachChunk(below, (from, count) => {
      this.hold(below, from, count, true);
      if (!whole) this.normals(spread, rank, stream, 0, below, from, count);
      units.combine(delta, outerFactor, rows, spread, rows, rank, ld, count, false);
      units.combine(delta, layout.known, ldn, below.a, rows, n, ld, count, true);
      units.scaleRows(delta, rows, below.slopes, n, ld, count);
      this.addProducts(below, count);
    });
  }

  /** At the first level, where nothing is drawn from them, the products of one output's cotangents with each other will do. */
  private addProducts(below: PlacedLevel, count: number): void {
    const { n, rows, outer, cross, ldn, delta } = this.layout;
    const { ld, f, index } = below;
    if (index > 0) {
      this.units.products(outer, rows, delta, rows, delta, rows, ld, count, true);
      this.units.products(cross, ldn, delta, rows, f, n, ld, count, false);
    } else
      for (let o = 0; o < rows; o += n)
        this.units.products(outer + o * rows + o, rows, delta + o * ld, n, delta + o * ld, n, ld, count, true);
  }
}
