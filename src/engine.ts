/** An engine of one's own: the same operations as the package's functions, on a backend that was chosen. */
import { type Capabilities, type EngineContext, type EngineOptions, openContextAsync } from './context';
import { disposedError } from './errors';
import { kernel, kernelSync, splitArguments } from './kernel';
import { checkedOptions } from './layers/checks';
import type { LinearAlgebra } from './linalg/contract';
import { loadBrought } from './predict/fit';
import {
  fit,
  gpInference,
  gradientDescent,
  gradientDescentMse,
  gradientDescentMseEnsemble,
  leaveOneOut,
  type load,
  logMarginalLikelihood,
  maxLearningRate,
  ridgeSweep,
} from './predict/main';

export interface Engine extends EngineContext {
  /** What is used, what is not, and why. */
  readonly capabilities: Capabilities;
  readonly linalg: LinearAlgebra;
  readonly kernel: typeof kernel;
  readonly kernelSync: typeof kernelSync;
  readonly gpInference: typeof gpInference;
  readonly gradientDescent: typeof gradientDescent;
  readonly gradientDescentMse: typeof gradientDescentMse;
  readonly gradientDescentMseEnsemble: typeof gradientDescentMseEnsemble;
  readonly maxLearningRate: typeof maxLearningRate;
  readonly logMarginalLikelihood: typeof logMarginalLikelihood;
  readonly leaveOneOut: typeof leaveOneOut;
  readonly ridgeSweep: typeof ridgeSweep;
  readonly fit: typeof fit;
  /** In a bundle, models of chains of dense and piecewise linear layers; others give ERR_UNSUPPORTED where neither `load` nor `parseNetwork` has been called. */
  readonly load: typeof load;
  /** Ends the engine's workers and releases its memory; calls that are not finished reject and later ones throw, with ERR_ARGUMENT. */
  dispose(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const OPTIONS = ['backend', 'build', 'threads', 'deterministic', 'sharedMemory', 'createWorker', 'wasm', 'device'] as const;

/**
 * Makes an engine. Nothing is downloaded unless `wasm` names a URL.
 * @throws ERR_ARGUMENT, ERR_UNSUPPORTED, ERR_WASM_LOAD (URL, status and first bytes)
 */
export async function createEngine(options: EngineOptions = {}): Promise<Engine> {
  let context: EngineContext | null = await openContextAsync(checkedOptions('createEngine', options, OPTIONS));
  const { capabilities } = context;
  if (typeof options.threads === 'number') await context.threads.warm();
  const live = (): EngineContext => {
    if (context) return context;
    throw disposedError();
  };
  const dispose = async () => {
    const threads = context?.threads;
    context = null;
    await threads?.dispose();
  };
  const engine: Engine = {
    capabilities,
    get backend() {
      return live().backend;
    },
    get threads() {
      return live().threads;
    },
    get linalg() {
      return live().backend.linalg;
    },
    kernel: ((net, x1, second, third) => {
      const [x2, given] = splitArguments(second, third);
      return kernel(net, x1, x2, { ...given, engine });
    }) as typeof kernel,
    kernelSync: ((net, x1, second, third) => {
      const [x2, given] = splitArguments(second, third);
      return kernelSync(net, x1, x2, { ...given, engine });
    }) as typeof kernelSync,
    gpInference: (k, y, given) => gpInference(k, y, { ...given, engine }),
    gradientDescent: (loss, k, y, given) => gradientDescent(loss, k, y, { ...given, engine }),
    gradientDescentMse: (k, y, given) => gradientDescentMse(k, y, { ...given, engine }),
    gradientDescentMseEnsemble: (net, x, y, given) => gradientDescentMseEnsemble(net, x, y, { ...given, engine }),
    maxLearningRate: (k, given) => maxLearningRate(k, { ...given, engine }),
    logMarginalLikelihood: (k, y, given) => logMarginalLikelihood(k, y, { ...given, engine }),
    leaveOneOut: (k, y, given) => leaveOneOut(k, y, { ...given, engine }),
    ridgeSweep: (k, y, diagRegs, given) => ridgeSweep(k, y, diagRegs, { ...given, engine }),
    fit: (net, x, y, given) => fit(net, x, y, { ...given, engine }),
    load: (bytes, given) => loadBrought(bytes, { ...given, engine }),
    dispose,
    [Symbol.asyncDispose]: dispose,
  };
  return engine;
}
