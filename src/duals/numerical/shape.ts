/** What the tables of blocks.ts ask of an activation φ. */
export interface Shape {
  /** φ − φ(0) is odd. */
  readonly odd: boolean;
  readonly origin: number;
  /** φ > 0. */
  readonly positive: boolean;
  /** 0 where φ tends to constants at ±∞, 1 where it tends to multiples of x. */
  readonly growth: 0 | 1;
  /** φ' has a jump or a kink. */
  readonly kinked: boolean;
  /** The last cell of chords.ts is m < 2^{−reach}/q, q the larger variance where φ is kinked and the smaller one where it is smooth. */
  readonly reach: number;
  /** φ(x) − φ(0), to full relative accuracy. */
  value(x: number): number;
  /** (φ(x) − φ(y))/(x − y) for x, y of one sign, φ'(x) where they are equal; without cancellation. */
  quotient(x: number, y: number): number;
  /** E[φ'(u)φ'(v)] for variances q1, q2 and ρ = sign·(1 − c²/2) at the chords c of chords.ts. */
  factors(q1: number, q2: number, sign: 1 | -1, chords: Float64Array): Float64Array;
}

/** (1 − exp(−x))/x, x ≥ 0. */
export const meanDecay = (x: number): number => (x === 0 ? 1 : -Math.expm1(-x) / x);

/** sin²θ of a chord. */
export const sineSquared = (c: number): number => c * c * (1 - 0.25 * c * c);
