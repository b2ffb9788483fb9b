/**
 * Duals of the activations that have no closed form, or none that doubles can evaluate: tanh, sigmoid, softplus, silu, elu and selu
 * from tables (blocks.ts), elementwiseNumerical by quadrature (quadrature.ts). docs/design/0009-numerical-duals.md says why.
 */
import { InfiniteWidthError } from '../../errors';
import type { ActivationLayer } from '../../spec';
import type { Dual } from '../dual';
import { eluShape } from './elu';
import { SILU, SOFTPLUS, TANH } from './logistic';
import { QuadratureDual } from './quadrature';
import type { Shape } from './shape';
import { TableDual } from './table-dual';
import { Tables } from './tables';

/** λ and α of selu (Klambauer et al. 2017). */
const SELU_SCALE = 1.0507009873554805;
const SELU_ALPHA = 1.6732632423543772;
/** The largest error of the table duals, relative to √(E[φ(u)²] E[φ(v)²]); test/duals/numerical.test.ts. */
const TABLE_ERROR = 1e-11;
/** Tables of different slopes of elu that are kept. */
const MOST_TABLES = 16;

/** Tables are shared by all networks; they grow by what is asked of them. */
const shared = new Map<string, Tables>();

function sharedTables(name: string, shape: () => Shape): Tables {
  const found = shared.get(name);
  if (found) return found;
  if (shared.size >= MOST_TABLES) shared.clear();
  const made = new Tables(shape());
  shared.set(name, made);
  return made;
}

/** φ(x) = offset + scale·χ(stretch·x), and the tables of χ. */
export interface Tabulated {
  /** Of the tables: activations that share them have the same. */
  readonly name: string;
  readonly tables: Tables;
  readonly stretch: number;
  readonly scale: number;
  readonly offset: number;
}

/** The tables that an activation has; null where it has none. */
export function tabulated(activation: ActivationLayer): Tabulated | null {
  const of = (name: string, shape: () => Shape, stretch = 1, scale = 1, offset = 0): Tabulated => ({
    name,
    tables: sharedTables(name, shape),
    stretch,
    scale,
    offset,
  });
  switch (activation.kind) {
    case 'tanh':
      return of('tanh', () => TANH);
    case 'sigmoid':
      return of('tanh', () => TANH, 0.5, 0.5, 0.5);
    case 'softplus':
      return of('softplus', () => SOFTPLUS);
    case 'silu':
      return of('silu', () => SILU);
    case 'elu':
      return of(`elu ${activation.alpha}`, () => eluShape(activation.alpha));
    case 'selu':
      return of(`elu ${SELU_ALPHA}`, () => eluShape(SELU_ALPHA), 1, SELU_SCALE);
    default:
      return null;
  }
}

/** The dual of offset + scale·φ(stretch·x) for an odd φ, or of scale·φ(stretch·x) for any. */
function rescaled(dual: Dual, { stretch, scale, offset }: Tabulated): Dual {
  if (stretch === 1 && scale === 1 && offset === 0) return dual;
  const a = stretch * stretch;
  const b = scale * scale;
  const c = offset * offset;
  return {
    variance: (q) => c + b * dual.variance(a * q),
    nngp: (k, q1, q2, d) => c + b * dual.nngp(a * k, a * q1, a * q2, a * d),
    factor: (k, q1, q2, d) => a * b * dual.factor(a * k, a * q1, a * q2, a * d),
    distance: (k, q1, q2, d) => b * dual.distance(a * k, a * q1, a * q2, a * d),
  };
}

const unsupported = (activation: ActivationLayer): InfiniteWidthError =>
  new InfiniteWidthError('ERR_UNSUPPORTED', `${activation.kind} has a closed form: take its dual from dualOf`, { kind: activation.kind });

/**
 * The dual of tanh, sigmoid, softplus, silu, elu, selu or elementwiseNumerical.
 *
 * The first six are exact to 1e-10 (measured: 1e-11) for variances from 1e-6 to 1e4 and any correlation: `nngp` relative to
 * √(E[φ(u)²] E[φ(v)²]), `factor` and `variance` relative to themselves. Other variances are as good down to 1e-20 and up to 1e20, and
 * beyond that φ is taken as homogeneous. The first pair in an octave of both variances waits for its table, some tens of milliseconds.
 *
 * elementwiseNumerical is as exact as `estimateError` says, and slow: some milliseconds for every new variance, a microsecond a pair, and
 * milliseconds a pair near ρ = ±1 if φ has kinks or is steep there. Without `df` the factor is that of the interpolant of `fn`, jumps left out.
 *
 * @throws ERR_UNSUPPORTED for an activation with a closed form; ERR_NON_FINITE where `fn` is not finite
 */
export function numericalDual(activation: ActivationLayer): Dual {
  const found = tabulated(activation);
  if (found) return rescaled(new TableDual(found.tables), found);
  if (activation.kind === 'elementwiseNumerical') return new QuadratureDual(activation);
  throw unsupported(activation);
}

/**
 * An estimate of the error of `numericalDual(activation).nngp` at variances q1, q2 and correlation rho, relative to
 * √(E[φ(u)²] E[φ(v)²]). For elementwiseNumerical it is the error of the piecewise interpolant of `fn` plus the difference of two
 * independent integrations, and costs milliseconds; for the others the bound that the tests hold.
 *
 * @throws ERR_UNSUPPORTED for an activation with a closed form
 */
export function estimateError(activation: ActivationLayer, q1: number, q2: number, rho: number): number {
  if (activation.kind === 'elementwiseNumerical') return new QuadratureDual(activation).estimateError(q1, q2, rho);
  numericalDual(activation);
  return TABLE_ERROR;
}
