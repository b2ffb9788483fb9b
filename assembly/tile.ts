/**
 * One tile of a kernel: Gram product of packed panels, then the program row by row while a row is in L1, then the transpose.
 * A tile reads one job record (32-bit words) and touches nothing but the buffers it names: no globals, no allocation, so that
 * several threads may run tiles of one shared memory.
 */
import {
  AFFINE,
  AFFINE_RECTIFIED,
  CORRELATION,
  ERF,
  ERF_PRECISE,
  FINISH,
  GUARD,
  PLAIN_RECTIFIED,
  RECORD_BYTES,
  RECTIFIED,
  RECTIFIED_RUN,
  STANDARD_RECTIFIED,
  START,
  TABULATED,
  TANGENT,
} from '../src/opcodes';
import { activation } from './activations';
import { blockProduct } from './gemm';
import { F32x4, F64x2 } from './lanes';
import { at, bytes } from './micro';
import { packRows, transpose2, transpose4 } from './pack';
import { run } from './run';
import {
  affine,
  affineGaps,
  correlation,
  erf,
  finish,
  guard,
  plain,
  rectified,
  standardGaps,
  tangent,
  turn,
  turnMargin,
} from './steps';
import { tabulated } from './tabulated';

/** The job record. Sizes in elements, strides of tables in bytes. */
@unmanaged
class Job {
  /** What a thread of a team does with the record: TASK_* of team.ts. */
  kind: i32;
  /** Rows and columns in use, and rounded up to whole register tiles. */
  rows: i32;
  cols: i32;
  paddedRows: i32;
  paddedCols: i32;
  features: i32;
  /** Only the pairs with column ≤ row are wanted. */
  lower: i32;
  /** The NTK is wanted. */
  tangent: i32;
  records: i32;
  program: usize;
  /** Rows as given (× features), packed, pairs of f64 (scale, 1/|scale·row|), their tables and the tables' stride. */
  left: usize;
  leftPacked: usize;
  leftUnits: usize;
  leftTables: usize;
  leftStride: usize;
  right: usize;
  rightPacked: usize;
  rightUnits: usize;
  rightTables: usize;
  rightStride: usize;
  /** paddedRows × paddedCols: nngp and ntk; one strip of paddedCols for m, and behind it those of RECTIFIED_RUN. */
  nngp: usize;
  ntk: usize;
  margin: usize;
  /** Where the transposes (cols × rows, dense) go; 0 if they are not wanted. */
  nngpTransposed: usize;
  ntkTransposed: usize;
  /** Workspace of TABULATED; 0 if the program has none. Its first word counts the pairs that could not be computed. */
  work: usize;
}

/** ½ |x/|x| ∓ y/|y||²: 1 − |ρ| of two rows, to full accuracy however close they are to parallel. */
function chordSquared<T>(x: usize, y: usize, features: i32, unitX: usize, unitY: usize, sign: f64): f64 {
  const scaleX = load<f64>(unitX);
  const scaleY = load<f64>(unitY);
  const inverseX = load<f64>(unitX, 8);
  const inverseY = sign * load<f64>(unitY, 8);
  let sums = f64x2.splat(0);
  let more = f64x2.splat(0);
  const sx = f64x2.splat(scaleX);
  const sy = f64x2.splat(scaleY);
  const ux = f64x2.splat(inverseX);
  const uy = f64x2.splat(inverseY);
  let i = 0;
  for (; i + 4 <= features; i += 4, x += 4 * sizeof<T>(), y += 4 * sizeof<T>()) {
    const d0 = f64x2.sub(f64x2.mul(f64x2.mul(widen<T>(x, 0), sx), ux), f64x2.mul(f64x2.mul(widen<T>(y, 0), sy), uy));
    const d1 = f64x2.sub(f64x2.mul(f64x2.mul(widen<T>(x, 2), sx), ux), f64x2.mul(f64x2.mul(widen<T>(y, 2), sy), uy));
    sums = f64x2.add(sums, f64x2.mul(d0, d0));
    more = f64x2.add(more, f64x2.mul(d1, d1));
  }
  let sum = f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1) + (f64x2.extract_lane(more, 0) + f64x2.extract_lane(more, 1));
  for (; i < features; i++, x += sizeof<T>(), y += sizeof<T>()) {
    const d = <f64>load<T>(x) * scaleX * inverseX - <f64>load<T>(y) * scaleY * inverseY;
    sum += d * d;
  }
  return 0.5 * sum;
}

/** Two elements from the i-th on, as doubles. */
@inline
function widen<T>(p: usize, i: usize): v128 {
  return sizeof<T>() == 4 ? f64x2.promote_low_f32x4(v128.load64_zero(p + 4 * i)) : v128.load(p + 8 * i);
}

/** START on row i; margins below `threshold` are recomputed from the two rows. */
function start<L, T>(job: Job, i: i32, end: usize, c: usize, m: usize, t: usize, threshold: f64): void {
  const l = changetype<L>(0);
  const inverse = v128.load_splat<T>(job.leftTables + <usize>i * sizeof<T>());
  const one = l.one();
  const limit = l.lit(threshold);
  const zero = l.zero();
  for (let o: usize = 0; o < end; o += 16) {
    const rho = l.mul(l.mul(v128.load(c + o), inverse), v128.load(job.rightTables + o));
    const margin = l.sub(one, l.abs(rho));
    v128.store(c + o, rho);
    v128.store(m + o, margin);
    v128.store(t + o, zero);
    const flags = sizeof<T>() == 4 ? f32x4.lt(margin, limit) : f64x2.lt(margin, limit);
    if (v128.any_true(flags)) remeasure<T>(job, i, <i32>(o / sizeof<T>()), c + o, m + o, threshold);
  }
}

function remeasure<T>(job: Job, i: i32, first: i32, c: usize, m: usize, threshold: f64): void {
  const stride = <usize>job.features * sizeof<T>();
  const x = job.left + <usize>i * stride;
  const last = min<i32>(first + 16 / sizeof<T>(), job.cols);
  for (let j = first; j < last; j++, c += sizeof<T>(), m += sizeof<T>()) {
    if (!(<f64>load<T>(m) < threshold)) continue;
    const sign = load<T>(c) < <T>0 ? -1.0 : 1.0;
    const unitX = job.leftUnits + (<usize>i << 4);
    const unitY = job.rightUnits + (<usize>j << 4);
    const margin = <T>chordSquared<T>(x, job.right + <usize>j * stride, job.features, unitX, unitY, sign);
    store<T>(m, margin);
    store<T>(c, <T>sign * (<T>1 - margin));
  }
}

function turned<L>(c: usize, m: usize, t: usize, end: usize, vectors: usize, withTangent: bool): void {
  if (withTangent) turn<L>(c, m, t, end, vectors);
  else turnMargin<L>(c, m, end, vectors);
}

function wholeRun<L>(c: usize, m: usize, t: usize, end: usize, blocks: i32, vectors: usize, work: usize, withTangent: bool): void {
  if (withTangent) run<L>(c, m, t, end, blocks, vectors, work, true);
  else run<L>(c, m, t, end, blocks, vectors, work, false);
}

function anyErf<L, T>(c: usize, m: usize, t: usize, end: usize, row: usize, rs: usize, col: usize, cs: usize): void {
  erf<L, T>(c, m, t, end, row, rs, col, cs, false);
}

export function preciseErf<L, T>(c: usize, m: usize, t: usize, end: usize, row: usize, rs: usize, col: usize, cs: usize): void {
  erf<L, T>(c, m, t, end, row, rs, col, cs, true);
}

/** The whole program on row i, of which the first `end` bytes of columns are wanted; it ends early where TABULATED lacks a block. */
function runRow<L, T>(job: Job, i: i32, end: usize): void {
  const offset = <usize>i * <usize>job.paddedCols * sizeof<T>();
  const c = job.nngp + offset;
  const t = job.ntk + offset;
  const m = job.margin;
  const rs = job.leftStride;
  const cs = job.rightStride;
  const withTangent = job.tangent != 0;
  const strip = <usize>job.paddedCols * sizeof<T>();
  const last = <usize>job.cols * sizeof<T>();
  for (let k = 0; k < job.records; k++) {
    const record = job.program + <usize>(k * RECORD_BYTES);
    const table = <usize>load<i32>(record, 4);
    const row = job.leftTables + table * rs + <usize>i * sizeof<T>();
    const col = job.rightTables + table * cs;
    const params = record + 8;
    const vectors = job.program + <usize>load<i32>(record, 40);
    switch (load<i32>(record)) {
      case START: start<L, T>(job, i, end, c, m, t, load<f64>(params)); break;
      case TANGENT: tangent<L>(c, t, end, vectors); break;
      case AFFINE: affine<L, T>(c, m, t, end, row, rs, col, cs); break;
      case RECTIFIED: rectified<L>(c, m, t, end, vectors); break;
      case ERF: anyErf<L, T>(c, m, t, end, row, rs, col, cs); break;
      case ERF_PRECISE: preciseErf<L, T>(c, m, t, end, row, rs, col, cs); break;
      case GUARD: guard<L, T>(c, m, end, row, col); break;
      case CORRELATION: correlation<L>(c, m, end); break;
      case PLAIN_RECTIFIED:
        plain<L>(m, t, end, vectors);
        turned<L>(c, m, t, end, vectors, withTangent);
        break;
      case AFFINE_RECTIFIED:
        affineGaps<L, T>(m, t, end, row, rs, col, cs);
        turned<L>(c, m, t, end, vectors, withTangent);
        break;
      case STANDARD_RECTIFIED:
        standardGaps<L, T>(m, t, end, row, rs, col, cs, vectors);
        turned<L>(c, m, t, end, vectors, withTangent);
        break;
      case RECTIFIED_RUN: wholeRun<L>(c, m, t, end, <i32>load<f64>(params), vectors, m + strip, withTangent); break;
      case FINISH: finish<L, T>(c, t, end, row, rs, col, cs); break;
      case TABULATED:
        if (!tabulated<L, T>(job.work, strip, last, c, m, t, end, row, rs, col, cs, params)) return;
        break;
      default: activation<L, T>(load<i32>(record), c, m, t, end, row, rs, col, cs, params); break;
    }
  }
}

/** Copies the lower triangle of the leading n × n block onto the upper one. */
function mirror<T>(a: usize, n: i32, ld: i32): void {
  for (let i = 1; i < n; i++)
    for (let j = 0; j < i; j++)
      store<T>(a + <usize>(j * ld + i) * sizeof<T>(), load<T>(a + <usize>(i * ld + j) * sizeof<T>()));
}

@inline
function tile<L, T>(job: Job): void {
  if (job.work) store<i32>(job.work, 0);
  blockProduct<T>(job.paddedRows, job.paddedCols, job.features, job.leftPacked, job.rightPacked, job.nngp, job.paddedCols, job.lower);
  for (let i = 0; i < job.rows; i++) {
    const wanted = <usize>(job.lower ? min(i + 1, job.cols) : job.cols) * sizeof<T>();
    runRow<L, T>(job, i, (wanted + 15) & ~15);
  }
  if (job.lower) {
    mirror<T>(job.nngp, job.rows, job.paddedCols);
    if (job.tangent) mirror<T>(job.ntk, job.rows, job.paddedCols);
  }
  if (job.nngpTransposed) transpose<T>(job.nngp, job.rows, job.cols, job.paddedCols, job.nngpTransposed);
  if (job.ntkTransposed) transpose<T>(job.ntk, job.rows, job.cols, job.paddedCols, job.ntkTransposed);
}

export function tile_f32(job: usize): void {
  tile<F32x4, f32>(changetype<Job>(job));
}
export function tile_f64(job: usize): void {
  tile<F64x2, f64>(changetype<Job>(job));
}

/**
 * dst (cols × rows, dense) = the transpose of the leading rows × cols block of src, by squares whose rows are one line of the cache: strides
 * are powers of two in most tiles, and of wider squares more lines would fall into one set than it holds.
 */
function transpose<T>(src: usize, rows: i32, cols: i32, ld: i32, dst: usize): void {
  const side = <i32>(64 / sizeof<T>());
  for (let i = 0; i < rows; i += side)
    for (let j = 0; j < cols; j += side)
      transposeSquare<T>(at<T>(src, ld, i, j), min(side, rows - i), min(side, cols - j), bytes<T>(ld), at<T>(dst, rows, j, i), bytes<T>(rows));
}

function transposeSquare<T>(src: usize, rows: i32, cols: i32, rs: usize, dst: usize, ds: usize): void {
  if (rows == cols && bytes<T>(rows) == 64) {
    for (let o: usize = 0; o < 64; o += 16, src += (16 / sizeof<T>()) * rs) {
      if (sizeof<T>() == 4) transpose4(src, rs, rows, 0, dst + o, ds);
      else transpose2(src, rs, rows, 0, dst + o, ds);
    }
    return;
  }
  for (let j = 0; j < cols; j++, dst += ds)
    for (let i = 0; i < rows; i++) store<T>(dst + bytes<T>(i), load<T>(src + <usize>i * rs + bytes<T>(j)));
}

export function pack_rows_f32(src: usize, ld: i32, rows: i32, k: i32, scale: usize, dst: usize, width: i32): void {
  packRows<f32>(src, ld, rows, k, scale, dst, width);
}
export function pack_rows_f64(src: usize, ld: i32, rows: i32, k: i32, scale: usize, dst: usize, width: i32): void {
  packRows<f64>(src, ld, rows, k, scale, dst, width);
}
