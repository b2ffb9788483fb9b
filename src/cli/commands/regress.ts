import { writeNpz } from '../../data/index';
import type { Engine } from '../../engine';
import { checkFinite, type DType, type NDArray, showShape } from '../../ndarray';
import { checkSameFeatures } from '../../predict/arguments';
import type { Model, RidgePoint } from '../../predict/index';
import type { Network } from '../../spec';
import { choice, numbersOption, optional, required } from '../arguments';
import type { Command, CommandContext, OptionValues } from '../command';
import { dtypeOption, ENGINE_OPTIONS, engineOf } from '../engine-options';
import { UsageError } from '../errors';
import { openOutput, type PendingFile, readBytes, readInput } from '../files';
import { readNetwork, SHORT_FORM_HELP } from '../network';
import {
  argmaxRows,
  checkKind,
  checkTestTargets,
  encodeLabels,
  extentOf,
  kindOfTargets,
  type Score,
  score,
  type TargetKind,
} from '../score';

const KINDS: readonly TargetKind[] = ['labels', 'one-hot', 'values'];
const DEFAULT_DIAG_REG = 1e-3;
const FIT_OPTIONS = ['net', 'train', 'targets', 'kernel', 'diag-reg', 'dtype', 'save'] as const;

/** Fits the exactly trained infinite network, or loads a fit, and predicts. */
export const regressCommand: Command = {
  name: 'regress',
  summary: 'fit an infinitely wide network exactly (or load a fit) and predict',
  usage: [
    'infinite-width regress --net NET --train FILE --targets FILE [--test FILE] [--test-targets FILE] [options]',
    'infinite-width regress --model FILE --test FILE [--test-targets FILE] [options]',
  ],
  options: [
    { name: 'net', value: 'NET', description: 'the network (below)' },
    { name: 'train', value: 'FILE', description: 'training inputs, [n, features]: npy, npz (FILE.npz:name), csv, idx, gzipped or not' },
    { name: 'targets', value: 'FILE', description: 'training targets: class labels [n], one-hot rows, or values [n] or [n, outputs]' },
    { name: 'targets-are', value: 'KIND', description: 'labels, one-hot or values (default: by their look; the choice is printed)' },
    { name: 'test', value: 'FILE', description: 'test inputs' },
    { name: 'test-targets', value: 'FILE', description: 'what the predictions are compared with' },
    { name: 'kernel', value: 'nngp|ntk', description: 'Bayesian (nngp) or trained by gradient descent (ntk) (default: ntk)' },
    {
      name: 'diag-reg',
      value: 'R[,R…]',
      description: `regularizer, in units of the kernel's mean diagonal; of several the one with the least leave-one-out error (default: ${DEFAULT_DIAG_REG})`,
    },
    { name: 'covariance', value: 'none|diagonal', description: 'also the predictive variance of each test sample (default: none)' },
    { name: 'out', value: 'FILE', output: true, description: '.npz of mean, covariance where asked for, and labels of classes' },
    { name: 'save', value: 'FILE', output: true, description: 'the fitted model, one file that --model reads; - is standard output' },
    { name: 'model', value: 'FILE', description: 'a model that --save wrote, instead of a fit' },
    ...ENGINE_OPTIONS,
  ],
  examples: [
    'infinite-width regress --net "dense 512 1.4142 0.1; relu; dense 1" --train x.npy --targets y.npy --test xt.npy --test-targets yt.npy',
    'infinite-width regress --net net.json --train x.csv --targets y.csv --kernel nngp --save model.iwm',
    'infinite-width regress --net net.json --train x.csv --targets y.csv --diag-reg 1e-4,1e-3,1e-2,1e-1 --save model.iwm',
    'infinite-width regress --model model.iwm --test xt.npy --covariance diagonal --out predictions.npz',
  ],
  notes: [...SHORT_FORM_HELP, 'Labels 0 … C − 1 are fitted as one-hot rows minus 1/C; the largest output is the class.'],
  run,
};

/** What the command line asks for, checked before a file is read. */
interface Request {
  readonly model: string | undefined;
  readonly kernel: 'nngp' | 'ntk';
  readonly diagRegs: readonly number[];
  readonly covariance: 'none' | 'diagonal';
  readonly dtype: DType | undefined;
  readonly kind: TargetKind | undefined;
  readonly test: string | undefined;
  readonly testTargets: string | undefined;
  readonly out: string | undefined;
  readonly save: string | undefined;
}

function readRequest(options: OptionValues): Request {
  const request: Request = {
    model: optional(options, 'model'),
    kernel: choice(options, 'kernel', ['nngp', 'ntk']) ?? 'ntk',
    diagRegs: numbersOption(options, 'diag-reg', 0) ?? [DEFAULT_DIAG_REG],
    covariance: choice(options, 'covariance', ['none', 'diagonal']) ?? 'none',
    dtype: dtypeOption(options),
    kind: choice(options, 'targets-are', KINDS),
    test: optional(options, 'test'),
    testTargets: optional(options, 'test-targets'),
    out: optional(options, 'out'),
    save: optional(options, 'save'),
  };
  const extra = request.model !== undefined && FIT_OPTIONS.find((name) => options[name] !== undefined);
  if (extra) throw new UsageError(`--model is a finished fit and takes no --${extra}`);
  if (request.model === undefined) for (const name of ['net', 'train', 'targets']) required(options, name);
  checkPurpose(request);
  return request;
}

function checkPurpose({ model, test, testTargets, out, save, covariance }: Request): void {
  if (test === undefined && model !== undefined) throw new UsageError('--model needs --test');
  if (test === undefined && save === undefined) throw new UsageError('nothing to do: give --test to predict, or --save to keep the fit');
  for (const [name, value] of Object.entries({ 'test-targets': testTargets, out }))
    if (test === undefined && value !== undefined) throw new UsageError(`--${name} needs --test`);
  if (covariance !== 'none' && out === undefined) throw new UsageError('--covariance needs --out, a .npz file for it');
  if (out !== undefined && out === save) throw new UsageError(`--out and --save both name ${out}`);
  if (out !== undefined && !/\.npz$/i.test(out)) throw new UsageError(`--out is a .npz file, got "${out}"`);
}

interface Fitted {
  readonly model: Model;
  /** Every regularizer that was tried, where there were several. */
  readonly sweep?: readonly RidgePoint[];
  /** What the training targets were, where they were seen. */
  readonly kind: TargetKind | null;
  readonly seconds: number;
}

async function run(context: CommandContext) {
  const { options, io, print } = context;
  const request = readRequest(options);
  const engine = await engineOf(options);
  const test = request.test === undefined ? null : readInput(request.test);
  const testTargets = request.testTargets === undefined ? null : readInput(request.testTargets);
  const files: PendingFile[] = [];
  const open = (path: string | undefined) => {
    const file = path === undefined ? null : openOutput(path, io);
    if (file) files.push(file);
    return file;
  };
  try {
    const [saved, out] = [open(request.save), open(request.out)];
    const fitted =
      request.model === undefined ? await fitModel(engine, request, test, testTargets, context) : loadModel(engine, request.model);
    saved?.commit(fitted.model.save());
    if (saved) print(`model: ${request.save}`);
    const predicted = test && (await predict(fitted, request, test, testTargets, context));
    if (predicted && out) out.commit(writeNpz(predicted.arrays));
    if (predicted && out) print(`predictions: ${request.out} (${Object.keys(predicted.arrays).join(', ')})`);
    return { json: summary(request, fitted, predicted, engine) };
  } finally {
    for (const file of files) file.discard();
  }
}

/** @param test with `testTargets`, what the fit will be asked for: checked before it begins */
async function fitModel(
  engine: Engine,
  request: Request,
  test: NDArray | null,
  testTargets: NDArray | null,
  { options, signal, progress, print }: CommandContext,
): Promise<Fitted> {
  const net = readNetwork(required(options, 'net'));
  const x = readInput(required(options, 'train'));
  const targets = readInput(required(options, 'targets'));
  const kind = request.kind ?? kindOfTargets(targets);
  checkKind(targets, kind);
  const y = kind === 'labels' ? encodeLabels(targets, classesOf(targets), 'the targets') : targets;
  if (test) checkTestInputs(test, x);
  if (test && testTargets) checkTestTargets(testTargets, kind, [test.shape[0], ...y.shape.slice(1)]);
  const { kernel } = request;
  const dtype = request.dtype ?? (x.data instanceof Float32Array ? 'float32' : 'float64');
  print(
    `targets: ${kind === 'values' ? 'values' : kind === 'labels' ? `labels of ${y.shape[1]} classes` : `one-hot rows of ${y.shape[1]} classes`}, ${x.shape[0]} samples`,
  );
  const start = performance.now();
  const work = { dtype, signal, onProgress: progress.report };
  const sweep = request.diagRegs.length > 1 ? await tryAll(engine, net, x, y, request, work, print) : undefined;
  const diagReg = sweep ? bestOf(sweep).diagReg : request.diagRegs[0];
  const model = await engine.fit(net, x, y, { ...work, kernel, diagReg });
  const seconds = (performance.now() - start) / 1000;
  print(`fit: ${kernel}, diagReg ${diagReg}, ${dtype}, ${engine.capabilities.build.used} build, ${seconds.toFixed(2)} s`);
  return { model, kind, seconds, sweep };
}

/** @throws ERR_SHAPE, ERR_NON_FINITE */
function checkTestInputs(test: NDArray, train: NDArray): void {
  checkSameFeatures(test, train);
  checkFinite(test, 'xTest');
}

interface Work {
  readonly dtype: DType;
  readonly signal: AbortSignal;
  readonly onProgress: CommandContext['progress']['report'];
}

/** The errors that every regularizer makes on samples left out. */
async function tryAll(
  engine: Engine,
  net: Network,
  x: NDArray,
  y: NDArray,
  { kernel, diagRegs }: Request,
  work: Work,
  print: CommandContext['print'],
): Promise<readonly RidgePoint[]> {
  const k = (await engine.kernel(net, x, { ...work, get: [kernel] }))[kernel];
  const { points } = await engine.ridgeSweep(k, y, diagRegs, work);
  for (const { diagReg, leaveOneOut, logMarginalLikelihood, effectiveDimension } of points)
    print(
      `diagReg ${diagReg}: leave-one-out mse ${leaveOneOut.meanSquaredError.toPrecision(6)}, log evidence ${logMarginalLikelihood.toPrecision(6)}, ` +
        `degrees of freedom ${effectiveDimension.toPrecision(4)}`,
    );
  return points;
}

const bestOf = (points: readonly RidgePoint[]): RidgePoint =>
  points.reduce((best, point) => (point.leaveOneOut.meanSquaredError < best.leaveOneOut.meanSquaredError ? point : best));

/** Labels 0 … C − 1 that look otherwise are refused by encodeLabels. */
const classesOf = ({ data }: NDArray): number => Math.max(2, Math.floor(1 + extentOf(data)[1]));

function loadModel(engine: Engine, path: string): Fitted {
  const start = performance.now();
  const model = engine.load(readBytes(path));
  return { model, kind: null, seconds: (performance.now() - start) / 1000 };
}

interface Predicted {
  readonly arrays: Record<string, NDArray>;
  readonly score: Score | null;
  readonly seconds: number;
}

async function predict(
  fitted: Fitted,
  request: Request,
  test: NDArray,
  targets: NDArray | null,
  context: CommandContext,
): Promise<Predicted> {
  const { signal, progress, print } = context;
  const start = performance.now();
  const { mean, covariance } = await fitted.model.predict(test, { covariance: request.covariance, signal, onProgress: progress.report });
  const seconds = (performance.now() - start) / 1000;
  print(`predictions: ${showShape(mean.shape)} in ${seconds.toFixed(2)} s`);
  const kind = request.kind ?? fitted.kind ?? (targets ? kindOfTestTargets(targets, mean) : 'values');
  const result = targets && score(mean, targets, kind, fitted.kind === 'labels');
  if (result) printScore(result, print);
  const arrays: Record<string, NDArray> = { mean };
  if (covariance) arrays.covariance = covariance;
  if (kind !== 'values') arrays.labels = { data: argmaxRows(mean), shape: [mean.shape[0]] };
  return { arrays, score: result, seconds };
}

/** Of a loaded model, which does not say what it was fitted to: one integer per row of several outputs is a label. */
function kindOfTestTargets(targets: NDArray, mean: NDArray): TargetKind {
  const outputs = mean.shape[1] ?? 1;
  if (outputs > 1 && targets.data.length === mean.shape[0]) return 'labels';
  return outputs > 1 ? kindOfTargets(targets) : 'values';
}

function printScore({ kind, count, mse, accuracy }: Score, print: (line: string) => void): void {
  if (mse !== null) print(`mse: ${mse.toPrecision(6)}`);
  if (accuracy !== null) print(`accuracy: ${(100 * accuracy).toFixed(2)} % of ${count} (targets: ${kind})`);
}

function summary(request: Request, { model, kind, seconds, sweep }: Fitted, predicted: Predicted | null, engine: Engine) {
  return {
    kernel: request.model === undefined ? request.kernel : undefined,
    diagReg: request.model === undefined ? model.diagReg : undefined,
    sweep,
    targets: predicted?.score?.kind ?? kind ?? undefined,
    mse: predicted?.score?.mse ?? undefined,
    accuracy: predicted?.score?.accuracy ?? undefined,
    predictions: predicted ? Object.fromEntries(Object.entries(predicted.arrays).map(([name, { shape }]) => [name, shape])) : undefined,
    out: request.out,
    model: request.save ?? request.model,
    seconds: { [request.model === undefined ? 'fit' : 'load']: seconds, predict: predicted?.seconds },
    build: engine.capabilities.build.used,
  };
}
