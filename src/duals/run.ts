/**
 * RECTIFIED_RUN: any number of dense layers without bias and rectified activations, as one function of the angle. The family is
 * homogeneous, so that ρ and the NTK over the rows' scales depend on the angle θ = arccos ρ of the inputs alone, analytically on [0, π]:
 *   1 − ρ' = (1 − ρ) F(θ),   t' = T(θ).
 * F and T are Chebyshev series in y = (a θ − A)/(θ + A), which maps θ from [0, π] to [−1, 1] and the singularity that depth moves towards
 * 0 from below away from them. The series are fitted when a program is compiled (src/rectified-run.ts). They are held as
 * Σ q_j(y) T_4j(y) with cubic q_j, and summed by Clenshaw's recursion in T_4(y) = Z: as stable as the series itself, at the cost of a polynomial.
 *
 * Where θ would have to be rounded, 1 − ρ is that of the pair: coincident rows stay coincident, to the bit.
 */
import { angleOverBoth, LEAD, underBoth } from './angle';
import { Lanes } from './lanes';
import { PairLanes } from './pair';

/**
 * y. Below `limit` ρ counts as negative: then θ = π − ψ with ψ = arccos|ρ|, and `far` = π + A. With θ, ψ = x/U (angle.ts) one division does:
 * y = (±a x + h)/(±x + |h|), h = −A U or (π + A) U.
 */
export function runPlace<L extends PairLanes<V, A>, V, A>(l: L, c: A, m: A, limit: V, slope: V, pole: V, far: V): V {
  const margin = l.load(m);
  const rho = l.load(c);
  const size = l.mul(l.mul(l.table(LEAD), l.sqrt(margin)), angleOverBoth<L, V>(l, margin));
  const x = l.ifLess(rho, limit, l.sub(l.zero(), size), size);
  const h = l.mul(l.ifLess(rho, limit, far, pole), underBoth<L, V>(l, margin));
  return l.div(l.fma(slope, x, h), l.add(x, l.abs(h)));
}

/** 2Z = 2 T_4(y) = w² − 2, w = 2 T_2(y); y2 = y². */
export function runTwice<L extends Lanes<V>, V>(l: L, y2: V): V {
  const double = l.add(y2, y2);
  const w = l.sub(l.add(double, double), l.two());
  return l.sub(l.mul(w, w), l.two());
}

/** q_j(y) */
export function runCubic<L extends Lanes<V>, V>(l: L, y: V, y2: V, q0: V, q1: V, q2: V, q3: V): V {
  return l.fma(l.fma(q3, y, q2), y2, l.fma(q1, y, q0));
}

/** b_j = q_j + 2Z b_(j+1) − b_(j+2) */
export function runNext<L extends Lanes<V>, V>(l: L, twice: V, cubic: V, b1: V, b2: V): V {
  return l.fma(twice, b1, l.sub(cubic, b2));
}

/** The sum: q_0 + Z b_1 − b_2. */
export function runSum<L extends Lanes<V>, V>(l: L, twice: V, cubic: V, b1: V, b2: V): V {
  return l.fma(l.mul(l.half(), twice), b1, l.sub(cubic, b2));
}

/** ρ' */
export function runCorrelation<L extends PairLanes<V, A>, V, A>(l: L, c: A, m: A, limit: V, ratio: V): void {
  const margin = l.load(m);
  const distance = l.ifLess(l.load(c), limit, l.sub(l.two(), margin), margin);
  l.store(c, l.sub(l.one(), l.mul(distance, ratio)));
}
