/** kernel(net, x1, x2): the NNGP and NTK of an infinitely wide network between two sets of inputs. */
import type { TileField, TileWorker } from './backends/backend';
import { defaultContext, type EngineContext } from './context';
import { InfiniteWidthError, throwIfAborted } from './errors';
import { type Inference, infer } from './infer';
import { measure, type Rows, resultDtype } from './inputs';
import { allocate, asNDArray, bytesPer, type DType, dtypeOf, type NDArray, showShape, type TypedArray } from './ndarray';
import { makePlan, type Plan, type Tile } from './plan';
import { arithmeticOf, compile, type Program, REMEASURE } from './program';
import { checkRange, passRows } from './rows';
import type { Network } from './spec';

/** Fields a kernel can be asked for. */
export interface KernelFields {
  /** K(x1, x2), [n1, n2] */
  nngp: NDArray;
  /** Θ(x1, x2), [n1, n2] */
  ntk: NDArray;
  /** Variances of x1 alone, [n1]; of x2, [n2], null where x2 is left out. */
  cov1: NDArray;
  cov2: NDArray | null;
  /** Output shapes of the finite network, sample axis first. */
  shape1: readonly number[];
  shape2: readonly number[];
  /** The network's outputs are Gaussian in the infinite limit: it ends in a parameterized layer. */
  isGaussian: boolean;
}
export type KernelField = keyof KernelFields;

export interface Progress {
  readonly phase: string;
  /** Units of work done and in all (entries of the kernel). */
  readonly done: number;
  readonly total: number;
}

export interface KernelOptions<F extends KernelField = KernelField> {
  /** What to compute. Default ['nngp', 'ntk']. */
  get?: F | readonly F[];
  /** Precision of the computation and the result. Default: float32 if every input is, otherwise float64. */
  dtype?: DType;
  engine?: EngineContext;
  /** Stops within one tile. */
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
  /** Arrays to write into, of shape [n1, n2] and the result's dtype. After an abort their contents are unspecified. */
  out?: { nngp?: NDArray | TypedArray; ntk?: NDArray | TypedArray };
}

type Input = NDArray | readonly (readonly number[])[];
export type KernelResult<F extends KernelField> = { [K in F]: KernelFields[K] };

const FIELDS: readonly KernelField[] = ['nngp', 'ntk', 'cov1', 'cov2', 'shape1', 'shape2', 'isGaussian'];

/**
 * The kernel of `net` between the rows of x1 and x2.
 * @param x1 [n1, …] float32 or float64, samples first, channels last; x2 [n2, …] likewise, or left out (null): x2 = x1, exactly
 *   symmetric, half the work
 * @returns exactly the fields of `get`
 * @throws ERR_SHAPE, ERR_NON_FINITE, ERR_DTYPE, ERR_NOT_GAUSSIAN, ERR_OUT_OF_MEMORY before the work starts; AbortError
 */
export function kernel<F extends KernelField = 'nngp' | 'ntk'>(
  net: Network,
  x1: Input,
  options?: KernelOptions<F>,
): Promise<KernelResult<F>>;
export function kernel<F extends KernelField = 'nngp' | 'ntk'>(
  net: Network,
  x1: Input,
  x2: Input | null | undefined,
  options?: KernelOptions<F>,
): Promise<KernelResult<F>>;
export async function kernel<F extends KernelField>(
  net: Network,
  x1: Input,
  second?: Input | KernelOptions<F> | null,
  third?: KernelOptions<F>,
): Promise<KernelResult<F>> {
  const job = prepare(net, x1, ...splitArguments(second, third));
  const { signal } = job.options;
  throwIfAborted(signal);
  for (const _ of computeTiles(job)) {
    await macrotask();
    throwIfAborted(signal);
  }
  return job.result;
}

/** `kernel` on the calling thread, without yielding. */
export function kernelSync<F extends KernelField = 'nngp' | 'ntk'>(net: Network, x1: Input, options?: KernelOptions<F>): KernelResult<F>;
export function kernelSync<F extends KernelField = 'nngp' | 'ntk'>(
  net: Network,
  x1: Input,
  x2: Input | null | undefined,
  options?: KernelOptions<F>,
): KernelResult<F>;
export function kernelSync<F extends KernelField>(
  net: Network,
  x1: Input,
  second?: Input | KernelOptions<F> | null,
  third?: KernelOptions<F>,
): KernelResult<F> {
  const job = prepare(net, x1, ...splitArguments(second, third));
  throwIfAborted(job.options.signal);
  for (const _ of computeTiles(job)) throwIfAborted(job.options.signal);
  return job.result;
}

/** Distinguishes kernel(net, x1, options) from kernel(net, x1, x2, options). */
export function splitArguments<F extends KernelField>(
  second?: Input | KernelOptions<F> | null,
  third?: KernelOptions<F>,
): [Input | null, KernelOptions<F>] {
  if (second === null || second === undefined) return [null, third ?? {}];
  const isOptions =
    Object.prototype.toString.call(second) === '[object Object]' && !('data' in (second as object)) && !('shape' in (second as object));
  return isOptions ? [null, second as KernelOptions<F>] : [second as Input, third ?? {}];
}

interface KernelJob {
  readonly options: KernelOptions;
  readonly context: EngineContext;
  readonly program: Program;
  readonly plan: Plan;
  readonly rows1: Rows;
  readonly rows2: Rows;
  readonly outputs: readonly (readonly [TileField, TypedArray])[];
  // biome-ignore lint/suspicious/noExplicitAny: the overloads type the fields
  readonly result: any;
}

/** Every check and every allocation of a kernel: after it only an abort can stop the work. */
function prepare(net: Network, x1: Input, x2: Input | null, options: KernelOptions): KernelJob {
  const get = fieldsOf(options.get);
  const array1 = asNDArray(x1, 'x1');
  const symmetric = x2 === null || x2 === x1;
  const array2 = symmetric ? array1 : asNDArray(x2, 'x2');
  const inference = infer(net, array1.shape);
  if (!symmetric) sameFeatures(array1, array2);
  const dtype = resultDtype(options.dtype ?? dtypeOfOut(options.out), [array1, array2]);
  const rows1 = measure(array1, 'x1', dtype);
  const rows2 = symmetric ? rows1 : measure(array2, 'x2', dtype);
  const draft = compile(inference.steps, REMEASURE[dtype]);
  const variances1 = variancesOf(draft, rows1, dtype);
  const variances2 = symmetric ? variances1 : variancesOf(draft, rows2, dtype);
  const needsDouble = variances1.needsDouble || variances2.needsDouble;
  const arithmetic = needsDouble ? 'float64' : arithmeticOf(inference.steps, dtype);
  const program = arithmetic === dtype ? draft : compile(inference.steps, REMEASURE[arithmetic]);
  const [n1, n2] = [rows1.count, rows2.count];
  const wants = (field: KernelField) => get.includes(field);
  checkOut(options.out, get);
  const given = Object.values(options.out ?? {}).length * n1 * n2 * bytesPer(dtype);
  const { features } = inference;
  const plan = makePlan(program, {
    n1,
    n2,
    features,
    dtype,
    arithmetic,
    symmetric,
    nngp: wants('nngp'),
    ntk: wants('ntk'),
    preallocated: given,
  });
  const outputs = (['nngp', 'ntk'] as const).filter(wants).map((field) => [field, outputFor(field, options.out, dtype, n1, n2)] as const);
  const result = Object.fromEntries(
    get.map((field) => [
      field,
      fieldValue(field, inference, [n1, n2], new Map(outputs), variances1.data, x2 === null ? null : variances2.data, array2),
    ]),
  );
  return { options, context: options.engine ?? defaultContext(), program, plan, rows1, rows2, outputs, result };
}

function fieldValue(
  field: KernelField,
  { outputShape, isGaussian }: Inference,
  shape: readonly number[],
  outputs: ReadonlyMap<TileField, TypedArray>,
  variances1: TypedArray,
  variances2: TypedArray | null,
  x2: NDArray,
): KernelFields[KernelField] {
  switch (field) {
    case 'cov1':
      return { data: variances1, shape: [variances1.length] };
    case 'cov2':
      return variances2 && { data: variances2.slice(), shape: [variances2.length] };
    case 'shape1':
      return [...outputShape];
    case 'shape2':
      return [x2.shape[0], ...outputShape.slice(1)];
    case 'isGaussian':
      return isGaussian;
    default:
      return { data: outputs.get(field) as TypedArray, shape };
  }
}

/** Computes tile after tile into the outputs, yielding after each; closes its workspace however it ends. */
function* computeTiles({ context, program, plan, rows1, rows2, outputs, options }: KernelJob): Generator<void> {
  if (outputs.length === 0) return;
  const worker = context.backend.openTiles(plan.job);
  const total = outputs.length * plan.n1 * plan.n2;
  let done = 0;
  let row = -1;
  try {
    for (const tile of plan.tiles) {
      if (tile.row !== row) worker.setRows(panelOf(program, rows1, tile.row, tile.rows));
      row = tile.row;
      worker.setCols(panelOf(program, rows2, tile.col, tile.cols));
      const diagonal = plan.symmetric && tile.row === tile.col;
      worker.compute(diagonal);
      const mirrored = plan.symmetric && !diagonal;
      for (const [field, out] of outputs) store(worker, field, out, tile, plan.n2, mirrored);
      done += outputs.length * tile.rows * tile.cols * (mirrored ? 2 : 1);
      options.onProgress?.({ phase: 'kernel', done, total });
      yield;
    }
  } finally {
    worker.close();
  }
}

function store(worker: TileWorker, field: TileField, out: TypedArray, { row, col }: Tile, n2: number, mirrored: boolean): void {
  worker.read(field, false, out, row * n2 + col, n2);
  if (mirrored) worker.read(field, true, out, col * n2 + row, n2);
}

function panelOf(program: Program, rows: Rows, from: number, count: number) {
  const { tables } = passRows(program, rows.inverse, rows.radius, from, count);
  const part = (values: Float64Array) => values.subarray(from, from + count);
  return { data: rows.data, from, count, scale: part(rows.scale), inverse: part(rows.inverse), tables };
}

/** Rows whose variances are followed at a time. */
const BLOCK = 1024;

/** K(x, x) of every row, refusing rows whose kernel the dtype cannot hold. */
function variancesOf(program: Program, rows: Rows, dtype: DType): { data: TypedArray; needsDouble: boolean } {
  const data = allocate(dtype, rows.count, 'the variances');
  let needsDouble = false;
  for (let from = 0; from < rows.count; from += BLOCK) {
    const pass = passRows(program, rows.inverse, rows.radius, from, Math.min(BLOCK, rows.count - from));
    checkRange(pass, from, dtype, rows.name);
    data.set(pass.variance, from);
    needsDouble ||= pass.needsDouble;
  }
  return { data, needsDouble };
}

function fieldsOf(get: KernelField | readonly KernelField[] = ['nngp', 'ntk']): readonly KernelField[] {
  const fields = typeof get === 'string' ? [get] : get;
  if (Array.isArray(fields) && fields.length > 0 && fields.every((f) => FIELDS.includes(f)) && new Set(fields).size === fields.length)
    return fields;
  throw new InfiniteWidthError(
    'ERR_ARGUMENT',
    `get names each field at most once, out of ${FIELDS.join(', ')}; got ${JSON.stringify(get)}`,
    { get },
  );
}

function sameFeatures(x1: NDArray, x2: NDArray): void {
  if (x1.shape.slice(1).join() === x2.shape.slice(1).join() && x1.shape.length === x2.shape.length) return;
  throw new InfiniteWidthError(
    'ERR_SHAPE',
    `x1 has shape ${showShape(x1.shape)} and x2 ${showShape(x2.shape)}; all but the first axis must agree`,
    { x1: x1.shape, x2: x2.shape },
  );
}

const dataOf = (out: NDArray | TypedArray): TypedArray => (ArrayBuffer.isView(out) ? out : out?.data);

function dtypeOfOut(out: KernelOptions['out']): DType | undefined {
  const first = out?.nngp ?? out?.ntk;
  return first && dtypeOf(dataOf(first));
}

/** Every array of `out` belongs to a field that is asked for, and to one only. */
function checkOut(out: KernelOptions['out'], get: readonly KernelField[]): void {
  const entries = Object.entries(out ?? {}).filter(([, value]) => value !== undefined);
  const buffers = entries.map(([, value]) => dataOf(value as NDArray | TypedArray)?.buffer);
  for (const [field, value] of entries) {
    if (!get.includes(field as KernelField))
      throw new InfiniteWidthError('ERR_ARGUMENT', `out.${field} is given but ${field} is not in get: ${get.join(', ')}`, { field, get });
    const data = dataOf(value as NDArray | TypedArray);
    if (!(data instanceof Float32Array || data instanceof Float64Array))
      throw new InfiniteWidthError('ERR_DTYPE', `out.${field} must be a Float32Array or Float64Array, or an NDArray of one`, { field });
  }
  if (new Set(buffers).size !== buffers.length)
    throw new InfiniteWidthError('ERR_ARGUMENT', 'out.nngp and out.ntk share one buffer; each result needs its own', {});
}

function outputFor(field: TileField, out: KernelOptions['out'], dtype: DType, n1: number, n2: number): TypedArray {
  const given = out?.[field];
  if (!given) return allocate(dtype, n1 * n2, `a ${n1} × ${n2} kernel`);
  const data = dataOf(given);
  if (dtypeOf(data) !== dtype)
    throw new InfiniteWidthError('ERR_DTYPE', `out.${field} is ${dtypeOf(data)} but the result is ${dtype}; pass dtype or another array`, {
      field,
      dtype,
    });
  if (data.length !== n1 * n2 || ('shape' in given && (given.shape[0] !== n1 || given.shape[1] !== n2)))
    throw new InfiniteWidthError(
      'ERR_SHAPE',
      `out.${field} has ${'shape' in given ? `shape ${showShape(given.shape)}` : `${data.length} elements`}, the result [${n1}, ${n2}]`,
      {
        field,
        expected: [n1, n2],
      },
    );
  return data;
}

/** Lets timers, messages and the abort signal's owner run. */
function macrotask(): Promise<void> {
  if (typeof setImmediate === 'function') return new Promise((resolve) => setImmediate(resolve));
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
