/** Where results go: arrays of the caller's, checked, or new ones. */
import type { TileField } from '../backends/backend';
import { InfiniteWidthError } from '../errors';
import type { KernelField, KernelOptions } from '../kernel';
import { allocate, type DType, dtypeOf, type NDArray, showShape, sizeOf, type TypedArray } from '../ndarray';

const FIELDS: readonly KernelField[] = ['nngp', 'ntk', 'cov1', 'cov2', 'shape1', 'shape2', 'isGaussian'];

/** @throws ERR_ARGUMENT for a field that does not exist or stands twice */
export function fieldsOf(get: KernelField | readonly KernelField[] = ['nngp', 'ntk']): readonly KernelField[] {
  const fields = typeof get === 'string' ? [get] : get;
  if (Array.isArray(fields) && fields.length > 0 && fields.every((f) => FIELDS.includes(f)) && new Set(fields).size === fields.length)
    return fields;
  throw new InfiniteWidthError(
    'ERR_ARGUMENT',
    `get names each field at most once, out of ${FIELDS.join(', ')}; got ${JSON.stringify(get)}`,
    { get },
  );
}

const dataOf = (out: NDArray | TypedArray): TypedArray => (ArrayBuffer.isView(out) ? out : out?.data);

export function dtypeOfOut(out: KernelOptions['out']): DType | undefined {
  const first = out?.nngp ?? out?.ntk;
  return first ? dtypeOf(dataOf(first)) : undefined;
}

/** Whether two arrays have a byte in common. */
const overlap = (a: TypedArray, b: TypedArray): boolean =>
  a.buffer === b.buffer && a.byteOffset < b.byteOffset + b.byteLength && b.byteOffset < a.byteOffset + a.byteLength;

/** Every array of `out` belongs to a field that is asked for, and to one only, and to no input, since inputs are read to the end. */
export function checkOut(out: KernelOptions['out'], get: readonly KernelField[], inputs: readonly NDArray[]): void {
  const entries = Object.entries(out ?? {}).filter(([, value]) => value !== undefined);
  const buffers = entries.map(([, value]) => dataOf(value as NDArray | TypedArray)?.buffer);
  for (const [field, value] of entries) {
    if (!get.includes(field as KernelField))
      throw new InfiniteWidthError('ERR_ARGUMENT', `out.${field} is given but ${field} is not in get: ${get.join(', ')}`, { field, get });
    const data = dataOf(value as NDArray | TypedArray);
    if (!(data instanceof Float32Array || data instanceof Float64Array))
      throw new InfiniteWidthError('ERR_DTYPE', `out.${field} must be a Float32Array or Float64Array, or an NDArray of one`, { field });
    if (inputs.some((input) => overlap(data, input.data)))
      throw new InfiniteWidthError('ERR_ARGUMENT', `out.${field} shares memory with an input, which is read to the end; give it its own`, {
        field,
      });
  }
  if (new Set(buffers).size !== buffers.length)
    throw new InfiniteWidthError('ERR_ARGUMENT', 'out.nngp and out.ntk share one buffer; each result needs its own', {});
}

/** The fields of `get` that hold one number or more for every pair, with the arrays they go to, of shape `shape`. */
export function openOutputs(
  get: readonly KernelField[],
  out: KernelOptions['out'],
  dtype: DType,
  shape: readonly number[],
): (readonly [TileField, TypedArray])[] {
  return (['nngp', 'ntk'] as const)
    .filter((field) => get.includes(field))
    .map((field) => [field, outputFor(field, out, dtype, shape)] as const);
}

function outputFor(field: TileField, out: KernelOptions['out'], dtype: DType, shape: readonly number[]): TypedArray {
  const given = out?.[field];
  if (!given) return allocate(dtype, sizeOf(shape), `a ${shape.join(' × ')} kernel`);
  const data = dataOf(given);
  if (dtypeOf(data) !== dtype)
    throw new InfiniteWidthError('ERR_DTYPE', `out.${field} is ${dtypeOf(data)} but the result is ${dtype}; pass dtype or another array`, {
      field,
      dtype,
    });
  if (data.length !== sizeOf(shape) || ('shape' in given && showShape(given.shape) !== showShape(shape)))
    throw new InfiniteWidthError(
      'ERR_SHAPE',
      `out.${field} has ${'shape' in given ? `shape ${showShape(given.shape)}` : `${data.length} elements`}, the result ${showShape(shape)}`,
      { field, expected: shape },
    );
  return data;
}
