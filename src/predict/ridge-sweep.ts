/** Regression with many regularizers for the price of one: K + rI has the eigenvectors of K for every r. */
import type { EngineContext } from '../context';
import { InfiniteWidthError } from '../errors';
import type { LinearAlgebra } from '../linalg/contract';
import { allocate, checkFinite, type DType, dtypeOf, type NDArray, type TypedArray } from '../ndarray';
import { checkResult, inDtype, type MatrixInput, type OutputArray, type Outputs, readMatrix, regularizer, transposed } from './arguments';
import { multiplyAdd } from './blocks';
import { diagonalOf, EPSILON, ridgeOf } from './factor';
import { type Course, chunksOf, courseOf, eigensystemOf, type Spectrum, testChange, transformed } from './gradient-flow';
import { type LeaveOneOut, scoresOf } from './leave-one-out';
import { counted, type RunOptions, runAsync, runSync, type Steps } from './steps';
import { readTrainingSet } from './training-set';

export interface RidgeSweepOptions extends RunOptions {
  /** false (default): r = diagReg · trace(K)/n; true: r = diagReg. */
  diagRegAbsoluteScale?: boolean;
  /** [m, n]: predictions on a test set for every regularizer. */
  kTestTrain?: MatrixInput | null;
  engine?: EngineContext;
}

/** One regularizer, and how good a regression it makes. */
export interface RidgePoint {
  readonly diagReg: number;
  /** The r of K + rI. */
  readonly ridge: number;
  /** log p(y), as `logMarginalLikelihood` gives it; nats. */
  readonly logMarginalLikelihood: number;
  /** As `leaveOneOut` gives them. */
  readonly leaveOneOut: Pick<LeaveOneOut, 'meanSquaredError' | 'logProbability'>;
  /** tr K(K + rI)⁻¹: the degrees of freedom of the fit, between 0 and n. */
  readonly effectiveDimension: number;
}

export interface RidgeSweep {
  /** One entry for each of diagRegs, in their order. */
  readonly points: readonly RidgePoint[];
  /** k*(K + rI)⁻¹y for every r: [diagRegs, m, outputs], or [diagRegs, m] where yTrain is [n]; absent without kTestTrain. */
  readonly mean?: NDArray;
}

/**
 * Evidence, leave-one-out errors, degrees of freedom and test predictions of kernel regression with every one of many regularizers,
 * from one eigendecomposition: some 5n³ operations, then n² (outputs + 1) for each. The best of them by
 * `leaveOneOut.meanSquaredError` or `logMarginalLikelihood` is the `diagReg` for `fit`.
 * @param kTrainTrain [n, n]; @param yTrain [n] or [n, outputs]; the computation is float32 where both are, otherwise float64
 * @param diagRegs strengths, as `diagReg` everywhere, at least 0; any order
 * @throws ERR_SHAPE, ERR_DTYPE, ERR_NON_FINITE, ERR_ARGUMENT; ERR_NOT_POSITIVE_DEFINITE where the smallest eigenvalue of K + rI is
 *   within rounding error of 0, with the regularizer that would do; ERR_NOT_CONVERGED, AbortError
 */
export async function ridgeSweep(
  kTrainTrain: MatrixInput,
  yTrain: OutputArray,
  diagRegs: readonly number[],
  options: RidgeSweepOptions = {},
): Promise<RidgeSweep> {
  return runAsync(sweep(kTrainTrain, yTrain, diagRegs, options), options.engine, options);
}

/** `ridgeSweep` on the calling thread. */
export function ridgeSweepSync(
  kTrainTrain: MatrixInput,
  yTrain: OutputArray,
  diagRegs: readonly number[],
  options: RidgeSweepOptions = {},
): RidgeSweep {
  return runSync(sweep(kTrainTrain, yTrain, diagRegs, options), options);
}

function* sweep(
  kTrainTrain: MatrixInput,
  yTrain: OutputArray,
  diagRegs: readonly number[],
  { diagRegAbsoluteScale, kTestTrain = null, engine }: RidgeSweepOptions,
): Steps<RidgeSweep> {
  if (!Array.isArray(diagRegs) || diagRegs.length === 0)
    throw new InfiniteWidthError('ERR_ARGUMENT', 'diagRegs must be an array of at least one strength, such as [1e-4, 1e-3, 1e-2]', {
      diagRegs,
    });
  const strengths = diagRegs.map((diagReg) => regularizer({ diagReg, diagRegAbsoluteScale }));
  const { y, kernel, dtype, la } = readTrainingSet(kTrainTrain, yTrain, engine);
  const n = y.count;
  const test = kTestTrain && readMatrix(kTestTrain, 'kTestTrain', [null, n], `kTrainTrain has shape [${n}, ${n}]`);
  if (test) checkFinite(test, 'kTestTrain');
  const diagonal = diagonalOf(n, kernel);
  const ridges = strengths.map((strength) => ridgeOf(diagonal, strength));
  const spectrum = yield* eigensystemOf(la, n, kernel, 'kTrainTrain');
  strengths.forEach((strength, k) => {
    checkPositive(spectrum, ridges[k], strength.diagReg, ridgeOf(diagonal, { ...strength, diagReg: 1 }), dtype);
  });
  const course = yield* courseOf(la, spectrum, transposed(y, dtype));
  const points = yield* pointsOf(la, y, course, ridges, diagRegs);
  for (const { diagReg, leaveOneOut, ...numbers } of points)
    checkResult([...Object.values(numbers), ...Object.values(leaveOneOut)], `the regression with diagReg ${diagReg}`, 'float64');
  if (!test) return { points };
  const [m] = test.shape;
  const data = yield* testChange(la, course, ridges, m, inDtype(test, dtype), inverse);
  checkResult(data, 'the means', dtype);
  return { points, mean: { data, shape: [ridges.length, m, ...y.array.shape.slice(1)] } };
}

const inverse = (value: number, ridge: number): number => 1 / (value + ridge);

function* pointsOf(
  la: LinearAlgebra,
  y: Outputs,
  course: Course,
  ridges: readonly number[],
  diagRegs: readonly number[],
): Steps<RidgePoint[]> {
  const { spectrum, coordinates } = course;
  const { values } = spectrum;
  const [n, size] = [y.count, coordinates.length];
  const precisions = yield* precisionsOf(la, spectrum, ridges);
  const points: RidgePoint[] = [];
  for (const [from, chunk] of chunksOf(ridges, y.width)) {
    const weights = yield* counted('solve', 2 * chunk.length * size * n, transformed(la, spectrum, coordinates, chunk, inverse));
    chunk.forEach((ridge, k) => {
      let [quadratic, logDeterminant, effectiveDimension] = [0, 0, 0];
      for (let i = 0; i < size; i++) quadratic += coordinates[i] ** 2 / (values[i % n] + ridge);
      for (const value of values) {
        logDeterminant += Math.log(value + ridge);
        effectiveDimension += value / (value + ridge);
      }
      points.push({
        diagReg: diagRegs[from + k],
        ridge,
        logMarginalLikelihood: -0.5 * (quadratic + y.width * (logDeterminant + n * Math.log(2 * Math.PI))),
        leaveOneOut: scoresOf(y, weights.subarray(k * size, (k + 1) * size), precisions[from + k]),
        effectiveDimension,
      });
    });
  }
  return points;
}

/** Rows of eigenvectors that are squared at once. */
const ROWS = 512;

/** The diagonal of (K + rI)⁻¹ for every r: Σⱼ Uᵢⱼ²/(λⱼ + r). */
function* precisionsOf(la: LinearAlgebra, { n, values, vectors }: Spectrum, ridges: readonly number[]): Steps<TypedArray[]> {
  const dtype = dtypeOf(vectors);
  const inverses = allocate(dtype, ridges.length * n, 'the inverse eigenvalues');
  ridges.forEach((ridge, k) => {
    for (let j = 0; j < n; j++) inverses[k * n + j] = inverse(values[j], ridge);
  });
  const precisions = ridges.map(() => allocate(dtype, n, 'the diagonals'));
  for (let from = 0; from < n; from += ROWS) {
    const squares = vectors.slice(from * n, Math.min(n, from + ROWS) * n);
    for (let i = 0; i < squares.length; i++) squares[i] *= squares[i];
    const rows = squares.length / n;
    const block = allocate(dtype, rows * ridges.length, 'the diagonals');
    yield* counted('solve', 2 * block.length * n, multiplyAdd(la, 't', rows, ridges.length, n, 1, squares, inverses, block));
    for (const [k, precision] of precisions.entries()) for (let i = 0; i < rows; i++) precision[from + i] = block[i * ridges.length + k];
  }
  return precisions;
}

/** @param unit r of a diagReg of 1 @throws ERR_NOT_POSITIVE_DEFINITE where rounding errors decide the smallest eigenvalue */
function checkPositive({ n, values }: Spectrum, ridge: number, diagReg: number, unit: number, dtype: DType): void {
  const [smallest, largest] = [values[0], values[n - 1]];
  if (smallest + ridge > EPSILON[dtype] * largest) return;
  const needed = n * EPSILON[dtype] * Math.max(largest, -smallest) - Math.min(0, smallest);
  // The margin makes the power of ten larger than what is needed, where logarithms cannot tell them apart.
  const suggestedDiagReg = needed > 0 && unit > 0 ? Number(`1e${Math.ceil(Math.log10(needed / unit) + 1e-9)}`) : undefined;
  const remedy = suggestedDiagReg ? `start diagRegs at ${suggestedDiagReg}` : 'check that it is the kernel of the training set with itself';
  throw new InfiniteWidthError(
    'ERR_NOT_POSITIVE_DEFINITE',
    `kTrainTrain with diagReg ${diagReg} is not positive definite in ${dtype}: with it the eigenvalues go from ${smallest + ridge} to ${largest + ridge}; ${remedy}`,
    { pivot: smallest + ridge, index: 0, suggestedJitter: suggestedDiagReg && suggestedDiagReg * unit, suggestedDiagReg, diagReg, dtype },
  );
}
