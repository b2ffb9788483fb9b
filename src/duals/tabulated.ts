/**
 * Duals from tables (numerical/blocks.ts): with ψ = φ − φ(0), r = √q, R = √E[φ²], a = r/R, the tables give G, the mean of the factor F
 * between ρ = ±1 and ρ, F itself, and what holds at ρ = ±1: D = E[(ψ(u) − ψ(v))²]/(r₁ − r₂)² where the octaves of q₁ and q₂ are close and
 * ρ ≥ 0 (or ψ is odd: then |ρ| stands for ρ, and ρ' has the sign of ρ), P = E[ψ(u)ψ(v)]/(r₁r₂) elsewhere. Then
 *   1 − ρ' = ½a₁a₂ D (r₁ − r₂)²/(r₁r₂) + a₁a₂ m G − ½(R₁ − R₂)²/(R₁R₂),
 *   ρ' = κ + μ₁n₂ + n₁μ₂ + n₁n₂,   κ = a₁a₂(P ∓ m G),   1 − ρ' = ½(v₁/R₂ + v₂/R₁) − κ − ½(R₁ − R₂)²/(R₁R₂)
 * with μ = E[ψ]/R, n = φ(0)/R, v = E[ψ²]/R. No term is larger than what it leaves where rows are close.
 */
import { agreeing } from './affine';
import { Lanes } from './lanes';
import { PairLanes } from './pair';

/** The largest difference of close octaves, and room for rounding. */
function isFar<L extends Lanes<V>, V>(l: L, octave1: V, octave2: V): V {
  return l.ifLess(l.lit(2.5), l.abs(l.sub(octave1, octave2)), l.one(), l.zero());
}

/** 1 where ρ' can be other than 0: for rows that are not 0, and an odd ψ where ρ is not 0. */
function isAlive<L extends Lanes<V>, V>(l: L, rho: V, inverse: V, odd: V): V {
  const zero = l.zero();
  const oblique = l.ifLess(zero, l.abs(rho), l.one(), l.sub(l.one(), odd));
  return l.ifLess(zero, inverse, oblique, zero);
}

/** 1 − ρ' from D. */
function closeMargin<L extends Lanes<V>, V>(l: L, radial: V, inverse1: V, inverse2: V, aEnd: V, drop: V, unlike: V): V {
  const uneven = l.mul(l.mul(l.mul(radial, inverse1), l.mul(radial, inverse2)), aEnd);
  return l.sub(l.fma(l.half(), uneven, drop), unlike);
}

/**
 * TABULATED: r, 1/r, R, 1/R, v, μ, n, the octave of both rows; a and s, the factor's scale, as products; odd is 1 or 0; G, F and D or P
 * of the pair.
 */
export function tabulatedStep<L extends PairLanes<V, A>, V, A>(
  l: L,
  c: A,
  m: A,
  t: A,
  r1: V,
  r2: V,
  inverse1: V,
  inverse2: V,
  a: V,
  radius1: V,
  radius2: V,
  over1: V,
  over2: V,
  v1: V,
  v2: V,
  mean1: V,
  mean2: V,
  origin1: V,
  origin2: V,
  s: V,
  octave1: V,
  octave2: V,
  odd: V,
  mean: V,
  factor: V,
  end: V,
): void {
  const zero = l.zero();
  const one = l.one();
  const rho = l.load(c);
  l.store(t, l.mul(l.mul(l.load(t), s), factor));
  const drop = l.mul(a, l.mul(l.load(m), mean));
  const aEnd = l.mul(a, end);
  const below = l.ifLess(rho, zero, one, zero);
  const flipped = l.mul(below, l.sub(one, odd));
  const widths = l.sub(radius1, radius2);
  const unlike = l.mul(l.half(), l.mul(l.mul(widths, over1), l.mul(widths, over2)));
  const close = closeMargin<L, V>(l, l.sub(r1, r2), inverse1, inverse2, aEnd, drop, unlike);
  const kappa = l.fma(l.sub(l.add(flipped, flipped), one), drop, aEnd);
  const product = l.add(kappa, l.fma(mean1, origin2, l.mul(origin1, l.add(mean2, origin2))));
  const apart = l.sub(l.mul(l.half(), l.fma(v1, over2, l.mul(v2, over1))), l.add(kappa, unlike));
  const settled = l.ifLess(unlike, one, apart, l.sub(one, product));
  const isProduct = l.max(flipped, isFar<L, V>(l, octave1, octave2));
  const next = l.ifLess(l.half(), isProduct, product, l.sub(one, close));
  const above = l.ifLess(l.half(), isProduct, settled, close);
  const margin = l.ifLess(next, zero, l.add(one, next), above);
  const alive = isAlive<L, V>(l, rho, l.mul(over1, over2), odd);
  const after = l.ifLess(l.half(), alive, l.min(l.max(margin, zero), one), one);
  const sign = l.sub(one, l.mul(l.add(odd, odd), below));
  l.store(m, after);
  l.store(c, agreeing<L, V>(l, l.mul(l.mul(sign, alive), next), after));
}
