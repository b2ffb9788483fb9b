/**
 * Standard normals from words of 32 bits by Box and Muller (1958): √(−2 ln u) cos θ and √(−2 ln u) sin θ.
 *
 * Radius. u = d 2^−32 mod 1, where d is a signed word plus ½ (single precision), or plus 2^−32 times another word plus ½ (double): both
 * ends of (0, 1) are resolved alike. Where d > 0, d = m 2^e and ½ ≤ m < 1, let t = 1 − m and k = 32 − e; else t = −d 2^−32, k = 0:
 *   −2 ln u = 2k ln 2 + 4 artanh(s) = 2k ln 2 + s (4 + z LOG(z)),   s = t/(2 − t), z = s².
 * No term is negative: the radius keeps its relative accuracy, from 1.5e-5 to 6.76 (single), from 2.3e-10 to 9.49 (double).
 *
 * Angle. The first bit is the sign of the cosine, the others are θ in [−π/2, π/2). With w = 2 sin²(θ/2), cos θ = 1 − w and
 * sin θ = √w √(2 − w): the sine keeps its relative accuracy, the cosine an absolute one.
 */
// biome-ignore-all lint/style/useImportType: asc does not read `import type`.
// biome-ignore-all lint/suspicious/noApproximativeNumericConstant: single precision rounds them.
import { doublePolynomials, singlePolynomials } from './constants';
import { NormalLanes } from './lanes';

/** Fills the table: places 0 to 7 here, LOG (from 9) and SINE (from 19) in constants.ts. */
export function keepConstants<L extends NormalLanes<V>, V>(l: L): void {
  l.keep(0, 1.3862943611198906);
  l.keep(1, 1);
  l.keep(2, 2);
  l.keep(3, 4);
  l.keep(4, 0.5);
  l.keep(5, 2.3283064365386963e-10);
  l.keep(6, -2.3283064365386963e-10);
  l.keep(7, 4.656612873077393e-10);
  if (l.narrow()) singlePolynomials<L, V>(l);
  else doublePolynomials<L, V>(l);
}

/** c₀ + c₁z + c₂z² + c₃z³ of the places from `at` on; z2 = z². */
function cubic<L extends NormalLanes<V>, V>(l: L, z: V, z2: V, at: number): V {
  const high = l.add(l.mul(z, l.kept(at + 3)), l.kept(at + 2));
  return l.add(l.mul(z2, high), l.add(l.mul(z, l.kept(at + 1)), l.kept(at)));
}

/** 4 + z LOG(z) */
function logSeries<L extends NormalLanes<V>, V>(l: L, z: V): V {
  const z2 = l.mul(z, z);
  const low = l.add(l.mul(z, l.kept(9)), l.kept(3));
  const middle = l.add(l.mul(z, l.kept(11)), l.kept(10));
  if (l.narrow()) return l.add(l.mul(z2, l.add(l.mul(z2, l.kept(12)), middle)), low);
  const z4 = l.mul(z2, z2);
  const high = l.add(l.mul(z4, l.add(l.mul(z, l.kept(17)), l.kept(16))), cubic<L, V>(l, z, z2, 12));
  return l.add(l.mul(z2, l.add(l.mul(z2, l.add(l.mul(l.mul(z4, z2), l.kept(18)), high)), middle)), low);
}

/** √(−2 ln u); single precision does not read `low`. */
export function radius<L extends NormalLanes<V>, V>(l: L, high: V, low: V): V {
  const upper = l.negative(high);
  const fraction = l.narrow() ? l.kept(4) : l.mul(l.add(l.unsigned(low), l.kept(4)), l.kept(5));
  const d = l.add(l.signed(high), fraction);
  const t = l.max(l.mul(d, l.kept(6)), l.unless(upper, l.sub(l.kept(1), l.mantissa(d))));
  const s = l.div(t, l.sub(l.kept(2), t));
  const series = l.mul(s, logSeries<L, V>(l, l.mul(s, s)));
  return l.sqrt(l.add(series, l.unless(upper, l.mul(l.halvings(d), l.kept(0)))));
}

/** √2 sin(θ/2), |θ| ≤ π/2; single precision does not read `low`. */
export function chord<L extends NormalLanes<V>, V>(l: L, high: V, low: V): V {
  const whole = l.signed(l.shift(high, 1));
  const x = l.mul(l.narrow() ? whole : l.add(whole, l.mul(l.unsigned(low), l.kept(7))), l.kept(7));
  const z = l.mul(x, x);
  const z2 = l.mul(z, z);
  if (l.narrow()) return l.mul(x, cubic<L, V>(l, z, z2, 19));
  const top = l.add(l.mul(z2, l.kept(25)), l.add(l.mul(z, l.kept(24)), l.kept(23)));
  return l.mul(x, l.add(l.mul(l.mul(z2, z2), top), cubic<L, V>(l, z, z2, 19)));
}

/** cos θ, with the sign that the angle's word gives it. */
export function cosine<L extends NormalLanes<V>, V>(l: L, high: V, half: V): V {
  return l.signedBy(high, l.sub(l.kept(1), l.mul(half, half)));
}

/** sin θ */
export function sine<L extends NormalLanes<V>, V>(l: L, half: V): V {
  return l.mul(half, l.sqrt(l.sub(l.kept(2), l.mul(half, half))));
}
