/**
 * The activations of src/opcodes.ts that are rare: their operations on a strip, arguments as in steps.ts. Not inlined into the
 * interpreter, one function each. The arithmetic is src/duals/.
 */
import { exponentialStep } from '../src/duals/exponential';
import { gaborStep } from '../src/duals/gabor';
import { gaussianStep } from '../src/duals/gaussian';
import { geluStep } from '../src/duals/gelu';
import { addSquare, polynomialStep, rectifiedMonomialStep, SERIES, signOf, signStep } from '../src/duals/monomial';
import { sineStep } from '../src/duals/sine';
import { EXPONENTIAL, GABOR, GAUSSIAN, GELU, POLYNOMIAL, RECTIFIED_MONOMIAL, SIGN, SINE } from '../src/opcodes';
import { entry, product } from './steps';

/** Runs operation `code`, one of the rare, on a strip; params are the record's. */
export function activation<L, T>(
  code: i32, c: usize, m: usize, t: usize, end: usize, row: usize, rs: usize, col: usize, cs: usize, params: usize,
): void {
  switch (code) {
    case EXPONENTIAL: exponential<L, T>(c, m, t, end, row, rs, col, cs); break;
    case SINE: sine<L, T>(c, m, t, end, row, rs, col, cs, params); break;
    case GAUSSIAN: gaussian<L, T>(c, m, t, end, row, rs, col, cs); break;
    case GABOR: gabor<L, T>(c, m, t, end, row, rs, col, cs); break;
    case GELU: gelu<L, T>(c, m, t, end, row, rs, col, cs); break;
    case SIGN: sign<L>(c, m, t, end); break;
    case POLYNOMIAL: polynomial<L, T>(c, m, t, end, row, rs, col, cs, <i32>load<f64>(params)); break;
    case RECTIFIED_MONOMIAL: rectifiedMonomial<L, T>(c, m, t, end, row, rs, col, cs, <i32>load<f64>(params)); break;
    default: break;
  }
}

function exponential<L, T>(c: usize, m: usize, t: usize, end: usize, row: usize, rs: usize, col: usize, cs: usize): void {
  for (let o: usize = 0; o < end; o += 16)
    exponentialStep<L, v128, usize>(
      changetype<L>(0), c + o, m + o, t + o, entry<T>(row, rs, 0), v128.load(col + o), product<L, T>(row, rs, col, cs, 1, o),
    );
}

function sine<L, T>(c: usize, m: usize, t: usize, end: usize, row: usize, rs: usize, col: usize, cs: usize, params: usize): void {
  const l = changetype<L>(0);
  for (let o: usize = 0; o < end; o += 16)
    sineStep<L, v128, usize>(
      l, c + o, m + o, t + o, entry<T>(row, rs, 0), v128.load(col + o), entry<T>(row, rs, 1), v128.load(col + cs + o),
      entry<T>(row, rs, 2), v128.load(col + 2 * cs + o), product<L, T>(row, rs, col, cs, 3, o), product<L, T>(row, rs, col, cs, 4, o),
      l.lit(load<f64>(params)), l.lit(load<f64>(params, 8)),
    );
}

function gaussian<L, T>(c: usize, m: usize, t: usize, end: usize, row: usize, rs: usize, col: usize, cs: usize): void {
  for (let o: usize = 0; o < end; o += 16)
    gaussianStep<L, v128, usize>(
      changetype<L>(0), c + o, m + o, t + o, entry<T>(row, rs, 0), v128.load(col + o), product<L, T>(row, rs, col, cs, 1, o),
      product<L, T>(row, rs, col, cs, 2, o), product<L, T>(row, rs, col, cs, 3, o),
    );
}

function gabor<L, T>(c: usize, m: usize, t: usize, end: usize, row: usize, rs: usize, col: usize, cs: usize): void {
  for (let o: usize = 0; o < end; o += 16)
    gaborStep<L, v128, usize>(
      changetype<L>(0), c + o, m + o, t + o, entry<T>(row, rs, 0), v128.load(col + o), entry<T>(row, rs, 1), v128.load(col + cs + o),
      entry<T>(row, rs, 2), v128.load(col + 2 * cs + o), entry<T>(row, rs, 3), v128.load(col + 3 * cs + o),
      product<L, T>(row, rs, col, cs, 4, o), product<L, T>(row, rs, col, cs, 5, o), product<L, T>(row, rs, col, cs, 6, o),
      product<L, T>(row, rs, col, cs, 7, o),
    );
}

function gelu<L, T>(c: usize, m: usize, t: usize, end: usize, row: usize, rs: usize, col: usize, cs: usize): void {
  for (let o: usize = 0; o < end; o += 16)
    geluStep<L, v128, usize>(
      changetype<L>(0), c + o, m + o, t + o, entry<T>(row, rs, 0), v128.load(col + o), entry<T>(row, rs, 1), v128.load(col + cs + o),
      entry<T>(row, rs, 2), v128.load(col + 2 * cs + o), entry<T>(row, rs, 3), v128.load(col + 3 * cs + o),
      entry<T>(row, rs, 4), v128.load(col + 4 * cs + o), entry<T>(row, rs, 5), v128.load(col + 5 * cs + o),
      entry<T>(row, rs, 6), v128.load(col + 6 * cs + o), entry<T>(row, rs, 7), v128.load(col + 7 * cs + o),
      product<L, T>(row, rs, col, cs, 8, o), product<L, T>(row, rs, col, cs, 9, o),
    );
}

function sign<L>(c: usize, m: usize, t: usize, end: usize): void {
  for (let o: usize = 0; o < end; o += 16) signStep<L, v128, usize>(changetype<L>(0), c + o, m + o, t + o);
}

/** The sums of duals/monomial.ts over the degrees. */
function polynomial<L, T>(
  c: usize, m: usize, t: usize, end: usize, row: usize, rs: usize, col: usize, cs: usize, degree: i32,
): void {
  const l = changetype<L>(0);
  for (let o: usize = 0; o < end; o += 16) {
    const margin = v128.load(m + o);
    const size = l.sub(l.one(), margin);
    const sign = signOf<L, v128, usize>(l, c + o);
    let power = l.one();
    let flip = l.one();
    let rise = l.zero();
    let next = l.zero();
    let near = l.zero();
    let far = l.zero();
    let fall = l.zero();
    let factor = l.zero();
    let at = o;
    for (let k = 0; k <= degree; k++, at += cs) {
      const first = entry<T>(row, rs, k);
      const second = l.mul(flip, v128.load(col + at));
      const both = l.mul(first, second);
      next = l.fma(both, power, next);
      fall = l.fma(both, rise, fall);
      near = addSquare<L, v128>(l, near, l.sub(first, second));
      far = addSquare<L, v128>(l, far, l.add(first, second));
      if (k < degree) {
        const slope = v128.load(col + at + <usize>(degree + 1) * cs);
        factor = l.fma(l.mul(entry<T>(row, rs, degree + 1 + k), l.mul(flip, slope)), power, factor);
      }
      rise = l.fma(power, margin, rise);
      power = l.mul(power, size);
      flip = l.mul(flip, sign);
    }
    polynomialStep<L, v128, usize>(l, c + o, m + o, t + o, next, near, far, fall, factor);
  }
}

function rectifiedMonomial<L, T>(
  c: usize, m: usize, t: usize, end: usize, row: usize, rs: usize, col: usize, cs: usize, degree: i32,
): void {
  const l = changetype<L>(0);
  const series = <i32>SERIES;
  const terms = (degree >> 1) + 1;
  const first = row + <usize>(2 + 2 * series) * rs;
  for (let o: usize = 0; o < end; o += 16) {
    const margin = v128.load(m + o);
    const y = l.sub(l.add(margin, margin), l.one());
    const size = l.sub(l.one(), margin);
    const z = l.mul(size, size);
    let lower = l.sqrt(margin);
    for (let k = 1; k < degree; k++) lower = l.mul(lower, margin);
    const upper = degree > 0 ? l.mul(lower, margin) : lower;
    let h = entry<T>(row, rs, 1 + series);
    let lowerH = entry<T>(row, rs, 1 + 2 * series);
    for (let k = series; k > 1; k--) {
      h = l.fma(h, y, entry<T>(row, rs, k));
      lowerH = l.fma(lowerH, y, entry<T>(row, rs, k + series));
    }
    let own = entry<T>(first, rs, terms - 1);
    let rise = entry<T>(first, rs, 2 * terms - 1);
    let lowerP = entry<T>(first, rs, 3 * terms - 1);
    for (let k = terms - 2; k >= 0; k--) {
      own = l.fma(own, z, entry<T>(first, rs, k));
      rise = l.fma(rise, z, entry<T>(first, rs, k + terms));
      lowerP = l.fma(lowerP, z, entry<T>(first, rs, k + 2 * terms));
    }
    rectifiedMonomialStep<L, v128, usize>(
      l, (degree & 1) == 1, c + o, m + o, t + o, l.mul(upper, h), own, rise, l.mul(lower, lowerH), lowerP,
      product<L, T>(row, rs, col, cs, 0, o), product<L, T>(row, rs, col, cs, 1, o),
    );
  }
}
