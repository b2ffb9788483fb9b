/** RECTIFIED_RUN of src/opcodes.ts on a strip, arguments as in steps.ts; `vectors` are the parameters in every lane. */
import { runCorrelation, runCubic, runNext, runPlace, runSum, runTwice } from '../src/duals/run';

/** Bytes of J, limit, a, −A and π + A, and of the two cubics q_j, T's behind F's. */
const HEAD: usize = 80;
const BLOCK: usize = 128;
const TANGENT: usize = 64;

/**
 * One loop over the strip for every block, whose coefficients then stay in registers: what a processor looks ahead holds several turns of a short
 * loop, but less than one vector's whole recursion. `work`: six strips. `withTangent` is a constant at every call.
 */
@inline
export function run<L>(c: usize, m: usize, t: usize, end: usize, blocks: i32, vectors: usize, work: usize, withTangent: bool): void {
  const l = changetype<L>(0);
  const limit = v128.load(vectors, 16);
  const slope = v128.load(vectors, 32);
  const pole = v128.load(vectors, 48);
  const far = v128.load(vectors, 64);
  const z = work + end;
  let b1 = z + end;
  let b2 = b1 + 2 * end;
  for (let o: usize = 0; o < end; o += 16) {
    const y = runPlace<L, v128, usize>(l, c + o, m + o, limit, slope, pole, far);
    v128.store(work + o, y);
    v128.store(z + o, runTwice<L, v128>(l, l.mul(y, y)));
  }
  memory.fill(b1, 0, 4 * end);
  let at = vectors + HEAD;
  for (const last = at + <usize>(blocks - 1) * BLOCK; at < last; at += BLOCK) {
    if (withTangent) nextBoth<L>(work, z, b1, b2, end, at);
    else next<L>(work, z, b1, b2, end, at, b2, false);
    const b = b1;
    b1 = b2;
    b2 = b;
  }
  if (withTangent) next<L>(work, z, b1 + end, b2 + end, end, at + TANGENT, t, true);
  next<L>(work, z, b1, b2, end, at, b1, true);
  for (let o: usize = 0; o < end; o += 16) runCorrelation<L, v128, usize>(l, c + o, m + o, limit, v128.load(b1 + o));
}

/**
 * b_j of F, in the place of b_(j+2) at `b2`, or the sum of F or T where `isLast`, a constant at every call; to `to`. y, 2Z and b_(j+1) lie at `y`, `z`
 * and `b1`, the coefficients of q_j at `at`.
 */
@inline
function next<L>(y: usize, z: usize, b1: usize, b2: usize, end: usize, at: usize, to: usize, isLast: bool): void {
  const l = changetype<L>(0);
  const q0 = v128.load(at);
  const q1 = v128.load(at, 16);
  const q2 = v128.load(at, 32);
  const q3 = v128.load(at, 48);
  for (let o: usize = 0; o < end; o += 16) {
    const x = v128.load(y + o);
    const twice = v128.load(z + o);
    const own = runCubic<L, v128>(l, x, l.mul(x, x), q0, q1, q2, q3);
    const first = v128.load(b1 + o);
    const second = v128.load(b2 + o);
    v128.store(to + o, isLast ? runSum<L, v128>(l, twice, own, first, second) : runNext<L, v128>(l, twice, own, first, second));
  }
}

/** b_j of F and of T, whose strips and coefficients follow F's. */
function nextBoth<L>(y: usize, z: usize, b1: usize, b2: usize, end: usize, at: usize): void {
  const l = changetype<L>(0);
  const q0 = v128.load(at);
  const q1 = v128.load(at, 16);
  const q2 = v128.load(at, 32);
  const q3 = v128.load(at, 48);
  const r0 = v128.load(at, 64);
  const r1 = v128.load(at, 80);
  const r2 = v128.load(at, 96);
  const r3 = v128.load(at, 112);
  const t1 = b1 + end;
  const t2 = b2 + end;
  for (let o: usize = 0; o < end; o += 16) {
    const x = v128.load(y + o);
    const x2 = l.mul(x, x);
    const twice = v128.load(z + o);
    const f = runCubic<L, v128>(l, x, x2, q0, q1, q2, q3);
    v128.store(b2 + o, runNext<L, v128>(l, twice, f, v128.load(b1 + o), v128.load(b2 + o)));
    const g = runCubic<L, v128>(l, x, x2, r0, r1, r2, r3);
    v128.store(t2 + o, runNext<L, v128>(l, twice, g, v128.load(t1 + o), v128.load(t2 + o)));
  }
}
