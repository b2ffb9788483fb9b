/** Predictions of an infinite ensemble of infinitely wide networks, after infinite time. */
import type { EngineContext } from '../context';
import { InfiniteWidthError } from '../errors';
import type { KernelFields } from '../kernel';
import { asNDArray, type NDArray } from '../ndarray';
import type { Network } from '../spec';
import { type OutputArray, type RegularizerOptions, readOutputs } from './arguments';
import { type GaussianName, type Gaussians, gpPosterior } from './gp-inference';
import { checkLearningRate, requireInfinite, type Time } from './gradient-descent-mse';
import { ask, Queue, type RunOptions, runSync, type Steps } from './steps';
