/** Whether numbers are standard normal: the statistic of Kolmogorov and Smirnov, binned so that 10⁸ numbers need no sorting. */

/** P(Z ≤ x), to some 1e-15 absolute: the series of φ below 4, beyond it the continued fraction of the tail (Abramowitz and Stegun 26.2.11, 26.2.14). */
export function normalCdf(x: number): number {
  const size = Math.abs(x);
  const density = Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);
  if (size < 4) {
    let sum = x;
    for (let term = x, k = 3; Math.abs(term) > 1e-17; k += 2) sum += term *= (x * x) / k;
    return 0.5 + density * sum;
  }
  let fraction = size;
  for (let k = 40; k > 0; k--) fraction = size + k / fraction;
  return x < 0 ? density / fraction : 1 - density / fraction;
}

/** P(D ≥ statistic) for n independent numbers (Kolmogorov's limit with Stephens' correction for finite n, 1970). */
export function kolmogorovTail(statistic: number, n: number): number {
  const t = statistic * (Math.sqrt(n) + 0.12 + 0.11 / Math.sqrt(n));
  let sum = 0;
  for (let k = 1; k < 100; k++) sum += (k % 2 ? 2 : -2) * Math.exp(-2 * k * k * t * t);
  return Math.min(1, Math.max(0, sum));
}

const BINS_PER_UNIT = 2 ** 18;
/** Bins lie in [−EDGE, EDGE); what is beyond counts in the outer ones. */
const EDGE = 6;
/** At most this much lies in one bin: D is known as well as that. */
export const RESOLUTION = 0.4 / BINS_PER_UNIT;

/** Counts numbers as they come. */
export class Normality {
  private readonly bins = new Uint32Array(2 * EDGE * BINS_PER_UNIT);
  count = 0;
  /** Largest |z| so far. */
  extreme = 0;

  add(numbers: ArrayLike<number>): void {
    const { bins } = this;
    for (let i = 0; i < numbers.length; i++) {
      const z = numbers[i];
      const bin = Math.floor((z + EDGE) * BINS_PER_UNIT);
      bins[Math.min(Math.max(bin, 0), bins.length - 1)]++;
      if (Math.abs(z) > this.extreme) this.extreme = Math.abs(z);
    }
    this.count += numbers.length;
  }

  /** The largest distance between the counted and the normal distribution function, over the edges of the bins. */
  statistic(): number {
    let below = 0;
    let largest = 0;
    for (let bin = 0; bin < this.bins.length - 1; bin++) {
      below += this.bins[bin];
      const distance = Math.abs(below / this.count - normalCdf((bin + 1) / BINS_PER_UNIT - EDGE));
      if (distance > largest) largest = distance;
    }
    return largest;
  }
}
