/**
 * Duals of polynomials, of max(x, 0)ⁿ and of sign.
 *
 * A polynomial is, on a row of variance q, a sum of normalised Hermite polynomials with coefficients r_l(q), so that
 * K' = Σ r_l(q₁) r_l(q₂) ρˡ (Daniely et al. 2016, arXiv 1602.05897), and φ' likewise with f_l. The rows p = r/√K'(q, q) are unit
 * vectors: with s = |ρ|, the sign e = ±1 of ρ and p̃_l = eˡp_l of the second row,
 *   ρ' = Σ p_l p̃_l sˡ,    1 − ρ' = ½ Σ (p_l − p̃_l)² + Σ p_l p̃_l (1 − sˡ),    1 + ρ' = ½ Σ (p_l + p̃_l)² − Σ p_l p̃_l (1 − sˡ).
 *
 * max(x, 0)ⁿ, the arc-cosine kernel of order n (Cho & Saul 2009). P(ρ) is the correlation that xⁿ leaves and
 *   h = eₙ m^(n+½) ₂F₁(½, ½; n + 3/2; m/2)     (half the kernel of opposite orthants, a Legendre function of degree −½);
 *   ρ < 0: ρ' = h;      ρ ≥ 0: ρ' = P − (−1)ⁿ h,   1 − ρ' = (1 − P) + (−1)ⁿ h.
 * With z = s²: P = Σ c_j zʲ, times s for odd n; 1 − P = m(2 − m) Q(z), and m + s m(2 − m) Q(z). All coefficients are positive.
 *
 * sign: ρ' = 1 − 2α/π, α = arccos ρ.
 * Measured on the rows of test/duals/activations.test.ts, relative to the geometric mean of the diagonal entries: 4.0e-15 (2.4e-7 in
 * single precision); with relu after it, which shows the last digits of 1 − |ρ'|, at most 5e-15 (2.4e-7).
 */
import { ANGLE, wide } from './angle';
import { Lanes } from './lanes';
import { PairLanes } from './pair';

/** Coefficients of h/m^(n+½), a polynomial in 2m − 1. */
export const SERIES: number = 20;

/** SIGN */
export function signStep<L extends PairLanes<V, A>, V, A>(l: L, c: A, m: A, t: A): void {
  const margin = l.load(m);
  const m2 = l.mul(margin, margin);
  const scaled = l.mul(l.lit(0.6366197723675814), wide<L, V>(l, ANGLE, margin, m2, l.mul(m2, m2)));
  const after = l.mul(l.sqrt(margin), scaled);
  const size = l.sub(l.one(), after);
  l.store(c, l.ifLess(l.load(c), l.zero(), l.sub(l.zero(), size), size));
  l.store(m, after);
  l.store(t, l.zero());
}

/** e */
export function signOf<L extends PairLanes<V, A>, V, A>(l: L, c: A): V {
  return l.ifLess(l.load(c), l.zero(), l.sub(l.zero(), l.one()), l.one());
}

/** Adds w² to the sum of squares. */
export function addSquare<L extends Lanes<V>, V>(l: L, sum: V, w: V): V {
  return l.fma(w, w, sum);
}

/** 1 − |ρ'| of a polynomial: near = Σ (p − p̃)², far = Σ (p + p̃)², fall = Σ p p̃ (1 − sˡ), next = ρ'. */
export function polynomialStep<L extends PairLanes<V, A>, V, A>(
  l: L,
  c: A,
  m: A,
  t: A,
  next: V,
  near: V,
  far: V,
  fall: V,
  factor: V,
): void {
  const zero = l.zero();
  const positive = l.fma(l.half(), near, fall);
  const negative = l.sub(l.mul(l.half(), far), fall);
  const margin = l.max(l.ifLess(next, zero, negative, positive), zero);
  const size = l.sub(l.one(), margin);
  l.store(t, l.mul(l.load(t), factor));
  l.store(m, margin);
  l.store(c, l.ifLess(margin, l.half(), l.ifLess(next, zero, l.sub(zero, size), size), next));
}

/**
 * RECTIFIED_MONOMIAL: h and P, Q of degree n, h and P of degree n − 1 at this pair (without the factor s of odd degrees); g and s
 * products. `odd`: n is odd.
 */
export function rectifiedMonomialStep<L extends PairLanes<V, A>, V, A>(
  l: L,
  odd: boolean,
  c: A,
  m: A,
  t: A,
  h: V,
  own: V,
  rise: V,
  lowerH: V,
  lowerP: V,
  g: V,
  s: V,
): void {
  const zero = l.zero();
  const rho = l.load(c);
  const margin = l.load(m);
  const size = l.sub(l.one(), margin);
  const across = l.mul(l.mul(margin, l.sub(l.two(), margin)), rise);
  const like = odd ? l.fma(size, own, h) : l.sub(own, h);
  const unlike = odd ? l.sub(l.fma(size, across, margin), h) : l.add(across, h);
  const lower = odd ? l.sub(lowerP, lowerH) : l.fma(size, lowerP, lowerH);
  // Two zero rows under the step function are equal: g is 2, and √2 where there is one.
  const next = l.ifLess(l.one(), l.sub(g, l.half()), l.one(), l.mul(l.ifLess(rho, zero, h, like), g));
  const after = l.ifLess(rho, zero, l.sub(l.one(), next), unlike);
  l.store(t, l.mul(l.mul(l.load(t), s), l.ifLess(rho, zero, lowerH, lower)));
  l.store(m, l.max(l.ifLess(l.one(), g, l.sub(l.one(), next), after), zero));
  l.store(c, l.min(next, l.one()));
}
