/**
 * Kernels of finite fully connected networks, drawn exactly in law and without any weight. A layer's weights meet the data only through
 * their action on the n activation vectors A on the way up and on the n·O cotangents Δ on the way down. With W ~ N(0, s) entrywise,
 *   up:    F = A W has i.i.d. columns N(0, s AAᵀ): F = L G, L Lᵀ = s AAᵀ;
 *   down:  given F, W in the span of A is fixed and the rest is fresh: ΔWᵀ = M G' + C A, M Mᵀ = s ΔΔᵀ, C = (ΔFᵀ − M G'Aᵀ)(AAᵀ)⁺.
 * G and G' are i.i.d. normals. Only AAᵀ, ΔΔᵀ and ΔFᵀ go from layer to layer: units come and go in chunks, which are made again from the
 * normals' indices when they are needed again. O(n² width) a layer instead of O(n width²), in memory that does not depend on the width.
 * See docs/design/0011-networks-without-weights.md.
 */
import { type FiniteBackend, openUnits } from '../backends/finite';
import type { Units } from '../backends/units';
import type { NDArray } from '../ndarray';
import { type Layout, layoutOf, type PlacedLevel, type Slot, UNIT, upTo } from './conditioned-layout';
import { type Level, levelsOf } from './levels';
import { clear, pivotedFactor, solvePivoted } from './pivoted';
import type { Sampler, SamplesJob } from './sampler';

/** `net` is one that levelsOf knows. */
export type ConditionedJob = Pick<SamplesJob, 'net' | 'x1' | 'x2' | 'seed' | 'fields'>;

/** @param chunk units at a time, a multiple of 256; by default a size that suits the caches @throws ERR_OUT_OF_MEMORY */
export function openConditioned(job: ConditionedJob, backend: Pick<FiniteBackend, 'cores'>, chunk?: number): Sampler {
  const levels = levelsOf(job.net, job.x1.shape) as readonly Level[];
  const [n1, n2] = [job.x1.shape[0], (job.x2 ?? job.x1).shape[0]];
  const n = job.x2 ? n1 + n2 : n1;
  const layout = layoutOf(levels, n, job.fields.includes('ntk'), chunk);
  const units = openUnits(backend, layout.doubles, job.seed);
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
            for (let j = 0; j < n2; j++) kernels[f][(k * n1 + i) * n2 + j] = units.memory[row + j];
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
    const { levels, fresh, chunk, ld, n } = layout;
    const { inputs: features, gram } = levels[0];
    units.memory.fill(0, gram.matrix, gram.matrix + n * n);
    for (let from = 0; from < features; from += chunk) {
      const count = Math.min(chunk, features - from);
      let row = fresh;
      for (const { data, shape } of parts)
        for (let i = 0; i < shape[0]; i++, row += ld)
          units.memory.set(data.subarray(i * features + from, i * features + from + count), row);
      units.products(gram.matrix, n, fresh, n, fresh, n, ld, count, true);
    }
    this.factor(levels[0]);
  }

  /** Leaves the kernels at layout.nngp and layout.ntk. */
  draw(sample: number): void {
    const { levels, rows } = this.layout;
    this.sample = sample;
    for (let l = 0; l < levels.length; l++) this.up(levels[l], l + 1 < levels.length ? levels[l + 1] : null);
    if (rows > 0) this.down();
  }

  /** AAᵀ of what comes after `level`: the next level's, with its G'Aᵀ, or the NNGP. */
  private up(level: PlacedLevel, next: PlacedLevel | null): void {
    const { units, layout } = this;
    const { n, ld, chunk } = layout;
    const gram = next ? next.gram.matrix : layout.nngp;
    clear(units.memory, gram, n * n);
    if (next) clear(units.memory, next.met, next.directions * layout.ldn);
    for (let from = 0; from < level.outputs; from += chunk) {
      const count = this.count(level, from);
      const { a } = this.hold(level, from, layout.rows > 0 && level.kept);
      units.products(gram, n, a, n, a, n, ld, count, true);
      if (!next || layout.rows === 0) continue;
      const normals = this.spread(next, level, from);
      units.products(next.met, layout.ldn, normals, next.directions, a, n, ld, count, false);
    }
    if (next) this.factor(next);
    else this.mirror(gram, 1 / level.outputs);
  }

  /** Makes G' of `level` at some of the units below it. */
  private spread(level: PlacedLevel, below: PlacedLevel, from: number): number {
    const at = level.spread[this.layout.keepsSpread ? from / this.layout.chunk : 0];
    this.normals(at, level.directions, 2 * level.index + 1, below, from);
    return at;
  }

  private factor(level: PlacedLevel): void {
    level.rank = pivotedFactor(this.units.memory, level.gram, level.variance, this.left);
  }

  private mirror(gram: number, weight: number): void {
    const { memory } = this.units;
    const { n } = this.layout;
    for (let i = 0; i < n; i++)
      for (let j = 0; j <= i; j++) memory[gram + j * n + i] = memory[gram + i * n + j] = weight * memory[gram + i * n + j];
  }

  /** Units in the chunk that starts at `from`. */
  private count(level: PlacedLevel, from: number): number {
    return Math.min(this.layout.chunk, level.outputs - from);
  }

  /** The slot with F, A and (where asked) the slopes of these units of a level: made, unless they still are there. */
  private hold(level: PlacedLevel, from: number, slopes: boolean): Slot {
    const { units, layout, sample } = this;
    const { n, ld, fresh, chunk } = layout;
    const { index, rank, gram, rectified, bStd } = level;
    const slot = level.slots[level.kept ? from / chunk : 0];
    const { held, f, a } = slot;
    if (held.sample === sample && held.level === index && held.from === from && (held.slopes || !slopes)) return slot;
    const count = this.count(level, from);
    this.normals(fresh, rank, 2 * index, level, from);
    units.combine(f, gram.order, gram.factor, n, fresh, n, rank, ld, count, false);
    if (bStd) units.normals(slot.bias, 1, ld, upTo(UNIT, count), sample, 2 * index, n * upTo(UNIT, level.outputs) + from, 0);
    const bias = bStd ? slot.bias : -1;
    const to = slopes ? slot.slopes : -1;
    if (rectified) units.rectify(a, to, f, bias, bStd, n, ld, count, rectified[0], rectified[1]);
    else this.activate(level, slot, bias, to, count);
    held.sample = sample;
    held.level = index;
    held.from = from;
    held.slopes = slopes;
    return slot;
  }

  private activate({ activation: { value, slope }, bStd }: PlacedLevel, { f, a }: Slot, bias: number, slopes: number, count: number): void {
    const { memory } = this.units;
    const { n, ld } = this.layout;
    for (let i = 0; i < n; i++)
      for (let j = 0; j < count; j++) {
        const at = i * ld + j;
        const z = bias < 0 ? memory[f + at] : memory[f + at] + bStd * memory[bias + j];
        memory[a + at] = value(z);
        if (slopes >= 0) memory[slopes + at] = slope(z);
      }
  }

  /** The first `rows` rows of normals of a stream that has one number in a row for each of a level's units. */
  private normals(out: number, rows: number, stream: number, level: PlacedLevel, from: number): void {
    const { units, layout, sample } = this;
    units.normals(out, rows, layout.ld, upTo(UNIT, this.count(level, from)), sample, stream, from, upTo(UNIT, level.outputs));
  }

  private down(): void {
    const { levels, n, ntk } = this.layout;
    clear(this.units.memory, ntk, n * n);
    this.unitCotangents(levels[levels.length - 1]);
    for (let l = levels.length - 1; l >= 0; l--) {
      this.addTangent(levels[l]);
      if (l > 0) this.descend(levels[l], levels[l - 1]);
    }
    this.mirror(ntk, 1);
  }

  /** ΔΔᵀ and ΔFᵀ where the cotangent of output o, whatever the sample, is the o-th unit vector. Row o·n + i: output o, sample i. */
  private unitCotangents(level: PlacedLevel): void {
    const { memory } = this.units;
    const { n, rows, outer, cross, ld, ldn, chunk } = this.layout;
    clear(memory, outer.matrix, rows * rows);
    for (let from = 0; from < level.outputs; from += chunk) {
      const { f } = this.hold(level, from, false);
      for (let o = from; o < from + this.count(level, from); o++)
        for (let i = 0; i < n; i++) {
          const row = o * n + i;
          memory.fill(1, outer.matrix + row * rows + o * n, outer.matrix + row * rows + o * n + n);
          for (let j = 0; j < n; j++) memory[cross + row * ldn + j] = memory[f + j * ld + o - from];
        }
    }
  }

  /** The gradients of one layer's weights and biases, averaged over the outputs. */
  private addTangent({ gram: { matrix }, weightGradient, biasGradient }: PlacedLevel): void {
    const { memory } = this.units;
    const { n, rows, outer, ntk } = this.layout;
    for (let i = 0; i < n; i++)
      for (let j = 0; j <= i; j++) {
        let sum = 0;
        for (let o = 0; o < rows; o += n) sum += memory[outer.matrix + (o + i) * rows + o + j];
        memory[ntk + i * n + j] += (sum * (weightGradient * memory[matrix + i * n + j] + biasGradient) * n) / rows;
      }
  }

  /** ΔΔᵀ and ΔFᵀ of the level below from those of `level`. */
  private descend(level: PlacedLevel, below: PlacedLevel): void {
    const { units, layout } = this;
    const { n, rows, outer, chunk, cross, ldn, known } = layout;
    const { memory } = units;
    const rank = Math.min(level.directions, pivotedFactor(memory, outer, level.variance, this.left));
    for (let at = 0; at < rows * ldn; at++) memory[known + at] = -memory[cross + at];
    units.combine(known, outer.order, outer.factor, rows, level.met, rows, rank, ldn, n, true);
    solvePivoted(memory, level.gram, level.rank, known, rows, ldn, -level.variance, this.left);
    clear(memory, outer.matrix, rows * rows);
    clear(memory, cross, rows * ldn);
    for (let from = 0; from < below.outputs; from += chunk) {
      const slot = this.hold(below, from, true);
      const normals = layout.keepsSpread ? level.spread[from / chunk] : this.spread(level, below, from);
      this.addCotangents(below, slot, normals, rank, this.count(below, from));
    }
  }

  /** Cotangents of some units below, from normals and activations, and what they add to ΔΔᵀ and ΔFᵀ. */
  private addCotangents({ index }: PlacedLevel, { a, f, slopes }: Slot, normals: number, rank: number, count: number): void {
    const { units, layout } = this;
    const { n, rows, ld, ldn, delta, outer, cross, known } = layout;
    units.combine(delta, outer.order, outer.factor, rows, normals, rows, rank, ld, count, false);
    units.combine(delta, -1, known, ldn, a, rows, n, ld, count, true);
    units.scaleRows(delta, rows, slopes, n, ld, count);
    if (index > 0) {
      units.products(outer.matrix, rows, delta, rows, delta, rows, ld, count, true);
      units.products(cross, ldn, delta, rows, f, n, ld, count, false);
      return;
    }
    // Nothing is drawn from the first level's cotangents: the products of one output's with each other will do.
    for (let o = 0; o < rows; o += n)
      units.products(outer.matrix + o * rows + o, rows, delta + o * ld, n, delta + o * ld, n, ld, count, true);
  }
}
