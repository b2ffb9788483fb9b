/** Kernels of chains of layers on feature vectors: rows are measured, and tiles run the program of the tile engine. */
import type { EngineContext } from '../context';
import { InfiniteWidthError } from '../errors';
import type { Inference } from '../infer';
import { measure, type Rows } from '../inputs';
import type { KernelField } from '../kernel';
import type { KernelJob } from '../kernel-job';
import { allocate, bytesPer, type DType, type NDArray, showShape, type TypedArray } from '../ndarray';
import { makePlan } from '../plan';
import { arithmeticOf, compile, type Program } from '../program';
import { checkRange, passRows, type RowPass } from '../rows';
import { Octaves } from './octaves';
import { checkOut, openOutputs } from './outputs';
import type { PreparedInputs } from './prepared';

export function chainJob(inference: Inference, inputs: PreparedInputs, get: readonly KernelField[], context: EngineContext): KernelJob {
  const { options, dtype, symmetric } = inputs;
  const [[array1], [array2]] = [inputs.x1, inputs.x2];
  if (!symmetric) sameFeatures(array1, array2);
  const steps = (inference.chain ?? []).flat();
  const rows1 = measure(array1, 'x1', dtype);
  const rows2 = symmetric ? rows1 : measure(array2, 'x2', dtype);
  const draft = compile(steps, dtype);
  const variances1 = variancesOf(draft, rows1, dtype);
  const variances2 = symmetric ? variances1 : variancesOf(draft, rows2, dtype);
  const needsDouble = variances1.needsDouble || variances2.needsDouble;
  const arithmetic = needsDouble ? 'float64' : arithmeticOf(steps, dtype);
  const program = arithmetic === dtype ? draft : compile(steps, arithmetic);
  const [n1, n2] = [rows1.count, rows2.count];
  checkOut(options.out, get, [...inputs.x1, ...inputs.x2]);
  const preallocated = Object.values(options.out ?? {}).length * n1 * n2 * bytesPer(dtype);
  const [nngp, ntk] = [get.includes('nngp'), get.includes('ntk')];
  const atlases = variances1.octaves.meet(variances2.octaves);
  const plan = makePlan(program, { n1, n2, features: inference.features, dtype, arithmetic, symmetric, nngp, ntk, preallocated }, atlases);
  const outputs = openOutputs(get, options.out, dtype, [n1, n2]);
  const values: Record<KernelField, unknown> = {
    nngp: undefined,
    ntk: undefined,
    cov1: { data: variances1.data, shape: [n1] },
    cov2: inputs.x2Given ? { data: variances2.data.slice(), shape: [n2] } : null,
    shape1: [...inference.outputShape],
    shape2: [n2, ...inference.outputShape.slice(1)],
    isGaussian: inference.isGaussian,
  };
  for (const [field, data] of outputs) values[field] = { data, shape: [n1, n2] };
  return {
    options,
    context,
    plan,
    outputs,
    result: Object.fromEntries(get.map((field) => [field, values[field]])),
    panel: (side, from, count) => {
      const [rows, { tables }] = side === 0 ? [rows1, variances1] : [rows2, variances2];
      return panelOf(program, rows, program === draft ? tables : [], from, count);
    },
  };
}

/** Rows [from, from + count) of an input, with the tables of the program; `known` are those of its first blocks of rows. */
function panelOf(program: Program, rows: Rows, known: readonly Float64Array[], from: number, count: number) {
  const block = known[Math.floor(from / BLOCK)];
  const inside = from % BLOCK;
  const tables =
    block && inside + count <= BLOCK ? rowsOf(block, program.tables, inside, count) : passOf(program, rows, from, count).tables;
  const part = (values: Float64Array) => values.subarray(from, from + count);
  return {
    kind: 'chain',
    data: rows.data,
    total: rows.count,
    from,
    count,
    scale: part(rows.scale),
    inverse: part(rows.inverse),
    tables,
  } as const;
}

const passOf = (program: Program, rows: Rows, from: number, count: number): RowPass =>
  passRows(program, rows.inverse, rows.radius, from, count);

/** Rows [from, from + count) of each of some tables. */
function rowsOf(block: Float64Array, tables: number, from: number, count: number): Float64Array {
  const height = block.length / tables;
  const result = new Float64Array(tables * count);
  for (let k = 0; k < tables; k++) result.set(block.subarray(k * height + from, k * height + from + count), k * count);
  return result;
}

/** Rows whose variances are followed at a time. */
const BLOCK = 1024;
/** Bytes of their tables that are kept for panels, each of which is asked for by every row of tiles. */
const KEPT_BYTES = 16 << 20;

interface Variances {
  readonly data: TypedArray;
  readonly needsDouble: boolean;
  readonly octaves: Octaves;
  /** Tables of the first blocks of rows. */
  readonly tables: readonly Float64Array[];
}

/** K(x, x) of every row and the octaves of the variances before it, refusing rows whose kernel the dtype cannot hold. */
function variancesOf(program: Program, rows: Rows, dtype: DType): Variances {
  const data = allocate(dtype, rows.count, 'the variances');
  const octaves = new Octaves(program);
  const tables: Float64Array[] = [];
  let room = KEPT_BYTES;
  let needsDouble = false;
  for (let from = 0; from < rows.count; from += BLOCK) {
    const count = Math.min(BLOCK, rows.count - from);
    const pass = passOf(program, rows, from, count);
    checkRange(pass, from, dtype, rows.name);
    data.set(pass.variance, from);
    needsDouble ||= pass.needsDouble;
    octaves.add(pass.tables, count);
    room -= pass.tables.byteLength;
    if (room >= 0) tables.push(pass.tables);
  }
  return { data, needsDouble, octaves, tables };
}

function sameFeatures(x1: NDArray, x2: NDArray): void {
  if (x1.shape.slice(1).join() === x2.shape.slice(1).join() && x1.shape.length === x2.shape.length) return;
  throw new InfiniteWidthError(
    'ERR_SHAPE',
    `x1 has shape ${showShape(x1.shape)} and x2 ${showShape(x2.shape)}; all but the first axis must agree`,
    { x1: x1.shape, x2: x2.shape },
  );
}
