/** Everything about a kernel call that is decided before the work starts: checks, plan, allocation. */
import type { TileField } from './backends/backend';
import { defaultContext, type EngineContext } from './context';
import { InfiniteWidthError } from './errors';
import { type Inference, infer } from './infer';
import { measure, type Rows, resultDtype } from './inputs';
import type { Input, KernelField, KernelFields, KernelOptions } from './kernel';
import { allocate, asNDArray, bytesPer, type DType, dtypeOf, type NDArray, showShape, type TypedArray } from './ndarray';
import { makePlan, type Plan } from './plan';
import { arithmeticOf, compile, type Program, REMEASURE } from './program';
import { checkRange, passRows } from './rows';
import type { Network } from './spec';

const FIELDS: readonly KernelField[] = ['nngp', 'ntk', 'cov1', 'cov2', 'shape1', 'shape2', 'isGaussian'];

export interface KernelJob {
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
export function prepare(net: Network, x1: Input, x2: Input | null, options: KernelOptions): KernelJob {
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
