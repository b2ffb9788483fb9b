/**
 * A team of threads on one shared memory: tasks are records in memory, taken one by one from an atomic counter. Every thread has an
 * instance of its own and stays in `serve`; it spins for a while after its last task, then sleeps. Nothing returns to JavaScript
 * between tasks.
 *
 * The control block (32-bit words). The calling side writes RECORDS … WORK_BYTES, TOTAL and LIMIT while NEXT is negative, then NEXT, then
 * raises GENERATION: a thread that still holds an index of an earlier batch fails its exchange on NEXT.
 */
import { isReady, potrfStep } from './potrf-steps';
import { packTask, productTask } from './product-tasks';
import { gemmTask, trsmTask } from './tasks';
import { tile_f32, tile_f64 } from './tile';

/** Raised once per batch; threads sleep on it. */
const GENERATION: usize = 0;
/** The batch's tag above the index of the next task; negative between batches and after an abort. */
const NEXT: usize = 4;
/** Tasks released so far, and tasks in all. */
const LIMIT: usize = 8;
const TOTAL: usize = 12;
/** Threads leave when it is not 0. */
const STOP: usize = 16;
/** Tasks finished. */
const DONE: usize = 20;
/** First record, and bytes from one to the next. */
const RECORDS: usize = 24;
const RECORD_BYTES: usize = 28;
/** Scratch of thread 0, and bytes from one thread's to the next's. */
const WORK: usize = 32;
const WORK_BYTES: usize = 36;

/** Loads of a flag before a thread goes to sleep: some tens of microseconds, or few where there are more threads than cores. */
const SPINS: usize = 40;
/** Nanoseconds a thread sleeps when the next task is not released yet. */
const NAP: i64 = 200000;

/** Kinds of task: the first word of a record; its last word, after RECORD_BYTES − 4, becomes 1 when it is done. */
const TASK_TILE_F32: i32 = 0;
const TASK_TILE_F64: i32 = 1;
const TASK_GEMM_F32: i32 = 2;
const TASK_GEMM_F64: i32 = 3;
const TASK_PRODUCT_F32: i32 = 4;
const TASK_PRODUCT_F64: i32 = 5;
const TASK_TRSM_F32: i32 = 6;
const TASK_TRSM_F64: i32 = 7;
const TASK_PACK_F32: i32 = 8;
const TASK_PACK_F64: i32 = 9;
/** These are released one after the other as they become ready. */
const TASK_POTRF_F32: i32 = 10;
const TASK_POTRF_F64: i32 = 11;

/** The bits of NEXT that hold the index. The tag above them makes an exchange with a word of an earlier batch fail. */
const INDEX: i32 = 0xfffff;

/** What `take` answers instead of an index. */
const NONE_YET: i32 = -1;
const NONE_LEFT: i32 = -2;

function run(record: usize, work: usize): void {
  switch (load<i32>(record)) {
    case TASK_TILE_F32: tile_f32(record); break;
    case TASK_TILE_F64: tile_f64(record); break;
    case TASK_GEMM_F32: gemmTask<f32>(record, work); break;
    case TASK_GEMM_F64: gemmTask<f64>(record, work); break;
    case TASK_PRODUCT_F32: productTask<f32>(record, work); break;
    case TASK_PRODUCT_F64: productTask<f64>(record, work); break;
    case TASK_TRSM_F32: trsmTask<f32>(record, work); break;
    case TASK_TRSM_F64: trsmTask<f64>(record, work); break;
    case TASK_PACK_F32: packTask<f32>(record); break;
    case TASK_PACK_F64: packTask<f64>(record); break;
    case TASK_POTRF_F32: potrfStep<f32>(record, work); break;
    case TASK_POTRF_F64: potrfStep<f64>(record, work); break;
    default: unreachable();
  }
}

/** Releases the tasks of a factorisation that are ready, up to the first that is not: whoever has done a task does, before it counts as done. */
function releaseReady(control: usize): void {
  const total = atomic.load<i32>(control + TOTAL);
  const records = <usize>load<i32>(control + RECORDS);
  const stride = <usize>load<i32>(control + RECORD_BYTES);
  const before = atomic.load<i32>(control + LIMIT);
  let limit = before;
  while (limit < total && isReady(records + <usize>limit * stride)) {
    const seen = atomic.cmpxchg<i32>(control + LIMIT, limit, limit + 1);
    limit = seen == limit ? limit + 1 : seen;
  }
  if (limit > before) atomic.notify(control + LIMIT, -1);
}

/** Takes one task and runs it; gives its index, NONE_YET where the next is not released, NONE_LEFT where the batch is taken. */
export function take(control: usize, thread: i32): i32 {
  for (;;) {
    const next = atomic.load<i32>(control + NEXT);
    const index = next & INDEX;
    if (next < 0 || index >= atomic.load<i32>(control + TOTAL)) return NONE_LEFT;
    if (index >= atomic.load<i32>(control + LIMIT)) return NONE_YET;
    if (atomic.cmpxchg<i32>(control + NEXT, next, next + 1) != next) continue;
    const stride = load<i32>(control + RECORD_BYTES);
    const record = <usize>load<i32>(control + RECORDS) + <usize>index * <usize>stride;
    run(record, <usize>load<i32>(control + WORK) + <usize>thread * <usize>load<i32>(control + WORK_BYTES));
    atomic.store<i32>(record + <usize>stride - 4, 1);
    if (load<i32>(record) >= TASK_POTRF_F32) releaseReady(control);
    atomic.add<i32>(control + DONE, 1);
    return index;
  }
}

/** The life of a thread: batches until STOP. */
export function serve(control: usize, thread: i32): void {
  let seen = 0;
  for (;;) {
    let spins = load<i32>(control + SPINS);
    while (atomic.load<i32>(control + GENERATION) == seen) {
      if (--spins < 0) atomic.wait<i32>(control + GENERATION, seen, -1);
    }
    seen = atomic.load<i32>(control + GENERATION);
    if (atomic.load<i32>(control + STOP)) return;
    help(control, thread);
  }
}

/** Runs tasks until the batch is taken. */
function help(control: usize, thread: i32): void {
  const most = load<i32>(control + SPINS);
  let spins = most;
  for (;;) {
    const index = take(control, thread);
    if (index == NONE_LEFT) return;
    if (index >= 0) spins = most;
    else if (--spins < 0) {
      const limit = atomic.load<i32>(control + LIMIT);
      if (limit <= (atomic.load<i32>(control + NEXT) & INDEX)) atomic.wait<i32>(control + LIMIT, limit, NAP);
    }
  }
}
