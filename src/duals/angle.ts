/**
 * Angle functions of the distance d = 1 − cos θ, θ ∈ [0, π/2]: free of the cancellation that ruins arccos near 1.
 *   angle:   θ = √d · P(d)                  segment: sin θ − θ cos θ = d√d · R(d)
 * P and R are interpolants of degree 7 (single) and 17 (double) on d ∈ [0, 1]; their errors stand in coefficients.ts. Evaluated by
 * Estrin's scheme, which keeps the dependency chain short. Where both are wanted, quotients with one denominator take half the products:
 *   P = LEAD A/U,   R = LEAD S/U
 * with A, S and U of degree 3 (single), 7, 7 and 6 (double). Their zeros lie on the cut d > 2 of the functions, or at d < −400, so that no factor zᵢ − d
 * cancels, and a product of factors has the shortest chain of all.
 * Measured, relative, d from 1e-300 to 1: θ 4.0e-16 (double), 1.4e-7 (single); d√d R 3.2e-16, 1.3e-7: rounding, not the polynomials.
 */
import { Lanes } from './lanes';

/** Positions of the polynomials in the coefficient table. */
export const ANGLE: number = 0;
export const SEGMENT: number = 18;
export const UNDER: number = 36;
export const LEAD: number = 42;
export const ANGLE_OVER: number = 48;
export const SEGMENT_OVER: number = 60;

export function linear<L extends Lanes<V>, V>(l: L, i: number, x: V): V {
  return l.fma(l.table(i + 1), x, l.table(i));
}

export function cubic<L extends Lanes<V>, V>(l: L, i: number, x: V, x2: V): V {
  return l.fma(linear<L, V>(l, i + 2, x), x2, linear<L, V>(l, i, x));
}

function degree7<L extends Lanes<V>, V>(l: L, i: number, x: V, x2: V, x4: V): V {
  return l.fma(cubic<L, V>(l, i + 4, x, x2), x4, cubic<L, V>(l, i, x, x2));
}

function degree17<L extends Lanes<V>, V>(l: L, i: number, x: V, x2: V, x4: V, x8: V): V {
  return l.fma(l.fma(linear<L, V>(l, i + 16, x), x8, degree7<L, V>(l, i + 8, x, x2, x4)), x8, degree7<L, V>(l, i, x, x2, x4));
}

/** The polynomial at `i` of the table on d ∈ [0, 1]; d2 = d², d4 = d⁴. */
export function wide<L extends Lanes<V>, V>(l: L, i: number, d: V, d2: V, d4: V): V {
  return l.narrow() ? degree7<L, V>(l, i, d, d2, d4) : degree17<L, V>(l, i, d, d2, d4, l.mul(d4, d4));
}

/** U of these zeros, of which single precision has three. */
export function under<L extends Lanes<V>, V>(l: L, d: V, z0: V, z1: V, z2: V, z3: V, z4: V, z5: V): V {
  const low = l.mul(l.sub(z0, d), l.sub(z1, d));
  if (l.narrow()) return l.mul(low, l.sub(z2, d));
  return l.mul(l.mul(low, l.mul(l.sub(z2, d), l.sub(z3, d))), l.mul(l.sub(z4, d), l.sub(z5, d)));
}

/** A of these zeros, three or six, and in double precision −z6. */
export function angleOver<L extends Lanes<V>, V>(l: L, d: V, z0: V, z1: V, z2: V, z3: V, z4: V, z5: V, z6: V): V {
  const product = under<L, V>(l, d, z0, z1, z2, z3, z4, z5);
  return l.narrow() ? product : l.mul(product, l.add(z6, d));
}

/** S of these zeros, two or six, times a + b d. */
export function segmentOver<L extends Lanes<V>, V>(l: L, d: V, z0: V, z1: V, z2: V, z3: V, z4: V, z5: V, a: V, b: V): V {
  const last = l.fma(b, d, a);
  if (l.narrow()) return l.mul(l.mul(l.sub(z0, d), l.sub(z1, d)), last);
  return l.mul(under<L, V>(l, d, z0, z1, z2, z3, z4, z5), last);
}

/** U */
export function underBoth<L extends Lanes<V>, V>(l: L, d: V): V {
  const i = UNDER;
  return under<L, V>(l, d, l.table(i), l.table(i + 1), l.table(i + 2), l.table(i + 3), l.table(i + 4), l.table(i + 5));
}

/** A */
export function angleOverBoth<L extends Lanes<V>, V>(l: L, d: V): V {
  const i = ANGLE_OVER;
  return angleOver<L, V>(l, d, l.table(i), l.table(i + 1), l.table(i + 2), l.table(i + 3), l.table(i + 4), l.table(i + 5), l.table(i + 6));
}

/** S */
export function segmentOverBoth<L extends Lanes<V>, V>(l: L, d: V): V {
  const i = SEGMENT_OVER;
  return segmentOver<L, V>(
    l,
    d,
    l.table(i),
    l.table(i + 1),
    l.table(i + 2),
    l.table(i + 3),
    l.table(i + 4),
    l.table(i + 5),
    l.table(i + 6),
    l.table(i + 7),
  );
}

/** θ for d ∈ [0, 1], root = √d. */
export function angle<L extends Lanes<V>, V>(l: L, d: V, root: V): V {
  const d2 = l.mul(d, d);
  return l.mul(root, wide<L, V>(l, ANGLE, d, d2, l.mul(d2, d2)));
}

/** The angle in [0, π/2] whose sine s and cosine c are given, each to full relative accuracy: 1 − c = s²/(1 + c). */
export function acuteAngle<L extends Lanes<V>, V>(l: L, s: V, c: V): V {
  const root = l.div(s, l.sqrt(l.add(l.one(), c)));
  return angle<L, V>(l, l.min(l.mul(root, root), l.one()), root);
}

/** The angle in [0, π] whose sine s ≥ 0 and cosine c are given likewise. */
export function angleOf<L extends Lanes<V>, V>(l: L, s: V, c: V): V {
  const acute = acuteAngle<L, V>(l, s, l.abs(c));
  return l.ifLess(c, l.zero(), l.sub(l.lit(3.141592653589793), acute), acute);
}
