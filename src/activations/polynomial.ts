/** Operations of the activations that are polynomials, or one on half the line. Formulas in duals/monomial.ts. */

import { SERIES } from '../duals/monomial';
import * as op from '../opcodes';
import type { DegreeLayer, PolynomialLayer } from '../spec';
import { hypergeometric } from './hypergeometric';
import type { Operation } from './operation';

/** A row's coefficients over the normalised Hermite polynomials. */
type Expansion = (r: number) => readonly number[];

const range = <T>(count: number, value: (i: number) => T): T[] => Array.from({ length: Math.max(0, count) }, (_, i) => value(i));

/** √((2n − 1)!!), where E[u²ⁿ] = (2n − 1)!! of a unit variance. */
function rootMoment(n: number): number {
  let root = 1;
  for (let i = 2; i <= n; i++) root *= Math.sqrt(2 * i - 1);
  return root;
}

/** xⁿ of variance r²: r_l = n! rⁿ/(2ⁱ i! √l!), l = n − 2i, divided by rⁿ √((2n − 1)!!): a unit vector. */
export function monomialUnit(n: number): number[] {
  const unit = range(n + 1, () => 0);
  let entry = 1;
  for (let i = 1; i <= n; i++) entry *= Math.sqrt(i / (2 * i - 1));
  for (let l = n, i = 0; l >= 0; l -= 2, i++) {
    unit[l] = entry;
    entry *= Math.sqrt(l * (l - 1)) / (2 * (i + 1));
  }
  return unit;
}

/** Σ coef_i xⁱ of variance r²: r_l = Σ_i coef_(2i+l) (2i + l)!/(2ⁱ i! √l!) r^(2i+l). */
function polynomialExpansion(coef: readonly number[]): Expansion {
  return (r) => {
    let power = 1;
    return coef.map((_, l) => {
      if (l > 0) power *= r * Math.sqrt(l);
      let weight = power;
      let sum = 0;
      for (let i = 0; l + 2 * i < coef.length; i++) {
        sum += coef[l + 2 * i] * weight;
        weight *= (r * r * (l + 2 * i + 2) * (l + 2 * i + 1)) / (2 * (i + 1));
      }
      return sum;
    });
  };
}

/** Heₙ(x)/√n! of variance r²: r_l = √n!/(2ʲ j! √l!) (r² − 1)ʲ rˡ, l = n − 2j. */
function hermiteExpansion(n: number): Expansion {
  return (r) => {
    const rows = range(n + 1, () => 0);
    const excess = (r - 1) * (r + 1);
    let weight = 1;
    for (let l = n, j = 0; l >= 0; l -= 2, j++) {
      rows[l] = weight * r ** l;
      weight *= (excess * Math.sqrt(l * (l - 1))) / (2 * (j + 1));
    }
    return rows;
  };
}

/** @param slopes the expansion of φ', one degree lower */
function polynomialLike(degree: number, values: Expansion, slopes: Expansion, sign: Operation['sign']): Operation {
  return {
    code: op.POLYNOMIAL,
    params: [degree],
    tables: 2 * degree + 1,
    sign,
    row(r) {
      const own = values(r);
      const size = Math.max(...own.map(Math.abs));
      const radius =
        size > 0 && size < Number.POSITIVE_INFINITY ? size * Math.sqrt(own.reduce((sum, x) => sum + (x / size) ** 2, 0)) : size;
      const steep = slopes(r);
      const slope = Math.max(0, ...steep.map(Math.abs));
      return {
        radius,
        slope,
        tables: (scale) => [...own.map((x) => (radius > 0 ? x / radius : 0)), ...steep.map((x) => x * scale)],
      };
    },
  };
}

export function polynomialOperation({ coef }: PolynomialLayer): Operation {
  const slopes = coef.slice(1).map((x, i) => (i + 1) * x);
  const degree = Math.max(0, coef.length - 1);
  const sign = coef.every((x) => x >= 0) ? 'kept' : 'any';
  return polynomialLike(degree, polynomialExpansion(coef.length > 0 ? coef : [0]), polynomialExpansion(slopes), sign);
}

export function hermiteOperation({ degree }: DegreeLayer): Operation {
  const root = Math.sqrt(degree);
  const lower = hermiteExpansion(degree - 1);
  const slopes: Expansion = (r) => (degree > 0 ? lower(r).map((x) => root * x) : []);
  return polynomialLike(degree, hermiteExpansion(degree), slopes, 'any');
}

/** rⁿ and its differences. */
const power = (r: number, n: number): number => (n === 0 ? 1 : r ** n);
function powerDifference(r1: number, r2: number, change: number, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += power(r1, i) * power(r2, n - 1 - i);
  return change * sum;
}

export function monomialOperation({ degree: n }: DegreeLayer): Operation {
  const size = rootMoment(n);
  const lower = rootMoment(n - 1);
  const own = monomialUnit(n);
  const slopes = n > 0 ? monomialUnit(n - 1) : [];
  return {
    code: op.POLYNOMIAL,
    params: [n],
    tables: 2 * n + 1,
    sign: 'kept',
    row(r) {
      const slope = n > 0 ? n * lower * power(r, n - 1) : 0;
      return { radius: size * power(r, n), slope, tables: (scale) => [...own, ...slopes.map((x) => slope * scale * x)] };
    },
    difference: (r1, r2, change) => size * powerDifference(r1, r2, change, n),
  };
}

/** Coefficients over z = ρ² of the correlation P that xⁿ leaves (over |ρ| for odd n). */
function correlationSeries(n: number): number[] {
  const unit = monomialUnit(n);
  return range((n >> 1) + 1, (j) => unit[2 * j + (n & 1)] ** 2);
}

/** Q of 1 − P = (1 − z) Q: sums of the coefficients above each. */
function fallSeries(series: readonly number[]): number[] {
  return series.map((_, j) => series.slice(j + 1).reduceRight((sum, x) => sum + x, 0));
}

const padded = (values: readonly number[], count: number): number[] => range(count, (i) => values[i] ?? 0);

/** max(x, 0)ⁿ, with 0⁰ = 1: a zero row of n = 0 has variance 1. */
export function rectifiedMonomialOperation({ degree: n }: DegreeLayer): Operation {
  const size = rootMoment(n) * Math.SQRT1_2;
  const lower = rootMoment(n - 1) * Math.SQRT1_2;
  const terms = (n >> 1) + 1;
  const own = correlationSeries(n);
  const below = n > 0 ? correlationSeries(n - 1) : [];
  const constants = [
    ...hypergeometric(n),
    ...(n > 0 ? hypergeometric(n - 1) : range(SERIES, () => 0)),
    ...padded(own, terms),
    ...padded(fallSeries(own), terms),
    ...padded(below, terms),
  ];
  return {
    code: op.RECTIFIED_MONOMIAL,
    params: [n],
    tables: 2 + constants.length,
    sign: 'positive',
    seesMargin: n < 2,
    raisesZero: n === 0,
    row(r) {
      const step = n === 0 && r === 0;
      const slope = n > 0 ? n * lower * power(r, n - 1) : 0;
      return {
        radius: step ? 1 : size * power(r, n),
        slope,
        tables: (scale) => [step ? Math.SQRT2 : 1, slope * scale, ...constants],
      };
    },
    difference: (r1, r2, change) =>
      n === 0 ? Number(r1 === 0) * (1 - size) - Number(r2 === 0) * (1 - size) : size * powerDifference(r1, r2, change, n),
  };
}

/** sign(x), 0 at 0. */
export const signOperation: Operation = {
  code: op.SIGN,
  params: [],
  tables: 0,
  sign: 'kept',
  seesMargin: true,
  row: (r) => ({ radius: r > 0 ? 1 : 0, slope: 0, tables: () => [] }),
};
