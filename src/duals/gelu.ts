/**
 * Dual of gelu, xΦ(x) (Tsuchida et al. 2021, arXiv 2002.08517): with uᵢ = qᵢ/(1 + qᵢ), wᵢ = 1/(1 + qᵢ), U = √(u₁u₂), and the angle
 * α of the augmented rows, cos α = −Uρ, sin²α = S² = V + u₁u₂ m(2 − m), V = w₁ + w₂ − w₁w₂ = 1 − u₁u₂,
 *   2πK'/√(q₁q₂) = αρ + US + ρ²U w₁w₂/S,          2π factor = α + ρ(U/S)(w₁w₂/S² + w₁ + w₂),
 * and for ρ < 0, U² > ½, where the terms cancel: 2πK'/√(q₁q₂) = (sin α − α cos α − SV)/U + ρ²U w₁w₂/S.
 * φ is x/2 plus the even function e = ½x erf(x/√2), 2πE[e(u)e(v)] = A + Kψ, ψ = arcsin(Uρ), A = 1/δ − δ(1 − q₁q₂)w₁w₂,
 * δ = S/√(w₁w₂). With the row's own values ψᵢ, δᵢ = √(1 + 2qᵢ) and d the squared distance of the rows (of u and −v where ρ < 0),
 *   2πE[(e(u) − e(v))²] = dψ + Σ qᵢ(ψᵢ − ψ) − (δᵢ − δ)(1/(δδᵢ) + (1 − qᵢ)wᵢ),   δᵢ² − δ² = ±(q₁ − q₂) − q₁q₂m(2 − m),
 * so that 1 − |ρ'| keeps its digits however close the rows are: R² = 2πK'(q, q),
 *   2R₁R₂(1 − ρ') = πd/2 + 2πE[(e(u) − e(v))²] − (R₁ − R₂)²,
 *   2R₁R₂(1 + ρ') = πd/2 + 4π(E[e(u)²] + E[e(v)²]) − 2πE[(e(u) − e(v))²] − (R₁ − R₂)².
 * Measured on the rows of test/duals/activations.test.ts, relative to the geometric mean of the diagonal entries: 6.4e-16 (1.8e-7 in
 * single precision); with relu after it, which shows the last digits of 1 − |ρ'|, at most 5e-15 (2.4e-7).
 */
import { agreeing } from './affine';
import { erfDifference, erfSine } from './erf';
import { Lanes } from './lanes';
import { acuteAngleOf, segmentOf } from './outlined';
import { PairLanes } from './pair';

/** Angle in [−π/2, π/2] of this sine and cosine. */
function signedAngle<L extends Lanes<V>, V>(l: L, sine: V, cosine: V): V {
  const size = acuteAngleOf<L, V>(l, l.abs(sine), cosine);
  return l.ifLess(sine, l.zero(), l.sub(l.zero(), size), size);
}

/** One row's part of 2πE[(e(u) − e(v))²]; change = δᵢ² − δ², its own q, u, w, cos ψ. */
function geluPart<L extends Lanes<V>, V>(l: L, angle: V, change: V, q: V, w: V, cosine: V, delta: V): V {
  const own = l.div(cosine, w);
  const weight = l.fma(l.sub(l.one(), q), w, l.div(l.one(), l.mul(delta, own)));
  return l.sub(l.mul(q, angle), l.mul(l.div(change, l.add(own, delta)), weight));
}

/** 2πK'/√(q₁q₂) where the terms cancel; acute = π − α or α, whichever is acute, tail = ρ²U w₁w₂/S. */
function geluOpposite<L extends Lanes<V>, V>(l: L, sine: V, cosine: V, rest: V, slope: V, tail: V): V {
  return l.add(l.div(l.sub(segmentOf<L, V>(l, sine, cosine), l.mul(sine, rest)), slope), tail);
}

/** GELU: r, u, w, cos ψ, √u, 1/√u, R, 2πE[e²] of both rows; inverse = 1/(R₁R₂) and s, the factor's scale, as products. */
export function geluStep<L extends PairLanes<V, A>, V, A>(
  l: L,
  c: A,
  m: A,
  t: A,
  r1: V,
  r2: V,
  u1: V,
  u2: V,
  w1: V,
  w2: V,
  cos1: V,
  cos2: V,
  root1: V,
  root2: V,
  inverse1: V,
  inverse2: V,
  radius1: V,
  radius2: V,
  even1: V,
  even2: V,
  inverse: V,
  s: V,
): void {
  const zero = l.zero();
  const rho = l.load(c);
  const margin = l.load(m);
  const size = l.abs(rho);
  const across = l.mul(margin, l.sub(l.two(), margin));
  const ww = l.mul(w1, w2);
  const rest = l.sub(l.add(w1, w2), ww);
  const slope = l.mul(root1, root2);
  const sine = l.sqrt(l.fma(l.mul(u1, u2), across, rest));
  const cosine = l.mul(slope, size);
  const acute = acuteAngleOf<L, V>(l, sine, cosine);
  const alpha = l.ifLess(rho, zero, acute, l.sub(l.lit(3.141592653589793), acute));
  const product = l.mul(r1, r2);
  const quotient = l.div(slope, sine);
  const tail = l.mul(l.mul(l.mul(rho, rho), quotient), ww);
  const general = l.add(l.fma(slope, sine, l.mul(rho, alpha)), tail);
  const opposite = geluOpposite<L, V>(l, sine, cosine, rest, slope, tail);
  const cancels = l.ifLess(l.half(), l.mul(slope, slope), l.ifLess(rho, zero, opposite, general), general);
  const next = l.mul(l.mul(product, cancels), inverse);
  const steep = l.fma(l.mul(rho, quotient), l.add(l.div(ww, l.mul(sine, sine)), l.add(w1, w2)), alpha);
  l.store(t, l.mul(l.mul(l.load(t), s), steep));
  const unequal = erfDifference<L, V>(l, u1, u2, w1, w2);
  const sine1 = erfSine<L, V>(l, unequal, across, u2, sine, l.mul(l.mul(root2, inverse1), size), cos1);
  const sine2 = erfSine<L, V>(l, l.sub(zero, unequal), across, u1, sine, l.mul(l.mul(root1, inverse2), size), cos2);
  const angle1 = signedAngle<L, V>(l, sine1, l.fma(cos1, sine, l.mul(u1, cosine)));
  const angle2 = signedAngle<L, V>(l, sine2, l.fma(cos2, sine, l.mul(u2, cosine)));
  const radial = l.sub(r1, r2);
  const squares = l.mul(radial, l.add(r1, r2));
  const oblique = l.mul(l.mul(product, product), across);
  const delta = l.div(sine, l.sqrt(ww));
  const part1 = geluPart<L, V>(l, angle1, l.sub(squares, oblique), l.mul(r1, r1), w1, cos1, delta);
  const part2 = geluPart<L, V>(l, angle2, l.sub(l.sub(zero, squares), oblique), l.mul(r2, r2), w2, cos2, delta);
  const d = l.fma(l.mul(l.two(), product), margin, l.mul(radial, radial));
  const right = l.lit(1.5707963267948966);
  const even = l.fma(d, l.sub(right, acute), l.add(part1, part2));
  const widths = l.sub(radius1, radius2);
  const half = l.mul(l.half(), inverse);
  const unlike = l.mul(l.mul(widths, widths), half);
  const far = l.sub(l.mul(l.two(), l.add(even1, even2)), even);
  const sum = l.mul(l.fma(right, d, l.ifLess(next, zero, far, even)), half);
  const close = l.max(l.sub(sum, unlike), zero);
  const settled = l.ifLess(rho, zero, l.ifLess(next, zero, close, l.sub(l.one(), next)), close);
  const after = l.ifLess(unlike, l.mul(l.lit(0.6), l.ifLess(zero, inverse, l.one(), zero)), settled, l.sub(l.one(), l.abs(next)));
  l.store(m, after);
  l.store(c, agreeing<L, V>(l, next, after));
}
