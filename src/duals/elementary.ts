/**
 * Elementary functions of a number of either sign, for activations of finite networks (pointwise.ts): called, not inlined
 * (scripts/inline-duals.mjs), since several activations share them.
 * Held by test/finite/pointwise.test.ts: activations made of them are within 12 roundoffs of |φ| + |xφ'|, in either precision.
 */
import { decayHalvings } from './exp';
import { Lanes } from './lanes';
import { decayFractionOf, decayOf } from './outlined';
import { cosineOf, far, near, sineOver } from './polynomials';

/** eˣ: infinite beyond the range of numbers, 0 below that of normal ones. */
export function naturalExp<L extends Lanes<V>, V>(l: L, x: V): V {
  const inside = l.max(l.min(x, l.lit(l.narrow() ? 89 : 710)), l.lit(l.narrow() ? -87 : -708));
  const y = l.sub(l.zero(), inside);
  const k = decayHalvings<L, V>(l, y);
  const s = l.power(l.sub(l.sub(l.zero(), k), l.one()));
  return l.mul(l.sub(s, l.mul(s, decayFractionOf<L, V>(l, y, k))), l.two());
}

/** e⁻ˣ, x ≥ 0; NaN of NaN. */
export function fading<L extends Lanes<V>, V>(l: L, x: V): V {
  return l.fma(l.zero(), l.min(x, l.lit(1000)), decayOf<L, V>(l, x));
}

/** exp(x²) erfc(x), x ≥ 0 */
function scaledErfc<L extends Lanes<V>, V>(l: L, x: V): V {
  const start = l.lit(3.75);
  const t = l.div(l.sub(x, start), l.add(x, start));
  return l.div(far<L, V>(l, t), l.fma(x, l.two(), l.one()));
}

/** erf(x) */
export function errorFunction<L extends Lanes<V>, V>(l: L, x: V): V {
  const size = l.min(l.abs(x), l.lit(30));
  const square = l.mul(size, size);
  const tail = l.sub(l.one(), l.mul(fading<L, V>(l, square), scaledErfc<L, V>(l, size)));
  const signed = l.ifLess(x, l.zero(), l.sub(l.zero(), tail), tail);
  return l.ifLess(size, l.one(), l.mul(x, near<L, V>(l, l.min(square, l.one()))), signed);
}

/** Φ(−|x|), the tail of a standard normal variable, to relative accuracy. */
export function normalTail<L extends Lanes<V>, V>(l: L, x: V): V {
  const size = l.min(l.abs(x), l.lit(42));
  const density = decayOf<L, V>(l, l.mul(l.mul(size, size), l.half()));
  return l.mul(l.mul(l.half(), density), scaledErfc<L, V>(l, l.mul(size, l.lit(0.7071067811865476))));
}

/** sin(x + quarters π/2) */
export function sineFrom<L extends Lanes<V>, V>(l: L, x: V, quarters: V): V {
  const k = l.nearest(l.mul(x, l.lit(0.6366197723675814)));
  const first = l.sub(x, l.mul(k, l.lit(l.narrow() ? 1.5703125 : 1.5707963267341256)));
  const second = l.sub(first, l.mul(k, l.lit(l.narrow() ? 0.0004837512969970703 : 6.077100506303966e-11)));
  const f = l.sub(second, l.mul(k, l.lit(l.narrow() ? 7.54978995489188e-8 : 2.0222662487959506e-21)));
  const z = l.mul(f, f);
  const turn = l.add(k, quarters);
  // −2 … 2
  const q = l.sub(turn, l.mul(l.lit(4), l.nearest(l.mul(turn, l.lit(0.25)))));
  const size = l.abs(q);
  const odd = l.ifLess(size, l.lit(1.5), l.ifLess(l.half(), size, l.one(), l.zero()), l.zero());
  const value = l.ifLess(l.half(), odd, cosineOf<L, V>(l, z), l.mul(f, sineOver<L, V>(l, z)));
  const turned = l.ifLess(l.lit(1.5), size, l.one(), l.ifLess(q, l.sub(l.zero(), l.half()), l.one(), l.zero()));
  return l.ifLess(l.half(), turned, l.sub(l.zero(), value), value);
}
