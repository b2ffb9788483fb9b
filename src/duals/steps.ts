/**
 * The operations of opcodes.ts on pairs, in lane algebra: c, m, t are the places of ρ, 1 − |ρ| and the scaled NTK; row and column
 * entries end in 1 and 2, those that only occur as a product come as the product. The formulas stand in affine.ts, rectified.ts
 * and erf.ts.
 */
import { affineCorrelation, affineGap, affineMargin, affineTangent, agreeing } from './affine';
import { acuteAngle, angleOver, angleOverBoth, segmentOver, segmentOverBoth, under, underBoth } from './angle';
import { erfCorrelation, erfCosine, erfDifference, erfMargin, erfSine, erfSmallMargin, erfSpread } from './erf';
import { Lanes } from './lanes';
import { PairLanes } from './pair';
import { rectifiedCorrelation, rectifiedMargin, rectifiedRest, rectifiedSlope } from './rectified';

/** START: c holds the Gram entry. Margins below the threshold are the backend's to recompute. */
export function startStep<L extends PairLanes<V, A>, V, A>(l: L, c: A, m: A, t: A, inverse1: V, inverse2: V): void {
  const rho = l.mul(l.mul(l.load(c), inverse1), inverse2);
  l.store(c, rho);
  l.store(m, l.sub(l.one(), l.abs(rho)));
  l.store(t, l.zero());
}

/** TANGENT */
export function tangentStep<L extends PairLanes<V, A>, V, A>(l: L, c: A, t: A, weight: V): void {
  l.store(t, l.fma(weight, l.load(c), l.load(t)));
}

/** AFFINE */
export function affineStep<L extends PairLanes<V, A>, V, A>(
  l: L,
  c: A,
  m: A,
  t: A,
  u1: V,
  u2: V,
  v1: V,
  v2: V,
  alpha: V,
  pi: V,
  beta: V,
): void {
  const rho = l.load(c);
  const next = affineCorrelation<L, V>(l, rho, u1, u2, v1, v2);
  l.store(t, affineTangent<L, V>(l, l.load(t), rho, alpha, pi, beta));
  const margin = affineMargin<L, V>(l, rho, next, l.load(m), u1, u2, v1, v2);
  l.store(m, margin);
  l.store(c, agreeing<L, V>(l, next, margin));
}

/** RECTIFIED */
/** plus = 1 + λ, minus = 1 − λ, which λ alone does not give to full accuracy; kappa is κ LEAD (angle.ts). */
export function rectifiedStep<L extends PairLanes<V, A>, V, A>(l: L, c: A, m: A, t: A, kappa: V, lambda: V, plus: V, minus: V): void {
  const rho = l.load(c);
  const margin = l.load(m);
  const scale = l.mul(l.div(kappa, underBoth<L, V>(l, margin)), l.sqrt(margin));
  const chord = l.mul(margin, l.mul(scale, segmentOverBoth<L, V>(l, margin)));
  const theta = l.mul(scale, angleOverBoth<L, V>(l, margin));
  const next = rectifiedCorrelation<L, V>(l, lambda, rho, margin, chord);
  l.store(t, l.mul(l.load(t), rectifiedSlope<L, V>(l, rho, theta, lambda)));
  l.store(m, rectifiedMargin<L, V>(l, lambda, plus, minus, rho, next, margin, chord));
  l.store(c, next);
}

/**
 * PLAIN_RECTIFIED, AFFINE_RECTIFIED and STANDARD_RECTIFIED are for ρ ≥ 0: first what the dense layer does to the margin and the scaled NTK, then the
 * activation. A loop over one step of these is short enough for a processor to see the next turns while it waits for a root and a
 * quotient, and its registers hold the coefficients of one step but not of all.
 */
export function plainStep<L extends PairLanes<V, A>, V, A>(l: L, m: A, t: A, weight: V): void {
  l.store(t, l.fma(weight, l.sub(l.one(), l.load(m)), l.load(t)));
}

/** AFFINE_RECTIFIED: in the NTK parameterization a dense layer adds K' to w²Θ. */
export function affineGapStep<L extends PairLanes<V, A>, V, A>(l: L, m: A, t: A, u1: V, u2: V, s1: V, s2: V, k1: V, k2: V): void {
  const reach = l.mul(u1, u2);
  const margin = affineGap<L, V>(l, reach, l.load(m), s1, s2, k1, k2);
  l.store(t, l.fma(reach, l.load(t), l.sub(l.one(), margin)));
  l.store(m, margin);
}

/** STANDARD_RECTIFIED */
export function standardGapStep<L extends PairLanes<V, A>, V, A>(
  l: L,
  m: A,
  t: A,
  u1: V,
  u2: V,
  s1: V,
  s2: V,
  k1: V,
  k2: V,
  beta1: V,
  beta2: V,
  weight: V,
): void {
  const reach = l.mul(u1, u2);
  const distance = l.load(m);
  const carried = l.mul(reach, l.fma(weight, l.sub(l.one(), distance), l.load(t)));
  l.store(t, l.fma(beta1, beta2, carried));
  l.store(m, affineGap<L, V>(l, reach, distance, s1, s2, k1, k2));
}

/** −κ LEAD √m/U, which θ and g have in common; kappa, here and below, is −κ LEAD, z are the zeros of U. */
function scaleOf<L extends PairLanes<V, A>, V, A>(l: L, margin: V, kappa: V, z0: V, z1: V, z2: V, z3: V, z4: V, z5: V): V {
  return l.mul(l.div(kappa, under<L, V>(l, margin, z0, z1, z2, z3, z4, z5)), l.sqrt(margin));
}

/** The activation on t; leaves scaleOf in the place of ρ. z as there, a of angleOver. */
export function turnTangentStep<L extends PairLanes<V, A>, V, A>(
  l: L,
  c: A,
  m: A,
  t: A,
  kappa: V,
  z0: V,
  z1: V,
  z2: V,
  z3: V,
  z4: V,
  z5: V,
  a0: V,
  a1: V,
  a2: V,
  a3: V,
  a4: V,
  a5: V,
  a6: V,
): void {
  const margin = l.load(m);
  const scale = scaleOf<L, V, A>(l, margin, kappa, z0, z1, z2, z3, z4, z5);
  l.store(c, scale);
  l.store(t, l.mul(l.load(t), rectifiedRest<L, V>(l, scale, angleOver<L, V>(l, margin, a0, a1, a2, a3, a4, a5, a6))));
}

/** scaleOf in the place of ρ, where no NTK is wanted. */
export function scaleStep<L extends PairLanes<V, A>, V, A>(l: L, c: A, m: A, kappa: V, z0: V, z1: V, z2: V, z3: V, z4: V, z5: V): void {
  l.store(c, scaleOf<L, V, A>(l, l.load(m), kappa, z0, z1, z2, z3, z4, z5));
}

/** Then the activation on m; s as in segmentOver. */
export function turnMarginStep<L extends PairLanes<V, A>, V, A>(
  l: L,
  c: A,
  m: A,
  s0: V,
  s1: V,
  s2: V,
  s3: V,
  s4: V,
  s5: V,
  a: V,
  b: V,
): void {
  const margin = l.load(m);
  l.store(m, l.mul(margin, rectifiedRest<L, V>(l, l.load(c), segmentOver<L, V>(l, margin, s0, s1, s2, s3, s4, s5, a, b))));
}

/** The activation on t and m in single precision, whose coefficients fit into the registers. */
export function turnBothStep<L extends PairLanes<V, A>, V, A>(
  l: L,
  m: A,
  t: A,
  kappa: V,
  z0: V,
  z1: V,
  z2: V,
  a0: V,
  a1: V,
  a2: V,
  s0: V,
  s1: V,
  a: V,
  b: V,
): void {
  const margin = l.load(m);
  const scale = scaleOf<L, V, A>(l, margin, kappa, z0, z1, z2, z0, z0, z0);
  l.store(t, l.mul(l.load(t), rectifiedRest<L, V>(l, scale, angleOver<L, V>(l, margin, a0, a1, a2, a0, a0, a0, a0))));
  l.store(m, l.mul(margin, rectifiedRest<L, V>(l, scale, segmentOver<L, V>(l, margin, s0, s1, s0, s0, s0, s0, a, b))));
}

/** M of erf.ts; size = |ρ|. */
function erfSpreadOf<L extends PairLanes<V, A>, V, A>(
  l: L,
  size: V,
  across: V,
  sine: V,
  cosine: V,
  u1: V,
  u2: V,
  w1: V,
  w2: V,
  root1: V,
  root2: V,
  inverse1: V,
  inverse2: V,
  cos1: V,
  cos2: V,
): V {
  const difference = erfDifference<L, V>(l, u1, u2, w1, w2);
  const slant1 = l.mul(l.mul(root2, inverse1), size);
  const slant2 = l.mul(l.mul(root1, inverse2), size);
  const s1 = erfSine<L, V>(l, difference, across, u2, cosine, slant1, cos1);
  const s2 = erfSine<L, V>(l, l.sub(l.zero(), difference), across, u1, cosine, slant2, cos2);
  const c1 = l.fma(cos1, cosine, l.mul(u1, sine));
  const c2 = l.fma(cos2, cosine, l.mul(u2, sine));
  return erfSpread<L, V>(l, s1, c1, s2, c2);
}

/** The margin by the series where both u are small and neither is 0, otherwise `general`. */
function erfPreciseMargin<L extends Lanes<V>, V>(l: L, general: V, margin: V, across: V, u1: V, u2: V, w1: V, w2: V, h: V): V {
  const small = erfSmallMargin<L, V>(l, margin, across, erfDifference<L, V>(l, u1, u2, w1, w2), u1, u2);
  const chosen = l.ifLess(l.max(u1, u2), l.lit(0.1), small, general);
  return l.ifLess(l.zero(), h, chosen, general);
}

/**
 * ERF, and its PRECISE form if `precise`: u, w, √u, 1/√u, cos α, √α of both rows, then h = 1/(2√(α₁α₂)) and φ₁φ₂.
 */
export function erfStep<L extends PairLanes<V, A>, V, A>(
  l: L,
  precise: boolean,
  c: A,
  m: A,
  t: A,
  u1: V,
  u2: V,
  w1: V,
  w2: V,
  root1: V,
  root2: V,
  inverse1: V,
  inverse2: V,
  cos1: V,
  cos2: V,
  g1: V,
  g2: V,
  h: V,
  scale: V,
): void {
  const rho = l.load(c);
  const margin = l.load(m);
  const across = l.mul(margin, l.sub(l.two(), margin));
  const cosine = erfCosine<L, V>(l, across, u1, u2, w1, w2);
  const size = l.abs(rho);
  const sine = l.mul(l.mul(root1, root2), size);
  const spread = erfSpreadOf<L, V, A>(l, size, across, sine, cosine, u1, u2, w1, w2, root1, root2, inverse1, inverse2, cos1, cos2);
  const next = erfCorrelation<L, V>(l, acuteAngle<L, V>(l, sine, cosine), h);
  l.store(t, l.div(l.mul(scale, l.load(t)), cosine));
  const general = erfMargin<L, V>(l, spread, next, g1, g2, h);
  const after = precise ? erfPreciseMargin<L, V>(l, general, margin, across, u1, u2, w1, w2, h) : general;
  l.store(m, after);
  l.store(c, agreeing<L, V>(l, l.ifLess(rho, l.zero(), l.sub(l.zero(), next), next), after));
}

/** GUARD: alive is 0 where a row's variance is 0, otherwise 1. */
export function guardStep<L extends PairLanes<V, A>, V, A>(l: L, c: A, m: A, alive: V): void {
  l.store(c, l.mul(alive, l.load(c)));
  l.store(m, l.fma(alive, l.load(m), l.sub(l.one(), alive)));
}

/** CORRELATION */
export function correlationStep<L extends PairLanes<V, A>, V, A>(l: L, c: A, m: A): void {
  l.store(c, l.sub(l.one(), l.load(m)));
}

/** FINISH: radii = R₁R₂, scales = σ₁σ₂. */
export function finishStep<L extends PairLanes<V, A>, V, A>(l: L, c: A, t: A, radii: V, scales: V): void {
  l.store(c, l.mul(radii, l.load(c)));
  l.store(t, l.mul(scales, l.load(t)));
}
