/** Operations of activations outside the rectified family on one pair (pair-step.ts). */
import { exponentialStep } from '../duals/exponential';
import { gaborStep } from '../duals/gabor';
import { gaussianStep } from '../duals/gaussian';
import { geluStep } from '../duals/gelu';
import { addSquare, polynomialStep, rectifiedMonomialStep, SERIES, signOf, signStep } from '../duals/monomial';
import type { PairLanes } from '../duals/pair';
import { sineStep } from '../duals/sine';
import * as steps from '../duals/steps';
import type { Entry, PairOperation, PairPlaces } from './pair-step';

function erfStep<L extends PairLanes<V, A>, V, A>(l: L, precise: boolean, { c, m, t }: PairPlaces<A>, row: Entry<V>, col: Entry<V>): void {
  const product = (k: number) => l.mul(row(k), col(k));
  steps.erfStep<L, V, A>(
    l,
    precise,
    c,
    m,
    t,
    row(0),
    col(0),
    row(1),
    col(1),
    row(2),
    col(2),
    row(3),
    col(3),
    row(4),
    col(4),
    row(5),
    col(5),
    product(6),
    product(7),
  );
}

export const gelu: PairOperation = <L extends PairLanes<V, A>, V, A>(
  l: L,
  { c, m, t }: PairPlaces<A>,
  row: Entry<V>,
  col: Entry<V>,
): void => {
  const product = (k: number) => l.mul(row(k), col(k));
  geluStep<L, V, A>(
    l,
    c,
    m,
    t,
    row(0),
    col(0),
    row(1),
    col(1),
    row(2),
    col(2),
    row(3),
    col(3),
    row(4),
    col(4),
    row(5),
    col(5),
    row(6),
    col(6),
    row(7),
    col(7),
    product(8),
    product(9),
  );
};

/** The sums of duals/monomial.ts over the degrees, in the order of assembly/activations.ts. */
export const polynomial: PairOperation = <L extends PairLanes<V, A>, V, A>(
  l: L,
  { c, m, t }: PairPlaces<A>,
  row: Entry<V>,
  col: Entry<V>,
  _param: Entry<V>,
  degree: number,
): void => {
  const margin = l.load(m);
  const size = l.sub(l.one(), margin);
  const sign = signOf<L, V, A>(l, c);
  let [power, rise, flip] = [l.one(), l.zero(), l.one()];
  let [next, near, far, fall, factor] = [l.zero(), l.zero(), l.zero(), l.zero(), l.zero()];
  for (let k = 0; k <= degree; k++) {
    const first = row(k);
    const second = l.mul(flip, col(k));
    const product = l.mul(first, second);
    next = l.fma(product, power, next);
    fall = l.fma(product, rise, fall);
    near = addSquare<L, V>(l, near, l.sub(first, second));
    far = addSquare<L, V>(l, far, l.add(first, second));
    if (k < degree) factor = l.fma(l.mul(row(degree + 1 + k), l.mul(flip, col(degree + 1 + k))), power, factor);
    rise = l.fma(power, margin, rise);
    power = l.mul(power, size);
    flip = l.mul(flip, sign);
  }
  polynomialStep<L, V, A>(l, c, m, t, next, near, far, fall, factor);
};

export const rectifiedMonomial: PairOperation = <L extends PairLanes<V, A>, V, A>(
  l: L,
  { c, m, t }: PairPlaces<A>,
  row: Entry<V>,
  col: Entry<V>,
  _param: Entry<V>,
  degree: number,
): void => {
  const sum = (first: number, count: number, x: V) => {
    let total = row(first + count - 1);
    for (let k = count - 2; k >= 0; k--) total = l.fma(total, x, row(first + k));
    return total;
  };
  const margin = l.load(m);
  const y = l.sub(l.add(margin, margin), l.one());
  const size = l.sub(l.one(), margin);
  const z = l.mul(size, size);
  const terms = (degree >> 1) + 1;
  const series = 2 + 2 * SERIES;
  let lower = l.sqrt(margin);
  for (let k = 1; k < degree; k++) lower = l.mul(lower, margin);
  const upper = degree > 0 ? l.mul(lower, margin) : lower;
  const h = l.mul(upper, sum(2, SERIES, y));
  const lowerH = l.mul(lower, sum(2 + SERIES, SERIES, y));
  const correlations = [0, 1, 2].map((k) => sum(series + k * terms, terms, z));
  const [own, rise, lowerP] = correlations;
  const scales = [l.mul(row(0), col(0)), l.mul(row(1), col(1))] as const;
  rectifiedMonomialStep<L, V, A>(l, degree % 2 === 1, c, m, t, h, own, rise, lowerH, lowerP, ...scales);
};

export const erf: PairOperation = (l, at, row, col) => erfStep(l, false, at, row, col);
export const erfPrecise: PairOperation = (l, at, row, col) => erfStep(l, true, at, row, col);

export const sign: PairOperation = <L extends PairLanes<V, A>, V, A>(l: L, { c, m, t }: PairPlaces<A>) => signStep<L, V, A>(l, c, m, t);

export const exponential: PairOperation = <L extends PairLanes<V, A>, V, A>(
  l: L,
  { c, m, t }: PairPlaces<A>,
  row: Entry<V>,
  col: Entry<V>,
) => exponentialStep<L, V, A>(l, c, m, t, row(0), col(0), l.mul(row(1), col(1)));

export const sine: PairOperation = <L extends PairLanes<V, A>, V, A>(
  l: L,
  { c, m, t }: PairPlaces<A>,
  row: Entry<V>,
  col: Entry<V>,
  param: Entry<V>,
) => {
  const product = (k: number) => l.mul(row(k), col(k));
  sineStep<L, V, A>(l, c, m, t, row(0), col(0), row(1), col(1), row(2), col(2), product(3), product(4), param(0), param(1));
};

export const gaussian: PairOperation = <L extends PairLanes<V, A>, V, A>(
  l: L,
  { c, m, t }: PairPlaces<A>,
  row: Entry<V>,
  col: Entry<V>,
) => {
  const product = (k: number) => l.mul(row(k), col(k));
  gaussianStep<L, V, A>(l, c, m, t, row(0), col(0), product(1), product(2), product(3));
};

export const gabor: PairOperation = <L extends PairLanes<V, A>, V, A>(l: L, { c, m, t }: PairPlaces<A>, row: Entry<V>, col: Entry<V>) => {
  const product = (k: number) => l.mul(row(k), col(k));
  const rows = [row(0), col(0), row(1), col(1), row(2), col(2), row(3), col(3)] as const;
  gaborStep<L, V, A>(l, c, m, t, ...rows, product(4), product(5), product(6), product(7));
};
