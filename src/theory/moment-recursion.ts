/**
 * The first two moments of Θ(x, x) for fully connected ReLU networks of finite width, as a linear recursion in seven expectations.
 *
 * With Dˡ the 0/1 matrix of active units and Aˡ = DˡΘˡDˡ the masked NTK matrix of layer l, the state after layer l is
 *   q = |xˡ|²,   t = tr A,   s = tr A²,   m = xᵀA x,   as E[q], E[q²], E[t], E[t²], E[s], E[q t], E[m].
 * Given layer l − 1 the rows w of Wˡ are independent, and changing the sign of a row changes its unit from active to inactive, so an
 * expectation of a unit's mask times an even function is half that of the function; moments of Gaussian vectors give the rest. Per unit,
 *   u = c q + b + wᵀA w   is its NTK,   v = σ²q + σ_b²   the variance of its pre-activation,
 *   c = 1, b = 1 in the standard parameterization, c = σ², b = σ_b² in the NTK one, b = 0 without trained biases, σ² = σ_w²/fan-in.
 * For the object see Seleznova & Kutyniok 2022, arXiv 2202.00553, and Hanin & Nica 2020, arXiv 1909.05989; the recursion is this library's own.
 *
 * Where biases are trained but zero at initialisation, all units of a layer are inactive with probability 2^−width. From then on x = 0, and
 * φ'(0) = 0 stops the gradient; the seven moments vanish by themselves, and the constant b has to be weighed with the probability that
 * the layers below are alive.
 */

/** The operations that the recursion needs of its numbers: doubles with an exponent, or rationals. */
export interface Arithmetic<T> {
  of(numerator: number, denominator?: number): T;
  sum(...terms: readonly T[]): T;
  product(...factors: readonly T[]): T;
}

export interface FiniteNetwork<T> {
  /** From input to output, at least two. */
  readonly widths: readonly number[];
  readonly wVariance: T;
  readonly bVariance: T;
  readonly standard: boolean;
  readonly trainBiases: boolean;
  /** Weigh the gradients of biases below the output with the probability that the layers below are alive. Only for bVariance 0. */
  readonly deadLayers: boolean;
  /** Neither squaredNorm nor wVariance is 0, so that the first layer is not dead from the start. */
  readonly alive: boolean;
  readonly squaredNorm: T;
}

interface Moments<T> {
  readonly q: T;
  readonly qq: T;
  readonly t: T;
  readonly tt: T;
  readonly s: T;
  readonly qt: T;
  readonly m: T;
  /** Probability that no layer so far is dead. */
  readonly alive: T;
}

interface Layer<T> {
  /** σ² */
  readonly variance: T;
  readonly c: T;
  readonly b: T;
}

/** Moments of one unit; `pair` is E[u u'] of two units of one layer. */
interface UnitMoments<T> {
  /** E[c q + b] */
  readonly kappa: T;
  readonly u: T;
  readonly uu: T;
  readonly pair: T;
}

/** E[Θ(x, x)] and E[Θ(x, x)²] of one output. */
export function ntkMomentRecursion<T>(arithmetic: Arithmetic<T>, network: FiniteNetwork<T>): { mean: T; secondMoment: T } {
  const { of } = arithmetic;
  const { widths, squaredNorm } = network;
  const zero = of(0);
  let state: Moments<T> = {
    q: squaredNorm,
    qq: arithmetic.product(squaredNorm, squaredNorm),
    t: zero,
    tt: zero,
    s: zero,
    qt: zero,
    m: zero,
    alive: of(network.alive ? 1 : 0),
  };
  const last = widths.length - 1;
  for (let l = 1; l < last; l++) state = throughUnits(arithmetic, network, state, layerInto(arithmetic, network, widths[l - 1]), widths[l]);
  const { u, uu } = ofUnit(arithmetic, layerInto(arithmetic, network, widths[last - 1]), state, of(1));
  return { mean: u, secondMoment: uu };
}

function layerInto<T>(
  { of, product }: Arithmetic<T>,
  { standard, trainBiases, wVariance, bVariance }: FiniteNetwork<T>,
  fanIn: number,
): Layer<T> {
  const variance = product(wVariance, of(1, fanIn));
  return { variance, c: standard ? of(1) : variance, b: trainBiases ? (standard ? of(1) : bVariance) : of(0) };
}

/** @param constant the expectation of 1: 1, or the probability that the layers below are alive */
function ofUnit<T>({ of, sum, product }: Arithmetic<T>, { variance, c, b }: Layer<T>, state: Moments<T>, constant: T): UnitMoments<T> {
  const { q, qq, t, tt, s, qt } = state;
  const two = of(2);
  const kappa = sum(product(c, q), product(b, constant));
  const kappa2 = sum(product(c, c, qq), product(two, c, b, q), product(b, b, constant));
  const kappaT = sum(product(c, qt), product(b, t));
  const pair = sum(kappa2, product(two, variance, kappaT), product(variance, variance, tt));
  return { kappa, u: sum(kappa, product(variance, t)), uu: sum(pair, product(two, variance, variance, s)), pair };
}

/** The state after a layer of n rectified units. */
function throughUnits<T>(arithmetic: Arithmetic<T>, network: FiniteNetwork<T>, state: Moments<T>, layer: Layer<T>, n: number): Moments<T> {
  const { of, sum, product } = arithmetic;
  const { variance, c, b } = layer;
  const { q, qq, t, s, qt, m, alive } = state;
  const bias = network.bVariance;
  const { kappa, u, uu, pair } = ofUnit(arithmetic, layer, state, network.deadLayers ? alive : of(1));
  const v = sum(product(variance, q), bias);
  const vv = sum(product(variance, variance, qq), product(of(2), variance, bias, q), product(bias, bias));
  const vKappa = sum(product(variance, sum(product(c, qq), product(b, q))), product(bias, kappa));
  const vT = sum(product(variance, qt), product(bias, t));
  const vu = sum(vKappa, product(variance, vT));
  const hu = sum(vu, product(of(2), variance, variance, m));
  const half = of(n, 2);
  const pairs = of(n * (n - 1), 4);
  return {
    q: product(half, v),
    qq: product(sum(product(of(3), half), pairs), vv),
    t: product(half, u),
    tt: sum(product(half, uu), product(pairs, pair)),
    s: sum(product(half, uu), product(pairs, variance, variance, s)),
    qt: sum(product(half, hu), product(pairs, vu)),
    m: sum(product(half, hu), product(pairs, variance, variance, m)),
    alive: product(alive, of(1 - 2 ** -n)),
  };
}
