import { InfiniteWidthError } from '../errors';
import { badArgument, checkedOptions, flag, notNegative, parameterizationOf, wholeNumber } from '../layers/checks';
import { type Parameterization, standardDeviation } from '../spec';
import { ntkMomentRecursion } from './moment-recursion';
import { logOf, quotient, scaled, toNumber } from './scaled';

export interface NtkMomentsOptions {
  /** Widths from input to output, [n₀, n₁, …, n_L]. n_L has no influence: Θ is that of one output. */
  widths: readonly number[];
  /** Standard deviation of the weights before division by √fan-in. */
  wStd: number;
  /** Standard deviation of the biases at initialisation. Default 0. */
  bStd?: number;
  parameterization: Parameterization;
  /** Θ has the gradients of biases: per bias 1 in the standard parameterization, bStd² in the NTK one. */
  trainBiases: boolean;
  /** |x|² of the input. */
  squaredNorm: number;
  /**
   * With trained biases and bStd = 0 a layer of width n has no active unit with probability 2^−n, and then only the output's bias has a
   * gradient. false (default): neglected, as in every closed form of the dispersion, an error of about Σ 2^−n; true: counted, with
   * φ'(0) = 0, and exact at any width.
   */
  deadLayers?: boolean;
}

/** Moments of Θ(x, x) over random initialisations. */
export interface NtkMoments {
  /** E[Θ(x, x)]; Infinity or 0 where it is beyond doubles, which the logarithms are not. */
  readonly mean: number;
  /** E[Θ(x, x)²]; likewise. */
  readonly secondMoment: number;
  /** E[Θ(x, x)²]/E[Θ(x, x)]², the dispersion, at least 1; Infinity beyond doubles. */
  readonly ratio: number;
  readonly logMean: number;
  readonly logSecondMoment: number;
  readonly logRatio: number;
}

const NAMES = ['widths', 'wStd', 'bStd', 'parameterization', 'trainBiases', 'squaredNorm', 'deadLayers'] as const;

/**
 * The exact mean and second moment of the NTK Θ(x, x) of a fully connected ReLU network of finite width, for any widths and depth: no
 * Monte Carlo, no asymptotics. The parameterizations are those of the layers with s = [1, 1].
 *
 * Seleznova & Kutyniok 2022, arXiv 2202.00553, and Hanin & Nica 2020, arXiv 1909.05989, study this ratio for large depth and width:
 * ntkDispersionLimit. The recursion is in moment-recursion.ts.
 * @throws ERR_ARGUMENT for arguments out of range, and where Θ is 0 with certainty, so that the ratio does not exist
 */
export function ntkMoments(options: NtkMomentsOptions): NtkMoments {
  const { widths, wStd, bStd, standard, trainBiases, squaredNorm, deadLayers } = readOptions(options);
  const weight = scaled.of(wStd);
  const bias = scaled.of(bStd);
  const { mean, secondMoment } = ntkMomentRecursion(scaled, {
    widths,
    wVariance: scaled.product(weight, weight),
    bVariance: scaled.product(bias, bias),
    standard,
    trainBiases,
    deadLayers: deadLayers && bStd === 0,
    alive: wStd > 0 && squaredNorm > 0,
    squaredNorm: scaled.of(squaredNorm),
  });
  if (mean.mantissa === 0)
    throw new InfiniteWidthError(
      'ERR_ARGUMENT',
      `ntkMoments: the NTK is 0 for every initialisation (wStd ${wStd}, bStd ${bStd}, squaredNorm ${squaredNorm}, trainBiases ${trainBiases}), so its dispersion is undefined; use a positive wStd and squaredNorm, or train biases`,
      { wStd, bStd, squaredNorm, trainBiases },
    );
  const ratio = quotient(secondMoment, scaled.product(mean, mean));
  return {
    mean: toNumber(mean),
    secondMoment: toNumber(secondMoment),
    ratio: toNumber(ratio),
    logMean: logOf(mean),
    logSecondMoment: logOf(secondMoment),
    logRatio: logOf(ratio),
  };
}

function readOptions(options: NtkMomentsOptions) {
  const caller = 'ntkMoments';
  const { widths, wStd, bStd = 0, parameterization, trainBiases, squaredNorm, deadLayers = false } = checkedOptions(caller, options, NAMES);
  if (!Array.isArray(widths) || widths.length < 2)
    throw badArgument(caller, 'widths', 'the widths from input to output, at least two', widths, 'write [784, 100, 100, 1]');
  return {
    widths: Array.from(widths, (width, layer) => wholeNumber(width, caller, `widths[${layer}]`, 1)),
    wStd: standardDeviation(wStd, caller, 'wStd'),
    bStd: standardDeviation(bStd, caller, 'bStd'),
    standard: parameterizationOf(parameterization, caller) === 'standard',
    trainBiases: flag(trainBiases, caller, 'trainBiases'),
    squaredNorm: notNegative(squaredNorm, caller, 'squaredNorm', 'it is |x|²'),
    deadLayers: flag(deadLayers, caller, 'deadLayers'),
  };
}
