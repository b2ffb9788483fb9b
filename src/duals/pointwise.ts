/**
 * Activations of finite networks and their slopes (0 from the left at a kink), as functions of single numbers. Parameters a, b, c as in
 * src/pointwise.ts, which names them by codes.
 */
import { errorFunction, fading, naturalExp, normalTail, sineFrom } from './elementary';
import { Lanes } from './lanes';
import { complementOf, decayOf } from './outlined';
import { logarithm } from './polynomials';

/** x > 0 ? b x : a x */
export function rectifiedValue<L extends Lanes<V>, V>(l: L, x: V, a: V, b: V): V {
  return l.mul(x, rectifiedSlope<L, V>(l, x, a, b));
}

export function rectifiedSlope<L extends Lanes<V>, V>(l: L, x: V, a: V, b: V): V {
  return l.ifLess(l.zero(), x, b, a);
}

export function signValue<L extends Lanes<V>, V>(l: L, x: V): V {
  return l.ifLess(l.zero(), x, l.one(), l.ifLess(x, l.zero(), l.lit(-1), x));
}

/** a erf(b x) + c */
export function erfValue<L extends Lanes<V>, V>(l: L, x: V, a: V, b: V, c: V): V {
  return l.add(l.mul(a, errorFunction<L, V>(l, l.mul(b, x))), c);
}

export function erfSlope<L extends Lanes<V>, V>(l: L, x: V, a: V, b: V): V {
  const y = l.mul(b, x);
  return l.mul(l.mul(l.mul(a, b), l.lit(1.1283791670955126)), decayOf<L, V>(l, l.mul(y, y)));
}

/** Φ(x), given Φ(−|x|). */
function distribution<L extends Lanes<V>, V>(l: L, x: V, tail: V): V {
  return l.ifLess(x, l.zero(), tail, l.sub(l.one(), tail));
}

/** x Φ(x) */
export function geluValue<L extends Lanes<V>, V>(l: L, x: V): V {
  return l.mul(x, distribution<L, V>(l, x, normalTail<L, V>(l, x)));
}

export function geluSlope<L extends Lanes<V>, V>(l: L, x: V): V {
  const density = l.mul(l.lit(0.3989422804014327), decayOf<L, V>(l, l.mul(l.mul(x, x), l.half())));
  return l.add(distribution<L, V>(l, x, normalTail<L, V>(l, x)), l.mul(x, density));
}

/** 1/(1 + e⁻ˣ) */
export function sigmoidValue<L extends Lanes<V>, V>(l: L, x: V): V {
  const e = fading<L, V>(l, l.abs(x));
  const large = l.div(l.one(), l.add(l.one(), e));
  return l.ifLess(x, l.zero(), l.mul(e, large), large);
}

export function sigmoidSlope<L extends Lanes<V>, V>(l: L, x: V): V {
  const e = decayOf<L, V>(l, l.abs(x));
  const large = l.div(l.one(), l.add(l.one(), e));
  return l.mul(l.mul(e, large), large);
}

/** The tanh form of gelu: x σ(y), y = 2√(2/π)(x + 0.044715 x³). */
export function tanhGeluValue<L extends Lanes<V>, V>(l: L, x: V): V {
  return l.mul(x, sigmoidValue<L, V>(l, tanhGeluInner<L, V>(l, x)));
}

export function tanhGeluSlope<L extends Lanes<V>, V>(l: L, x: V): V {
  const y = tanhGeluInner<L, V>(l, x);
  const inner = l.mul(l.lit(1.5957691216057308), l.fma(l.lit(0.134145), l.mul(x, x), l.one()));
  return l.add(sigmoidValue<L, V>(l, y), l.mul(l.mul(x, inner), sigmoidSlope<L, V>(l, y)));
}

function tanhGeluInner<L extends Lanes<V>, V>(l: L, x: V): V {
  return l.mul(l.lit(1.5957691216057308), l.mul(x, l.fma(l.lit(0.044715), l.mul(x, x), l.one())));
}

/** a sin(b x + c) */
export function sineValue<L extends Lanes<V>, V>(l: L, x: V, a: V, b: V, c: V): V {
  return l.mul(a, sineFrom<L, V>(l, l.add(l.mul(b, x), c), l.zero()));
}

export function sineSlope<L extends Lanes<V>, V>(l: L, x: V, a: V, b: V, c: V): V {
  return l.mul(l.mul(a, b), sineFrom<L, V>(l, l.add(l.mul(b, x), c), l.one()));
}

/** a cos(b x + c) */
export function cosineValue<L extends Lanes<V>, V>(l: L, x: V, a: V, b: V, c: V): V {
  return l.mul(a, sineFrom<L, V>(l, l.add(l.mul(b, x), c), l.one()));
}

export function cosineSlope<L extends Lanes<V>, V>(l: L, x: V, a: V, b: V, c: V): V {
  return l.mul(l.mul(l.sub(l.zero(), a), b), sineFrom<L, V>(l, l.add(l.mul(b, x), c), l.zero()));
}

/** exp(−x²) sin x */
export function gaborValue<L extends Lanes<V>, V>(l: L, x: V): V {
  return l.mul(decayOf<L, V>(l, l.mul(x, x)), sineFrom<L, V>(l, x, l.zero()));
}

export function gaborSlope<L extends Lanes<V>, V>(l: L, x: V): V {
  const wave = l.mul(l.mul(l.two(), x), sineFrom<L, V>(l, x, l.zero()));
  return l.mul(decayOf<L, V>(l, l.mul(x, x)), l.sub(sineFrom<L, V>(l, x, l.one()), wave));
}

/** a exp(b x) */
export function expValue<L extends Lanes<V>, V>(l: L, x: V, a: V, b: V): V {
  return l.mul(a, naturalExp<L, V>(l, l.mul(b, x)));
}

export function expSlope<L extends Lanes<V>, V>(l: L, x: V, a: V, b: V): V {
  return l.mul(b, expValue<L, V>(l, x, a, b));
}

/** a exp(b x²) */
export function gaussianValue<L extends Lanes<V>, V>(l: L, x: V, a: V, b: V): V {
  return l.mul(a, naturalExp<L, V>(l, l.mul(b, l.mul(x, x))));
}

export function gaussianSlope<L extends Lanes<V>, V>(l: L, x: V, a: V, b: V): V {
  return l.mul(l.mul(l.mul(l.two(), b), x), gaussianValue<L, V>(l, x, a, b));
}

export function tanhValue<L extends Lanes<V>, V>(l: L, x: V): V {
  const missing = complementOf<L, V>(l, l.mul(l.two(), l.abs(x)));
  const size = l.div(missing, l.sub(l.two(), missing));
  return l.ifLess(x, l.zero(), l.sub(l.zero(), size), size);
}

export function tanhSlope<L extends Lanes<V>, V>(l: L, x: V): V {
  return l.mul(l.lit(4), sigmoidSlope<L, V>(l, l.mul(l.two(), x)));
}

/** log(1 + eˣ) = max(x, 0) + log(1 + e⁻|ˣ|) */
export function softplusValue<L extends Lanes<V>, V>(l: L, x: V): V {
  const e = decayOf<L, V>(l, l.abs(x));
  const s = l.div(e, l.add(l.two(), e));
  return l.add(l.max(x, l.zero()), l.mul(s, logarithm<L, V>(l, l.mul(s, s))));
}

/** x σ(x) */
export function siluValue<L extends Lanes<V>, V>(l: L, x: V): V {
  return l.mul(x, sigmoidValue<L, V>(l, x));
}

export function siluSlope<L extends Lanes<V>, V>(l: L, x: V): V {
  return l.add(sigmoidValue<L, V>(l, x), l.mul(x, sigmoidSlope<L, V>(l, x)));
}

/** x > 0 ? a x : a b (eˣ − 1) */
export function eluValue<L extends Lanes<V>, V>(l: L, x: V, a: V, b: V): V {
  return l.mul(a, l.ifLess(l.zero(), x, x, l.sub(l.zero(), l.mul(b, complementOf<L, V>(l, l.abs(x))))));
}

export function eluSlope<L extends Lanes<V>, V>(l: L, x: V, a: V, b: V): V {
  return l.mul(a, l.ifLess(l.zero(), x, l.one(), l.mul(b, decayOf<L, V>(l, l.abs(x)))));
}
