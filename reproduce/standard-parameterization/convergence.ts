/** Kernels of finite networks in the improved standard parameterization approach the analytic kernel like s^(−1/2). */
import { kernelSync } from '../../src/kernel';
import type { NDArray } from '../../src/ndarray';
import { lineChart } from '../../src/plot';
import type { Network } from '../../src/spec';
import type { Claim } from '../claims';
import { smallDigits, tinyImages } from '../inputs';
import { dot, norm } from '../matrices';
import type { Outcome, Part, RunContext } from '../reproduction';
import { type Estimate, jackknife, ntkMomentsByGroup, powerLawOf } from '../statistics';
import { convolutional, fullyConnected } from './networks';

const BASE = [8, 12, 6];
const CHANNELS = [4, 6] as const;
const FULL = { dense: { s: [4, 16, 64, 256], samples: 600, within: 0.05 }, conv: { s: [6, 20, 64], samples: 150, within: 0.1 } };
/** Batches of networks, for error bars. */
const GROUPS = 10;
const QUICK = { dense: { s: [4, 16, 64], samples: 300, within: 0.1 }, conv: { s: [2, 8], samples: 20, within: 0.25 } };

interface Family {
  readonly name: string;
  readonly net: (s: number) => Network;
  readonly x: NDArray;
  readonly sizes: { readonly s: readonly number[]; readonly samples: number; readonly within: number };
}

interface Measured extends Family {
  readonly points: readonly { readonly x: number; readonly y: Estimate }[];
}

export const convergencePart: Part = {
  title: 'Finite networks approach the kernel',
  async run(context) {
    const { quick, digits } = context;
    const sizes = quick ? QUICK : FULL;
    const families: Family[] = [
      {
        name: 'fully connected',
        net: (s) => fullyConnected('improved', BASE, s),
        x: smallDigits(digits.train, 4, 100),
        sizes: sizes.dense,
      },
      { name: 'convolutional', net: (s) => convolutional(CHANNELS, s), x: tinyImages(digits.train, 2, 49), sizes: sizes.conv },
    ];
    const measured: Measured[] = [];
    for (const family of families) measured.push({ ...family, points: await errorsOf(family, context) });
    return {
      text: [
        `σ_w² = 2, σ_b² = 0.1, ReLU. Fully connected: base widths ${BASE.join(', ')}, four digits pooled to 10 × 10, ${sizes.dense.samples} networks for every s, drawn without their weights. Convolutional: base channels ${CHANNELS.join(', ')}, circular 3 × 3 filters, global average pooling, two digits pooled to 7 × 7, ${sizes.conv.samples} networks for every s. Seed ${context.seed}. The base network is widened s times; the kernel is that of s → ∞ at the base widths.`,
      ],
      claims: measured.map(slopeClaim),
      figures: [
        {
          file: 'convergence.svg',
          svg: lineChart({
            title: 'Improved standard parameterization: one finite network’s NTK',
            xLabel: 's (layers are s times as wide as the base network)',
            yLabel: 'relative error, root mean square',
            xScale: 'log',
            yScale: 'log',
            series: measured.map(({ name, points }) => ({
              name,
              points: points.map(({ x, y }) => [x, y.value] as const),
              errors: points.map(({ y }) => 1.96 * y.error),
            })),
          }),
          caption: 'Relative error of one finite network’s NTK against the analytic kernel, with 95 % intervals.',
        },
      ],
      tables: [
        {
          title: 'Relative error (Frobenius norm, root mean square over networks).',
          header: ['network', 's', 'error', '± 1 σ', 'error · √s'],
          rows: measured.flatMap(({ name, points }) => points.map(({ x, y }) => [name, x, y.value, y.error, y.value * Math.sqrt(x)])),
        },
      ],
    } satisfies Outcome;
  },
};

async function errorsOf({ net, x, sizes }: Family, context: RunContext): Promise<Measured['points']> {
  const points: Measured['points'][number][] = [];
  for (const s of sizes.s) {
    const exact = kernelSync(net(s), x, { get: 'ntk' }).ntk;
    const entries = exact.data.length;
    const options = { samples: sizes.samples, groups: GROUPS, seed: context.seed * 1000 + s };
    const groups = await ntkMomentsByGroup(net(s), x, options, context);
    // E‖Θ_s − Θ‖² by moments.
    const error = (means: readonly number[]): number => {
      const mean = { data: Float64Array.from(means.slice(0, entries)), shape: exact.shape };
      const second = means.slice(entries).reduce((sum, value) => sum + value, 0);
      return Math.sqrt(second - 2 * dot(mean, exact) + dot(exact, exact)) / norm(exact);
    };
    points.push({ x: s, y: jackknife(groups, error) });
  }
  return points;
}

function slopeClaim({ name, points, sizes }: Measured): Claim {
  const { value, error } = powerLawOf(points.slice(-3));
  return {
    claim: `${name}: power of s with which a finite network’s NTK approaches the analytic kernel`,
    source: 'A, abstract: yields a well-defined neural tangent kernel; rate of the central limit theorem',
    expected: { value: -0.5, within: sizes.within },
    measured: value,
    error,
    how: `least squares on the last ${Math.min(3, points.length)} points; the tolerance covers the sampling error of ${sizes.samples} networks and the next order in 1/s`,
  };
}
