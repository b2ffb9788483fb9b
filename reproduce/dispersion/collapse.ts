/** Dispersion is a function of λ = depth/width alone where both are large: curves of several widths against their limit. */
import { type LineSeries, lineChart } from '../../src/plot';
import { ntkDispersionLimit, type Phase } from '../../src/theory';
import type { Claim } from '../claims';
import { exactMoments, richardson } from '../networks';
import type { Outcome, Part } from '../reproduction';

const WIDTHS = [50, 100, 200, 400];
const VARIANCES = [1, 2, 2.2, 3];
const LAMBDAS = [0.25, 0.5, 1];
/** A λ that is a whole number of layers at every width. */
const WHOLE = 0.24;

/** Depth counts layers of weights. As many inputs as units, |x| = 1: r = |x|² M/n₀ = 1. */
const ratio = (lambda: number, width: number, wVariance: number): number =>
  exactMoments({ inputs: width, hidden: Math.round(lambda * width) - 1, width }, wVariance, 1).ratio;

const phaseOf = (wVariance: number): Phase => (wVariance < 2 ? 'ordered' : wVariance > 2 ? 'chaotic' : 'critical');
const limit = (lambda: number, wVariance: number): number =>
  ntkDispersionLimit(lambda, { phase: phaseOf(wVariance), trainBiases: true, r: 1 });

export const collapsePart: Part = {
  title: 'Collapse in depth/width',
  async run() {
    return {
      text: [
        'The same networks with as many inputs as units, |x| = 1, so that r = |x|² M/n₀ = 1. Depth L counts layers of weights, λ = L/M. Exact recursion throughout; the limit is the closed form of `ntkDispersionLimit`.',
      ],
      claims: [...[2, 3].map(slopeClaim), ...[1, 2, 3].map(limitClaim)],
      figures: [
        {
          file: 'collapse.svg',
          svg: chart(),
          caption:
            'Edge of chaos: dispersion against λ = depth/width for four widths, and the limit. Ordered and chaotic limits for comparison.',
        },
      ],
      tables: [
        {
          title: `Dispersion at λ = ${WHOLE}.`,
          header: ['σ_w²', ...WIDTHS.map((width) => `M = ${width}`), 'limit'],
          rows: VARIANCES.map((wVariance) => [
            wVariance,
            ...WIDTHS.map((width) => ratio(WHOLE, width, wVariance)),
            limit(WHOLE, wVariance),
          ]),
        },
      ],
    } satisfies Outcome;
  },
};

function slopeClaim(wVariance: number): Claim {
  const [near, far] = [1600, 3200].map((width) => Math.abs(ratio(0.25, width, wVariance) - limit(0.25, wVariance)));
  return {
    claim: `σ_w² = ${wVariance}, λ = 0.25: power of the width with which R approaches a function of λ`,
    source: 'B, abstract: exact expressions in the infinite-depth-and-width limit',
    expected: { value: -1, within: 0.03 },
    measured: Math.log2(far / near),
    how: 'widths 1600 and 3200; the next term is O(1/M) of this one',
  };
}

function limitClaim(wVariance: number): Claim {
  const errors = LAMBDAS.map((lambda) => {
    const [atM, at2M] = [1000, 2000].map((width) => ratio(lambda, width, wVariance));
    return Math.abs(richardson(atM, at2M) / limit(lambda, wVariance) - 1);
  });
  return {
    claim: `σ_w² = ${wVariance} (${phaseOf(wVariance)}): relative difference of the limit's closed form and the exact recursion`,
    source: 'B, limit in this phase; closed form derived here',
    expected: { atMost: 1e-3 },
    measured: Math.max(...errors),
    how: `largest over λ = ${LAMBDAS.join(', ')}; widths 1000 and 2000 extrapolated in 1/M, which leaves O(1/M²)`,
  };
}

function chart(): string {
  const lambdas = Array.from({ length: 10 }, (_, i) => (i + 1) / 10);
  const line = (name: string, of: (lambda: number) => number, dashed = false): LineSeries => ({
    name,
    dashed,
    draw: 'line',
    points: lambdas.map((lambda) => [lambda, of(lambda)] as const),
  });
  const marks = WIDTHS.map(
    (width): LineSeries => ({
      name: `M = ${width}`,
      draw: 'marks',
      points: lambdas.map((lambda) => [lambda, ratio(lambda, width, 2)] as const),
    }),
  );
  return lineChart({
    title: 'Edge of chaos: widths 50 to 400 fall on one curve in depth/width',
    xLabel: 'λ = depth/width',
    yLabel: 'E[Θ(x,x)²] / E[Θ(x,x)]²',
    yScale: 'log',
    series: [...marks, line('limit, critical', (lambda) => limit(lambda, 2)), line('limit, chaotic', (lambda) => limit(lambda, 3), true)],
  });
}
