/**
 * The first step of gradient descent on one digit: c = E[f ∇f·∇Θ]/E[Θ]², by which a step at rate 1/E[Θ] on f²/2 changes Θ(x, x), to first
 * order and with the masks of the rectifiers as they are. Differences over a step that crosses no kink are that derivative: Θ is a polynomial
 * of the weights there. A step that crosses one is told by its forward and backward differences, and left out (a share of order of the step).
 */
import { empiricalNtk } from '../../src/finite/empirical';
import { init } from '../../src/finite/init';
import type { LinearParams, Params } from '../../src/finite/params';
import { train } from '../../src/finite/train';
import type { NDArray } from '../../src/ndarray';
import { lineChart } from '../../src/plot';
import type { Claim } from '../claims';
import { rowOf, SMALL, smallDigits } from '../inputs';
import { exactMoments, network, type Shape } from '../networks';
import type { Outcome, Part, RunContext } from '../reproduction';
import { collect, type Estimate, meanOf } from '../statistics';

const VARIANCES = [1, 2, 2.4];
const FULL = { widths: [20, 40], lambdas: [0.1, 0.2, 0.5], samples: 300, ordered: 1e-3 };
const QUICK = { widths: [10, 20], lambdas: [0.2, 0.5], samples: 60, ordered: 0.02 };

/** In units of 1/E[Θ]: rounding leaves some 1e-8 of Θ, and one network in thousands crosses a kink. */
const STEP = 1e-7;
/** Relative difference of the two one-sided differences from which a kink lies between. */
const KINK = 1e-2;

interface Point {
  readonly wVariance: number;
  readonly width: number;
  readonly lambda: number;
  readonly change: Estimate;
  readonly kinks: number;
}

export const firstStepPart: Part = {
  title: 'First step',
  async run(context) {
    const { widths, lambdas, samples, ordered } = context.quick ? QUICK : FULL;
    const points: Point[] = [];
    for (const wVariance of VARIANCES)
      for (const width of widths)
        for (const lambda of lambdas) points.push(await measure(wVariance, width, lambda, samples, points.length, context));
    const at = (wVariance: number, width: number, lambda: number) =>
      points.find((p) => p.wVariance === wVariance && p.width === width && p.lambda === lambda) as Point;
    const [narrow, wide] = widths;
    const [shallow, deep] = [lambdas[0], lambdas[lambdas.length - 1]];
    return {
      text: [
        `ReLU, standard parameterization, one output, biases trained from 0, one digit pooled to 10 × 10 with |x|² n/100 = 1 at width n, another for every point; ${samples} networks each, seed ${context.seed}. λ = layers of weights over width. c is the relative change of Θ(x,x) in one step on f²/2 at rate 1/E[Θ], to first order.`,
      ],
      claims: [
        {
          claim: `ordered (σ_w² = 1), width ${wide}, λ = ${deep}: relative change`,
          source: 'B, abstract: constant during training in the ordered phase only (deep networks)',
          expected: { value: 0, within: ordered },
          measured: at(1, wide, deep).change.value,
          error: at(1, wide, deep).change.error,
          how: 'f² vanishes like (σ_w²/2)^L there; the tolerance is what is left of it at this depth, doubled and more',
        },
        ...[2, 2.4].map((wVariance) => growthClaim(wVariance, at(wVariance, wide, shallow), at(wVariance, wide, deep))),
        ...[2, 2.4].map((wVariance) => collapseClaim(at(wVariance, narrow, deep), at(wVariance, wide, deep))),
      ],
      figures: [
        {
          file: 'first-step.svg',
          svg: chart(points, widths),
          caption: 'Relative change of Θ(x,x) in the first step, with 95 % intervals.',
        },
      ],
      tables: [
        {
          title: 'Relative change c, and networks left out because the difference crossed a kink.',
          header: ['σ_w²', 'width', 'λ', 'c', '± 1 σ', 'left out'],
          rows: points.map(({ wVariance, width, lambda, change, kinks }) => [wVariance, width, lambda, change.value, change.error, kinks]),
        },
      ],
    } satisfies Outcome;
  },
};

async function measure(
  wVariance: number,
  width: number,
  lambda: number,
  samples: number,
  index: number,
  context: RunContext,
): Promise<Point> {
  const shape = { inputs: SMALL, hidden: Math.round(lambda * width) - 1, width };
  const x = rowOf(smallDigits(context.digits.train, index + 1, SMALL / width), index);
  const mean = exactMoments(shape, wVariance, SMALL / width).mean;
  const draws = await collect(samples, `σ_w² = ${wVariance}, width ${width}, λ = ${lambda}`, context, (sample) =>
    changeOf(shape, wVariance, x, mean, context.seed * 1000 + index, sample),
  );
  const kept = draws.filter(([, crossed]) => crossed === 0).map(([change]) => change);
  return { wVariance, width, lambda, change: meanOf(kept), kinks: samples - kept.length };
}

/** [f ∇f·∇Θ/E[Θ]², whether a kink was crossed] of one network. */
async function changeOf(
  shape: Shape,
  wVariance: number,
  x: NDArray,
  mean: number,
  seed: number,
  sample: number,
): Promise<[number, number]> {
  const net = network(shape, wVariance);
  const params = init(net, seed, x.shape, { sample });
  const { params: after } = await train(net, params, x, [[0]], { learningRate: STEP / mean, steps: 1 });
  const theta = (p: Params) => empiricalNtk(net, p, x).data[0];
  const [before, here, next] = [theta(reflected(params, after)), theta(params), theta(after)];
  const [forward, backward] = [here - next, before - here];
  const crossed = Math.abs(forward - backward) > KINK * Math.max(Math.abs(forward), Math.abs(backward)) + 1e-13 * here;
  return [(forward + backward) / (2 * STEP * mean), crossed ? 1 : 0];
}

/** 2 p − q */
const reflected = (p: Params, q: Params): Params =>
  p.map((entry, k) => {
    const array = (name: 'w' | 'b') => {
      const { data, shape } = (entry as LinearParams)[name] as NDArray;
      const other = ((q[k] as LinearParams)[name] as NDArray).data;
      return { data: Float64Array.from(data, (value, at) => 2 * value - other[at]), shape };
    };
    return { w: array('w'), b: array('b') };
  });

function growthClaim(wVariance: number, shallow: Point, deep: Point): Claim {
  const value = deep.change.value / shallow.change.value;
  return {
    claim: `σ_w² = ${wVariance}, width ${deep.width}: relative change at λ = ${deep.lambda} over that at λ = ${shallow.lambda}`,
    source:
      'B, abstract: it does not stay constant at the EOC and in the chaotic phase; Hanin & Nica 2020: mean of the first update grows exponentially in depth/width',
    expected: { atLeast: 2 },
    measured: value,
    error: value * Math.hypot(deep.change.error / deep.change.value, shallow.change.error / shallow.change.value),
    how: 'at least twice; the tails are heavy, so the mean at the larger λ is more likely too small than too large',
  };
}

function collapseClaim(narrow: Point, wide: Point): Claim {
  return {
    claim: `σ_w² = ${wide.wVariance}, λ = ${wide.lambda}: relative change at width ${narrow.width} less that at width ${wide.width}, in standard errors`,
    source: 'B: depth/width decides',
    expected: { value: 0, within: 3 },
    measured: (narrow.change.value - wide.change.value) / Math.hypot(narrow.change.error, wide.change.error),
    how: 'the errors are large, as the tails are heavy; where λ leaves only a layer or two, widths differ by more (table)',
  };
}

function chart(points: readonly Point[], widths: readonly number[]): string {
  const [, wide] = widths;
  const chosen = points.filter(({ width }) => width === wide);
  return lineChart({
    title: `First step of gradient descent: relative change of Θ(x,x), width ${wide}`,
    xLabel: 'λ = depth/width',
    yLabel: 'E[f ∇f·∇Θ] / E[Θ]²',
    series: VARIANCES.map((wVariance) => {
      const own = chosen.filter((point) => point.wVariance === wVariance);
      return {
        name: `σ_w² = ${wVariance}`,
        points: own.map(({ lambda, change }) => [lambda, change.value] as const),
        errors: own.map(({ change }) => 1.96 * change.error),
      };
    }),
  });
}
