/**
 * The operations of opcodes.ts on pairs, in lane algebra: c, m, t are the places of ρ, 1 − |ρ| and the scaled NTK; row and column
 * entries end in 1 and 2, those that only occur as a product come as the product. The formulas stand in affine.ts, rectified.ts
 * and erf.ts.
 */
import { affineCorrelation, affineGap, affineMargin, affineTangent, agreeing } from './affine';
import { acuteAngle, angleOver, over, segmentOver, under, underBoth } from './angle';
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
/** plus = 1 + λ, minus = 1 − λ, which λ alone does not give to full accuracy. */
export function rectifiedStep<L extends PairLanes<V, A>, V, A>(l: L, c: A, m: A, t: A, kappa: V, lambda: V, plus: V, minus: V): void {
  const rho = l.load(c);
  const margin = l.load(m);
  const e = l.sub(l.two(), margin);
  const e2 = l.mul(e, e);
  const scale = l.div(l.mul(kappa, l.sqrt(margin)), underBoth<L, V>(l, e, e2));
  const chord = l.mul(margin, l.mul(scale, segmentOver<L, V>(l, e, e2)));
  const theta = l.mul(scale, angleOver<L, V>(l, e, e2));
  const next = rectifiedCorrelation<L, V>(l, lambda, rho, margin, chord);
  l.store(t, l.mul(l.load(t), rectifiedSlope<L, V>(l, rho, theta, lambda)));
  l.store(m, rectifiedMargin<L, V>(l, lambda, plus, minus, rho, next, margin, chord));
  l.store(c, next);
}

/**
 * RECTIFIED for ρ ≥ 0 begins with what a dense layer has left: the margin, κ√m/Q of it (in the place of ρ; q are the coefficients of Q), and
 * the scaled NTK. More steps follow, because the root, the quotient and what comes after them in one loop would outlast what a processor looks
 * ahead, and its registers hold the coefficients of one step but not of all.
 */
function beginRectified<L extends PairLanes<V, A>, V, A>(
  l: L,
  c: A,
  m: A,
  margin: V,
  kappa: V,
  q0: V,
  q1: V,
  q2: V,
  q3: V,
  q4: V,
  q5: V,
): void {
  const e = l.sub(l.two(), margin);
  l.store(m, margin);
  l.store(c, l.div(l.mul(kappa, l.sqrt(margin)), under<L, V>(l, e, l.mul(e, e), q0, q1, q2, q3, q4, q5)));
}

/** What follows on t, before m changes; p are the coefficients of P's numerator. */
export function endTangentStep<L extends PairLanes<V, A>, V, A>(
  l: L,
  c: A,
  m: A,
  t: A,
  p0: V,
  p1: V,
  p2: V,
  p3: V,
  p4: V,
  p5: V,
  p6: V,
  p7: V,
): void {
  const e = l.sub(l.two(), l.load(m));
  const top = over<L, V>(l, e, l.mul(e, e), p0, p1, p2, p3, p4, p5, p6, p7);
  l.store(t, l.mul(l.load(t), rectifiedRest<L, V>(l, l.load(c), top)));
}

/** What follows on m; r are the coefficients of R's numerator. */
export function endMarginStep<L extends PairLanes<V, A>, V, A>(
  l: L,
  c: A,
  m: A,
  r0: V,
  r1: V,
  r2: V,
  r3: V,
  r4: V,
  r5: V,
  r6: V,
  r7: V,
): void {
  const margin = l.load(m);
  const e = l.sub(l.two(), margin);
  const top = over<L, V>(l, e, l.mul(e, e), r0, r1, r2, r3, r4, r5, r6, r7);
  l.store(m, l.mul(margin, rectifiedRest<L, V>(l, l.load(c), top)));
}

/** Both in one step, where there are registers for it. */
export function endBothStep<L extends PairLanes<V, A>, V, A>(
  l: L,
  c: A,
  m: A,
  t: A,
  p0: V,
  p1: V,
  p2: V,
  p3: V,
  r0: V,
  r1: V,
  r2: V,
  r3: V,
): void {
  const margin = l.load(m);
  const scale = l.load(c);
  const e = l.sub(l.two(), margin);
  const e2 = l.mul(e, e);
  const angle = over<L, V>(l, e, e2, p0, p1, p2, p3, p0, p0, p0, p0);
  const segment = over<L, V>(l, e, e2, r0, r1, r2, r3, r0, r0, r0, r0);
  l.store(t, l.mul(l.load(t), rectifiedRest<L, V>(l, scale, angle)));
  l.store(m, l.mul(margin, rectifiedRest<L, V>(l, scale, segment)));
}

/** PLAIN_RECTIFIED, first step */
export function plainRectifiedStep<L extends PairLanes<V, A>, V, A>(
  l: L,
  c: A,
  m: A,
  t: A,
  weight: V,
  kappa: V,
  q0: V,
  q1: V,
  q2: V,
  q3: V,
  q4: V,
  q5: V,
): void {
  const margin = l.load(m);
  l.store(t, l.fma(weight, l.sub(l.one(), margin), l.load(t)));
  beginRectified<L, V, A>(l, c, m, margin, kappa, q0, q1, q2, q3, q4, q5);
}

/** AFFINE_RECTIFIED, first step: in the NTK parameterization a dense layer adds K' to w²Θ. */
export function affineRectifiedStep<L extends PairLanes<V, A>, V, A>(
  l: L,
  c: A,
  m: A,
  t: A,
  u1: V,
  u2: V,
  s1: V,
  s2: V,
  k1: V,
  k2: V,
  kappa: V,
  q0: V,
  q1: V,
  q2: V,
  q3: V,
  q4: V,
  q5: V,
): void {
  const reach = l.mul(u1, u2);
  const margin = affineGap<L, V>(l, reach, l.load(m), s1, s2, k1, k2);
  l.store(t, l.fma(reach, l.load(t), l.sub(l.one(), margin)));
  beginRectified<L, V, A>(l, c, m, margin, kappa, q0, q1, q2, q3, q4, q5);
}

/** STANDARD_RECTIFIED, first step */
export function standardRectifiedStep<L extends PairLanes<V, A>, V, A>(
  l: L,
  c: A,
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
  kappa: V,
  weight: V,
  q0: V,
  q1: V,
  q2: V,
  q3: V,
  q4: V,
  q5: V,
): void {
  const reach = l.mul(u1, u2);
  const distance = l.load(m);
  const carried = l.mul(reach, l.fma(weight, l.sub(l.one(), distance), l.load(t)));
  l.store(t, l.fma(beta1, beta2, carried));
  beginRectified<L, V, A>(l, c, m, affineGap<L, V>(l, reach, distance, s1, s2, k1, k2), kappa, q0, q1, q2, q3, q4, q5);
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
