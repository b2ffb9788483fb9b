/** Entries Θ(x, x') off the diagonal: infinite width exactly, finite width by Monte Carlo. */
import { kernelSync } from '../../src/kernel';
import type { NDArray } from '../../src/ndarray';
import { type LineSeries, lineChart } from '../../src/plot';
import type { Claim } from '../claims';
import { smallDigits } from '../inputs';
import { network } from '../networks';
import type { Outcome, Part, RunContext } from '../reproduction';
import { type Estimate, jackknife, ntkMomentsByGroup } from '../statistics';

const WIDTH = 60;
const VARIANCES = [1, 2, 3];
const GROUPS = 50;
/** Layers of weights. */
const FULL = { samples: 4_000, depths: [3, 6, 9, 15], deep: 500 };
const QUICK = { samples: 500, depths: [3, 6], deep: 500 };

interface Point {
  readonly wVariance: number;
  readonly depth: number;
  readonly infinite: number;
  /** E[Θ(x, x')]/√(E[Θ(x, x)] E[Θ(x', x')]) */
  readonly ratio: Estimate;
  readonly onDiagonal: Estimate;
  readonly offDiagonal: Estimate;
  /** E[Θ(x, x')²]/√(E[Θ(x, x)²] E[Θ(x', x')²]) */
  readonly cauchy: Estimate;
}

export const offDiagonalPart: Part = {
  title: 'Entries off the diagonal',
  async run(context) {
    const { samples, depths, deep } = context.quick ? QUICK : FULL;
    const x = smallDigits(context.digits.train, 2, 1);
    const points: Point[] = [];
    for (const wVariance of VARIANCES)
      for (const depth of depths) points.push(await measure(x, wVariance, depth, samples, points.length, context));
    const cosine = Array.from({ length: 100 }, (_, i) => x.data[i] * x.data[100 + i]).reduce((a, b) => a + b, 0);
    return {
      text: [
        `Two digits, a 0 and a 1, pooled to 10 × 10, |x| = 1, x·x' = ${cosine.toFixed(3)}; width ${WIDTH}, standard parameterization, trained biases that start at 0. Each point: ${samples.toLocaleString('en-US')} networks drawn without their weights, seed ${context.seed}; errors by the jackknife over ${GROUPS} batches.`,
        'The paper bounds the ratio of entries from below and the dispersion off the diagonal from above (abstract and summaries; the bounds themselves were not at hand). Checked here are the limits at infinite width and the bound of Cauchy and Schwarz.',
      ],
      claims: [
        ...VARIANCES.map((wVariance) => deepClaim(x, wVariance, deep)),
        orderedClaim(points),
        boundClaim(points),
        ...[2, 3].map((wVariance) => aboveClaim(points, wVariance)),
      ],
      figures: [
        {
          file: 'off-diagonal.svg',
          svg: chart(x, points),
          caption: "Θ(x,x')/Θ(x,x): infinite width (curves), width 60 sampled (dots, 95 % intervals).",
        },
      ],
      tables: [tableOf(points)],
    } satisfies Outcome;
  },
};

async function measure(x: NDArray, wVariance: number, depth: number, samples: number, index: number, context: RunContext): Promise<Point> {
  const net = network({ inputs: 100, hidden: depth - 1, width: WIDTH }, wVariance);
  const groups = await ntkMomentsByGroup(net, x, { samples, groups: GROUPS, seed: context.seed * 1000 + index }, context);
  // Entries [xx, xx', x'x, x'x'], then their squares.
  return {
    wVariance,
    depth,
    infinite: infiniteRatio(x, wVariance, depth),
    ratio: jackknife(groups, (m) => m[1] / Math.sqrt(m[0] * m[3])),
    onDiagonal: jackknife(groups, (m) => m[4] / m[0] ** 2),
    offDiagonal: jackknife(groups, (m) => m[5] / m[1] ** 2),
    cauchy: jackknife(groups, (m) => m[5] / Math.sqrt(m[4] * m[7])),
  };
}

function infiniteRatio(x: NDArray, wVariance: number, depth: number): number {
  const { ntk } = kernelSync(network({ inputs: 100, hidden: depth - 1, width: WIDTH }, wVariance), x, { get: 'ntk' });
  return ntk.data[1] / Math.sqrt(ntk.data[0] * ntk.data[3]);
}

function deepClaim(x: NDArray, wVariance: number, depth: number): Claim {
  const limit = wVariance < 2 ? 1 : 0.25;
  return {
    claim: `σ_w² = ${wVariance}, infinite width, ${depth} layers: Θ(x,x')/Θ(x,x)`,
    source: `B, ${wVariance < 2 ? 'ordered' : wVariance > 2 ? 'chaotic' : 'edge of chaos'}: limit of the infinite-width kernel at infinite depth`,
    expected: { value: limit, within: 0.01 },
    measured: infiniteRatio(x, wVariance, depth),
    how: 'exact kernel of two digits; the distance from the limit falls like log(depth)/depth',
  };
}

function orderedClaim(points: readonly Point[]): Claim {
  const ordered = points.filter(({ wVariance }) => wVariance === 1);
  const worst = ordered.reduce((a, b) => (a.offDiagonal.value > b.offDiagonal.value ? a : b));
  return {
    claim: 'ordered (σ_w² = 1): dispersion off the diagonal stays near 1',
    source: 'B: in the ordered phase the NTK matrix is close to deterministic',
    expected: { value: 1, within: 0.1 },
    measured: worst.offDiagonal.value,
    error: worst.offDiagonal.error,
    how: `largest over depths; on the diagonal the correction at this width is ${(5 / WIDTH / 3).toFixed(3)}, and off it more`,
  };
}

function boundClaim(points: readonly Point[]): Claim {
  const worst = points.reduce((a, b) => (a.cauchy.value > b.cauchy.value ? a : b));
  return {
    claim: "E[Θ(x,x')²] ≤ √(E[Θ(x,x)²] E[Θ(x',x')²]), largest ratio of the two",
    source: 'Cauchy and Schwarz; B bounds the dispersion off the diagonal from above',
    expected: { atMost: 1 },
    measured: worst.cauchy.value,
    error: worst.cauchy.error,
    how: 'over all points; it holds for every sample of networks, so there is no tolerance',
  };
}

function aboveClaim(points: readonly Point[], wVariance: number): Claim {
  const own = points.filter((point) => point.wVariance === wVariance);
  const { offDiagonal, onDiagonal, depth } = own[own.length - 1];
  const error = Math.hypot(offDiagonal.error, onDiagonal.error);
  return {
    claim: `σ_w² = ${wVariance}, depth ${depth}: dispersion off the diagonal less that on it`,
    source: 'B: off the diagonal the NTK is random too at the EOC and in the chaotic phase',
    expected: { atLeast: -3 * error },
    measured: offDiagonal.value - onDiagonal.value,
    error,
    how: 'not below it by more than three standard errors (taken as independent, which they are not: too wide)',
  };
}

function chart(x: NDArray, points: readonly Point[]): string {
  const depths = [2, 3, 4, 6, 8, 10, 15, 20, 30, 50, 100, 200, 500];
  const curves = VARIANCES.map(
    (wVariance): LineSeries => ({
      name: `σ_w² = ${wVariance}`,
      draw: 'line',
      points: depths.map((depth) => [depth, infiniteRatio(x, wVariance, depth)] as const),
    }),
  );
  const dots = VARIANCES.map((wVariance): LineSeries => {
    const own = points.filter((point) => point.wVariance === wVariance);
    return {
      name: `σ_w² = ${wVariance}, width ${WIDTH}`,
      like: `σ_w² = ${wVariance}`,
      draw: 'marks',
      points: own.map(({ depth, ratio }) => [depth, ratio.value] as const),
      errors: own.map(({ ratio }) => 1.96 * ratio.error),
    };
  });
  return lineChart({
    title: `Off-diagonal over diagonal: infinite width (curves), width ${WIDTH} (dots)`,
    xLabel: 'layers of weights',
    yLabel: "E[Θ(x,x')] / E[Θ(x,x)]",
    xScale: 'log',
    series: [...curves, ...dots],
  });
}

const withError = ({ value, error }: Estimate): string => `${value.toFixed(3)} ± ${error.toFixed(3)}`;

const tableOf = (points: readonly Point[]) => ({
  title: `Width ${WIDTH}: ratio of entries at infinite and finite width, and dispersions.`,
  header: ['σ_w²', 'depth', 'ratio, infinite width', 'ratio', 'dispersion on the diagonal', 'off it'],
  rows: points.map(({ wVariance, depth, infinite, ratio, onDiagonal, offDiagonal }) => [
    wVariance,
    depth,
    infinite,
    withError(ratio),
    withError(onDiagonal),
    withError(offDiagonal),
  ]),
});
