/** RECTIFIED_RUN of src/opcodes.ts on a strip, arguments as in steps.ts; `vectors` are the parameters in every lane. */
import { runCorrelation, runCubic, runNext, runPlace, runSum, runTwice } from '../src/duals/run';

/** Bytes of J, limit, a, −A and π + A, and of the two cubics q_j. */
const HEAD: usize = 80;
const BLOCK: usize = 128;

@inline
function cubicAt<L>(at: usize, y: v128, y2: v128): v128 {
  return runCubic<L, v128>(changetype<L>(0), y, y2, v128.load(at), v128.load(at, 16), v128.load(at, 32), v128.load(at, 48));
}

/** `withTangent` is a constant at every call. */
@inline
export function run<L>(c: usize, m: usize, t: usize, end: usize, blocks: i32, vectors: usize, withTangent: bool): void {
  const l = changetype<L>(0);
  const last = vectors + HEAD + <usize>(blocks - 1) * BLOCK;
  for (let o: usize = 0; o < end; o += 16) {
    const y = runPlace<L, v128, usize>(
      l, c + o, m + o, v128.load(vectors, 16), v128.load(vectors, 32), v128.load(vectors, 48), v128.load(vectors, 64),
    );
    const y2 = l.mul(y, y);
    const twice = runTwice<L, v128>(l, y2);
    let f1 = l.zero();
    let f2 = l.zero();
    let t1 = l.zero();
    let t2 = l.zero();
    for (let at = vectors + HEAD; at < last; at += BLOCK) {
      const f = runNext<L, v128>(l, twice, cubicAt<L>(at, y, y2), f1, f2);
      f2 = f1;
      f1 = f;
      if (withTangent) {
        const next = runNext<L, v128>(l, twice, cubicAt<L>(at + 64, y, y2), t1, t2);
        t2 = t1;
        t1 = next;
      }
    }
    if (withTangent) v128.store(t + o, runSum<L, v128>(l, twice, cubicAt<L>(last + 64, y, y2), t1, t2));
    runCorrelation<L, v128, usize>(l, c + o, m + o, v128.load(vectors, 16), runSum<L, v128>(l, twice, cubicAt<L>(last, y, y2), f1, f2));
  }
}
