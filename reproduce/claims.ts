/** What a paper claims, what was measured here, and the verdict, which follows from the two. */

export type Expectation = { readonly value: number; readonly within: number } | { readonly atMost: number } | { readonly atLeast: number };

export interface Claim {
  readonly claim: string;
  /** Paper and place. */
  readonly source: string;
  readonly expected: Expectation;
  readonly measured: number;
  /** One standard error of what was measured, where there is one. */
  readonly error?: number;
  /** What was measured, and where the tolerance comes from. */
  readonly how: string;
}

export type Verdict = 'holds' | 'fails';

/** NaN fails whatever is expected. */
export function verdictOf({ expected, measured }: Pick<Claim, 'expected' | 'measured'>): Verdict {
  if ('value' in expected) return Math.abs(measured - expected.value) <= expected.within ? 'holds' : 'fails';
  return ('atMost' in expected ? measured <= expected.atMost : measured >= expected.atLeast) ? 'holds' : 'fails';
}

/** What is expected, and how far from it one may be. */
export function describeExpectation(expected: Expectation): readonly [expected: string, tolerance: string] {
  if ('value' in expected) return [figure(expected.value), `± ${figure(expected.within)}`];
  return 'atMost' in expected ? [`≤ ${figure(expected.atMost)}`, 'one-sided'] : [`≥ ${figure(expected.atLeast)}`, 'one-sided'];
}

export const describeMeasurement = ({ measured, error }: Pick<Claim, 'measured' | 'error'>): string =>
  error === undefined ? figure(measured) : `${figure(measured)} ± ${figure(error, 2)}`;

/** A number as text: `digits` significant ones, plain where that is readable. */
export function figure(value: number, digits = 5): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'none' : `${value < 0 ? '−' : ''}∞`;
  const size = Math.abs(value);
  const text = size !== 0 && (size >= 1e6 || size < 1e-3) ? Number(size.toPrecision(digits)).toExponential() : plain(size, digits);
  return `${value < 0 ? '−' : ''}${text.replace('e+', 'e')}`;
}

const plain = (size: number, digits: number): string => String(Number(size.toPrecision(digits)));
