/** Duals from the tables of blocks.ts, which are made when a pair first needs them. What a pair gives does not depend on other pairs. */
import type { Dual } from '../dual';
import { type Block, isClose } from './blocks';
import { marginOf } from './margin';
import { Side } from './side';
import { Slices } from './slices';
import type { Tables } from './tables';

/** Blocks whose slices are kept. */
const MOST_SLICES = 64;

/** The dual of a shape. */
export class TableDual implements Dual {
  private readonly first = new Side();
  private readonly second = new Side();
  private k = Number.NaN;
  private d = Number.NaN;
  /** Results for the arguments last given; the NNGP entry of ψ = φ − φ(0). */
  private product = 0;
  private slope = 0;
  private gap = 0;
  private readonly slices = new Map<Block, Slices>();

  constructor(private readonly tables: Tables) {}

  variance(q: number): number {
    this.k = Number.NaN;
    this.second.set(Math.max(q, 0), this.tables);
    return this.shifted(this.second.square, this.second, this.second);
  }

  nngp(k: number, q1: number, q2: number, d: number): number {
    this.evaluate(k, q1, q2, d);
    return this.shifted(this.product, this.first, this.second);
  }

  factor(k: number, q1: number, q2: number, d: number): number {
    this.evaluate(k, q1, q2, d);
    return this.slope;
  }

  distance(k: number, q1: number, q2: number, d: number): number {
    this.evaluate(k, q1, q2, d);
    return this.gap;
  }

  private shifted(product: number, first: Side, second: Side): number {
    const { origin } = this.tables.shape;
    return product + origin * (first.mean + second.mean) + origin * origin;
  }

  private evaluate(k: number, q1: number, q2: number, d: number): void {
    if (k === this.k && d === this.d && q1 === this.first.q && q2 === this.second.q) return;
    this.k = k;
    this.d = d;
    this.first.set(Math.max(q1, 0), this.tables);
    this.second.set(Math.max(q2, 0), this.tables);
    this.pair(k, d);
  }

  /** Fills `product`, `slope` and `gap`. A variance of 0 is uncorrelated with everything. */
  private pair(k: number, d: number): void {
    const { first, second } = this;
    const { odd } = this.tables.shape;
    const radii = first.r * second.r;
    const unequal = radii === 0 ? first.r + second.r : (first.q - second.q) / (first.r + second.r);
    const margin = marginOf(k, k < 0 ? 2 * (first.q + second.q) - d : d, radii, unequal * unequal);
    const sign = k < 0 && !odd ? -1 : 1;
    const close = isClose(first.octave, second.octave, sign);
    const slices = this.slicesOf(this.tables.block(first.octave, second.octave, sign));
    slices.evaluate(first.q, first.place, second.place, margin);
    const weight = first.weight * second.weight;
    this.slope = weight * slices.factor;
    const drop = radii * margin * weight * slices.mean;
    const sum = first.square + second.square;
    const distance = unequal * unequal * weight * slices.end + 2 * drop;
    const size = close ? 0.5 * (sum - distance) : radii * weight * slices.end - sign * drop;
    this.product = k < 0 && odd ? -size : radii === 0 || (k === 0 && odd) ? 0 : size;
    this.gap = d === 0 ? 0 : close && k >= 0 ? distance : Math.max(0, sum - 2 * this.product);
  }

  private slicesOf(block: Block): Slices {
    const known = this.slices.get(block);
    if (known) return known;
    if (this.slices.size >= MOST_SLICES) this.slices.clear();
    const made = new Slices(block);
    this.slices.set(block, made);
    return made;
  }
}
