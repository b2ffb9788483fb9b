/**
 * Functions that the rare activations call instead of inlining them (scripts/inline-duals.mjs leaves this file alone): the polynomials
 * are most of their code.
 */
import { acuteAngle, SEGMENT, wide } from './angle';
import { decay, decayed, decayFraction, decayHalvings, decayRange, decayScale } from './exp';
import { Lanes } from './lanes';

/** acuteAngle */
export function acuteAngleOf<L extends Lanes<V>, V>(l: L, s: V, c: V): V {
  return acuteAngle<L, V>(l, s, c);
}

/** d√d R(d) of angle.ts, the segment sin α − α cos α of an acute α with this sine and cosine. */
export function segmentOf<L extends Lanes<V>, V>(l: L, sine: V, cosine: V): V {
  const root = l.div(sine, l.sqrt(l.add(l.one(), cosine)));
  const d = l.min(l.mul(root, root), l.one());
  const d2 = l.mul(d, d);
  return l.mul(l.mul(d, root), wide<L, V>(l, SEGMENT, d, d2, l.mul(d2, d2)));
}

/** decayFraction */
export function decayFractionOf<L extends Lanes<V>, V>(l: L, x: V, k: V): V {
  return decayFraction<L, V>(l, x, k);
}

/** e⁻ˣ */
export function decayOf<L extends Lanes<V>, V>(l: L, x: V): V {
  const range = decayRange<L, V>(l, x);
  const k = decayHalvings<L, V>(l, range);
  return decay<L, V>(l, x, decayFractionOf<L, V>(l, range, k), decayScale<L, V>(l, k));
}

/** 1 − e⁻ˣ */
export function complementOf<L extends Lanes<V>, V>(l: L, x: V): V {
  const range = decayRange<L, V>(l, x);
  const k = decayHalvings<L, V>(l, range);
  return decayed<L, V>(l, decayFractionOf<L, V>(l, range, k), decayScale<L, V>(l, k));
}
