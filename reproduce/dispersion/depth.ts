/** E[Θ(x, x)²]/E[Θ(x, x)]² against depth in the three phases: exact, and sampled on real digits. */
import { ntkDispersion } from '../../src/finite/dispersion';
import { type LineSeries, lineChart } from '../../src/plot';
import type { Claim } from '../claims';
import { rowOf, SMALL, smallDigits } from '../inputs';
import { exactMoments, network } from '../networks';
import type { Outcome, Part, RunContext } from '../reproduction';

const WIDTH = 100;
const CURVES = [1, 1.5, 1.8, 2, 2.2, 2.5];
const FULL = { deepest: 100, sampled: [1, 2, 2.5], depths: [1, 5, 10, 20, 29], samples: 5_000 };
const QUICK = { deepest: 40, sampled: [1, 2], depths: [1, 5], samples: 1_000 };

/** Largest |z| of some 15 normal numbers: 4 is passed in one run of a thousand. */
const LARGEST_Z = 4;

interface Dot {
  readonly wVariance: number;
  readonly hidden: number;
  readonly exact: number;
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
  /** Difference of the logarithms in standard errors; null where the tail is too heavy for one. */
  readonly z: number | null;
}

export const depthPart: Part = {
  title: 'Dispersion against depth',
  async run(context) {
    const { deepest, sampled, depths, samples } = context.quick ? QUICK : FULL;
    const dots: Dot[] = [];
    for (const wVariance of sampled)
      for (const hidden of depths) dots.push(await measure(wVariance, hidden, samples, dots.length, context));
    const trusted = dots.flatMap(({ z }) => (z === null ? [] : [Math.abs(z)]));
    return {
      text: [
        `Networks of the authors' script \`ntk_sample_mlp.py\`: ReLU, standard parameterization, ${WIDTH} inputs, width ${WIDTH}, |x| = 1, one output, biases 0 at initialization and trained. Inputs are MNIST digits pooled to 10 × 10, another digit for every dot. Each dot: ${samples.toLocaleString('en-US')} networks, drawn without their weights (exactly in law). Seed ${context.seed}.`,
      ],
      claims: [
        ...growthClaims(),
        orderedClaim(),
        {
          claim: 'sampled networks agree with the exact recursion (largest deviation in standard errors)',
          source: 'B, set-up of ntk_sample_mlp.py',
          expected: { atMost: LARGEST_Z },
          measured: Math.max(...trusted),
          how: `${trusted.length} of ${dots.length} dots have a standard error (the others: the tail of Θ² is too heavy, Hill index below 2); log of the ratio, delta method. ${LARGEST_Z} σ: 1 run of 1,000 by chance.`,
        },
      ],
      figures: [{ file: 'depth.svg', svg: chart(dots, deepest), caption: CAPTION }],
      tables: [tableOf(dots)],
    } satisfies Outcome;
  },
};

const CAPTION =
  'Dispersion of the NTK against depth: curves are exact, dots sampled on digits with 95 % intervals (a dot without an upper end has a tail too heavy for one).';

async function measure(wVariance: number, hidden: number, samples: number, index: number, context: RunContext): Promise<Dot> {
  const x = rowOf(smallDigits(context.digits.train, index + 1, 1), index);
  const { signal, onProgress, seed } = context;
  const shape = { inputs: SMALL, hidden, width: WIDTH };
  const { ratio, low, high } = await ntkDispersion(network(shape, wVariance), x, {
    samples,
    seed: seed * 1000 + index,
    signal,
    onProgress,
  });
  const exact = exactMoments(shape, wVariance, 1).ratio;
  const error = Math.log(ratio / low) / QUANTILE;
  return { wVariance, hidden, exact, ratio, low, high, z: Number.isFinite(high) ? Math.log(ratio / exact) / error : null };
}

/** Of a two-sided 95 % interval. */
const QUANTILE = 1.959963984540054;

/** log R(λ + 1) − log R(λ) at λ = 10. */
function growth(wVariance: number): number {
  const logAt = (lambda: number) =>
    [200, 400].map((width) => exactMoments({ inputs: width, hidden: lambda * width - 1, width }, wVariance, 1).logRatio);
  const [low, high] = [logAt(10), logAt(11)];
  // Richardson in 1/M.
  return 2 * (high[1] - low[1]) - (high[0] - low[0]);
}

function growthClaims(): Claim[] {
  const source = 'B, abstract: grows exponentially with depth at the EOC and in the chaotic phase, not in the ordered phase';
  const how = 'log R(11) − log R(10) of the exact recursion, widths 200 and 400 extrapolated in 1/M';
  const claim = (phase: string, wVariance: number, rate: number, within: number, why: string): Claim => ({
    claim: `${phase} (σ_w² = ${wVariance}): rate of log R in λ = depth/width`,
    source,
    expected: { value: rate, within },
    measured: growth(wVariance),
    how: `${how}; ${why}`,
  });
  return [
    claim('ordered', 1, 0, 1e-9, 'the limit is 1, reached like a^L'),
    claim('edge of chaos', 2, 5, 0.05, 'the factor before e^(5λ) still changes by some 1/λ² here'),
    claim('chaotic', 2.5, 5, 0.05, 'the factor before e^(5λ) still changes by some 1/λ² here'),
  ];
}

function orderedClaim(): Claim {
  const [width, wVariance] = [100, 1.5];
  const a = wVariance / 2;
  return {
    claim: `ordered (σ_w² = ${wVariance}), width ${width}, infinite depth: R = (1 − a²)/(1 − a²(1 + 5/M)), a = σ_w²/2`,
    source: 'B, ordered phase: the ratio tends to 1; the correction at finite width is derived here',
    expected: { value: (1 - a ** 2) / (1 - a ** 2 * (1 + 5 / width)), within: 1e-9 },
    measured: exactMoments({ inputs: width, hidden: 400, width }, wVariance, 1).ratio,
    how: 'exact recursion at 400 hidden layers; what is left decays like a^L',
  };
}

function chart(dots: readonly Dot[], deepest: number): string {
  const curves = CURVES.map((wVariance): LineSeries => {
    const at = Array.from({ length: deepest }, (_, i) => i + 1);
    return {
      name: `σ_w² = ${wVariance}`,
      draw: 'line',
      points: at.map((hidden) => [hidden, exactMoments({ inputs: SMALL, hidden, width: WIDTH }, wVariance, 1).ratio] as const),
    };
  });
  const measured = CURVES.flatMap((wVariance): LineSeries[] => {
    const own = dots.filter((dot) => dot.wVariance === wVariance);
    if (own.length === 0) return [];
    return [
      {
        name: `σ_w² = ${wVariance}, sampled`,
        like: `σ_w² = ${wVariance}`,
        draw: 'marks',
        points: own.map(({ hidden, ratio }) => [hidden, ratio] as const),
        errors: own.map(({ low, high, ratio }) => [low, Number.isFinite(high) ? high : ratio] as const),
      },
    ];
  });
  return lineChart({
    title: `NTK dispersion, width ${WIDTH}: exact (curves) and sampled on digits (dots)`,
    xLabel: 'hidden layers',
    yLabel: 'E[Θ(x,x)²] / E[Θ(x,x)]²',
    yScale: 'log',
    series: [...curves, ...measured],
  });
}

const tableOf = (dots: readonly Dot[]) => ({
  title: 'Dots: exact value, sampled value, 95 % interval, deviation in standard errors.',
  header: ['σ_w²', 'hidden layers', 'exact', 'sampled', 'from', 'to', 'z'],
  rows: dots.map(({ wVariance, hidden, exact, ratio, low, high, z }) => [wVariance, hidden, exact, ratio, low, high, z ?? 'heavy tail']),
});
