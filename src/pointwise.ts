/** Activations of finite networks by codes, read by asc and by tsc: the core's loops and the JavaScript backend share these lines. */
// biome-ignore-all lint/style/useImportType: asc does not read `import type`.
import { Lanes } from './duals/lanes';
import {
  cosineSlope,
  cosineValue,
  eluSlope,
  eluValue,
  erfSlope,
  erfValue,
  expSlope,
  expValue,
  gaborSlope,
  gaborValue,
  gaussianSlope,
  gaussianValue,
  geluSlope,
  geluValue,
  rectifiedSlope,
  rectifiedValue,
  sigmoidSlope,
  sigmoidValue,
  signValue,
  siluSlope,
  siluValue,
  sineSlope,
  sineValue,
  softplusValue,
  tanhGeluSlope,
  tanhGeluValue,
  tanhSlope,
  tanhValue,
} from './duals/pointwise';

/** x > 0 ? b x : a x */
export const RECTIFIED: i32 = 0;
export const SIGN: i32 = 1;
/** a erf(b x) + c */
export const ERF: i32 = 2;
export const GELU: i32 = 3;
export const TANH_GELU: i32 = 4;
/** a sin(b x + c) */
export const SINE: i32 = 5;
export const GABOR: i32 = 6;
/** a exp(b x) */
export const EXP: i32 = 7;
/** a exp(b x²) */
export const GAUSSIAN: i32 = 8;
export const TANH: i32 = 9;
export const SIGMOID: i32 = 10;
export const SOFTPLUS: i32 = 11;
export const SILU: i32 = 12;
/** x > 0 ? a x : a b (eˣ − 1) */
export const ELU: i32 = 13;
/** a cos(b x + c) */
export const COSINE: i32 = 16;
/** Σ pₖ xᵏ; parameters: number of coefficients, then they. The loops are the callers'. */
export const POLYNOMIAL: i32 = 14;
/** The same where x ≥ 0, otherwise 0. */
export const RECTIFIED_POLYNOMIAL: i32 = 15;

/** φ(x) */
export function pointwiseValue<L extends Lanes<V>, V>(l: L, code: i32, x: V, a: V, b: V, c: V): V {
  switch (code) {
    case RECTIFIED:
      return rectifiedValue<L, V>(l, x, a, b);
    case SIGN:
      return signValue<L, V>(l, x);
    case ERF:
      return erfValue<L, V>(l, x, a, b, c);
    case GELU:
      return geluValue<L, V>(l, x);
    case TANH_GELU:
      return tanhGeluValue<L, V>(l, x);
    case SINE:
      return sineValue<L, V>(l, x, a, b, c);
    case COSINE:
      return cosineValue<L, V>(l, x, a, b, c);
    case GABOR:
      return gaborValue<L, V>(l, x);
    case EXP:
      return expValue<L, V>(l, x, a, b);
    case GAUSSIAN:
      return gaussianValue<L, V>(l, x, a, b);
    case TANH:
      return tanhValue<L, V>(l, x);
    case SIGMOID:
      return sigmoidValue<L, V>(l, x);
    case SOFTPLUS:
      return softplusValue<L, V>(l, x);
    case SILU:
      return siluValue<L, V>(l, x);
    default:
      return eluValue<L, V>(l, x, a, b);
  }
}

/** φ'(x) */
export function pointwiseSlope<L extends Lanes<V>, V>(l: L, code: i32, x: V, a: V, b: V, c: V): V {
  switch (code) {
    case RECTIFIED:
      return rectifiedSlope<L, V>(l, x, a, b);
    case SIGN:
      return l.zero();
    case ERF:
      return erfSlope<L, V>(l, x, a, b);
    case GELU:
      return geluSlope<L, V>(l, x);
    case TANH_GELU:
      return tanhGeluSlope<L, V>(l, x);
    case SINE:
      return sineSlope<L, V>(l, x, a, b, c);
    case COSINE:
      return cosineSlope<L, V>(l, x, a, b, c);
    case GABOR:
      return gaborSlope<L, V>(l, x);
    case EXP:
      return expSlope<L, V>(l, x, a, b);
    case GAUSSIAN:
      return gaussianSlope<L, V>(l, x, a, b);
    case TANH:
      return tanhSlope<L, V>(l, x);
    case SIGMOID:
      return sigmoidSlope<L, V>(l, x);
    case SOFTPLUS:
      return sigmoidValue<L, V>(l, x);
    case SILU:
      return siluSlope<L, V>(l, x);
    default:
      return eluSlope<L, V>(l, x, a, b);
  }
}
