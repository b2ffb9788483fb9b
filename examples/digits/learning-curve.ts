/** Accuracy against the number of training points. All points share one train-train and one test-train kernel. */
import type { Engine, NDArray, Network, Progress } from 'infinite-width';
import { accuracy, type Split } from './data';
import { LinearRegression } from './linear';

export interface CurvePoint {
  readonly n: number;
  readonly nngp: number;
  readonly ntk: number;
  readonly linear: number;
}

export interface Kernels {
  /** [n, n] */
  readonly trainTrain: { readonly nngp: NDArray; readonly ntk: NDArray };
  /** [m, n] */
  readonly testTrain: { readonly nngp: NDArray; readonly ntk: NDArray };
}

export interface Regularizers {
  /** Of both kernels, in units of their mean diagonal. */
  readonly diagReg: number;
  /** Of the linear baseline, in units of its mean diagonal. */
  readonly ridge: number;
}

type Report = (progress: Progress) => void;

/** NNGP and NTK of the training digits with themselves and of the test digits with them. */
export async function computeKernels(engine: Engine, net: Network, { train, test }: Split, onProgress: Report): Promise<Kernels> {
  const trainTrain = await engine.kernel(net, train.x, { get: ['nngp', 'ntk'], onProgress });
  const testTrain = await engine.kernel(net, test.x, train.x, { get: ['nngp', 'ntk'], onProgress });
  return { trainTrain, testTrain };
}

/** Fits the first n training digits for every n of `sizes` (rising) and predicts the test digits. */
export async function learningCurve(
  engine: Engine,
  kernels: Kernels,
  split: Split,
  sizes: readonly number[],
  { diagReg, ridge }: Regularizers,
  onProgress: Report,
): Promise<CurvePoint[]> {
  const baseline = new LinearRegression(split.train, ridge);
  const points: CurvePoint[] = [];
  for (const n of sizes) {
    const y = corner(split.train.y, n, split.train.y.shape[1]);
    const scores = { nngp: 0, ntk: 0 };
    for (const name of ['nngp', 'ntk'] as const) {
      const m = split.test.labels.length;
      const predict = engine.gpInference(corner(kernels.trainTrain[name], n, n), y, { diagReg });
      const { mean } = await predict({ get: 'nngp', kTestTrain: corner(kernels.testTrain[name], m, n), onProgress });
      scores[name] = accuracy(mean, split.test.labels);
    }
    const linear = accuracy(baseline.predict(n, split.test), split.test.labels);
    onProgress({ phase: 'linear', done: n, total: sizes[sizes.length - 1] });
    points.push({ n, ...scores, linear });
  }
  return points;
}

/** The first `rows` and `columns` of a matrix; itself where that is all of it. */
function corner(matrix: NDArray, rows: number, columns: number): NDArray {
  const [height, width] = matrix.shape;
  if (rows === height && columns === width) return matrix;
  const data = new Float32Array(rows * columns);
  for (let i = 0; i < rows; i++) data.set(matrix.data.subarray(i * width, i * width + columns), i * columns);
  return { data, shape: [rows, columns] };
}
