/** The largest stable learning rate against width: of the kernel, and found by training finite networks. */
import { InfiniteWidthError, throwIfAborted } from '../../src/errors';
import { init } from '../../src/finite/init';
import { train } from '../../src/finite/train';
import { kernelSync } from '../../src/kernel';
import type { NDArray } from '../../src/ndarray';
import { lineChart } from '../../src/plot';
import { maxLearningRateSync } from '../../src/predict';
import type { Claim } from '../claims';
import { smallDigits, wholeDigits } from '../inputs';
import type { Outcome, Part, RunContext } from '../reproduction';
import { powerLaw } from '../statistics';
import { fullyConnected, type Scheme } from './networks';

const SCHEMES: readonly Scheme[] = ['ntk', 'improved', 'naive'];
const NAMES: Readonly<Record<Scheme, string>> = {
  ntk: 'NTK parameterization',
  improved: 'improved standard',
  naive: 'naive standard',
};
/** Base width of the improved standard parameterization: it meets the naive one there. */
const BASE = 32;
const FULL = { digits: 300, widths: [32, 64, 128, 256], samples: 60, steps: 15 };
const QUICK = { digits: 100, widths: [32, 64, 128], samples: 20, steps: 10 };
const KERNEL_WIDTHS = [32, 512, 8192, 2 ** 17, 2 ** 21];

export const learningRatePart: Part = {
  title: 'Largest stable learning rate',
  async run(context) {
    const sizes = context.quick ? QUICK : FULL;
    const x = wholeDigits(context.digits.train, sizes.digits, 784);
    const analytic = SCHEMES.map((scheme) => KERNEL_WIDTHS.map((width) => [width, analyticRate(scheme, width, x)] as const));
    const trained: TrainedRate[][] = [];
    for (const scheme of SCHEMES) trained.push(await trainedRates(scheme, sizes, context));
    const found = trained.map((rates) => rates.map(({ width, rate }) => [width, rate] as const));
    return {
      text: [
        `Three hidden ReLU layers, σ_w² = 2, σ_b² = 0.1. Of the kernel: 2m/λ_max of ${sizes.digits} digits of 784 pixels, |x|² = 784. By training: ${sizes.samples} digits pooled to 10 × 10, |x|² = 100, ten outputs, full-batch gradient descent on ½ mean (f − y)² for ${sizes.steps} steps; stable is a rate after which the loss is below where it began, and the largest is found by bisection on a grid of factors √2. The improved standard parameterization widens a base network of ${BASE} units a layer; seed ${context.seed}.`,
      ],
      claims: SCHEMES.flatMap((scheme, k) => claimsOf(scheme, analytic[k], trained[k])),
      figures: [
        {
          file: 'learning-rate.svg',
          svg: lineChart({
            title: 'Largest stable learning rate of finite networks',
            xLabel: 'width of the three hidden layers',
            yLabel: 'learning rate',
            xScale: 'log',
            yScale: 'log',
            series: SCHEMES.map((scheme, k) => ({ name: NAMES[scheme], points: found[k] })),
          }),
          caption: 'Largest stable learning rate found by training, in steps of √2.',
        },
      ],
      tables: [
        tableOf('Of the kernel.', KERNEL_WIDTHS, analytic),
        tableOf('By training finite networks.', sizes.widths, found),
        {
          title: 'By training, over 2m/λ_max of the infinite-width kernel of the same digits.',
          header: ['width', ...SCHEMES.map((scheme) => NAMES[scheme])],
          rows: sizes.widths.map((width, i) => [width, ...trained.map((rates) => rates[i].rate / rates[i].kernel)]),
        },
      ],
    } satisfies Outcome;
  },
};

type Rates = readonly (readonly [width: number, rate: number])[];

interface TrainedRate {
  readonly width: number;
  readonly rate: number;
  /** 2m/λ_max of the infinite-width kernel of the same digits. */
  readonly kernel: number;
}

const tableOf = (title: string, widths: readonly number[], rates: readonly Rates[]) => ({
  title,
  header: ['width', ...SCHEMES.map((scheme) => NAMES[scheme])],
  rows: widths.map((width, i) => [width, ...rates.map((row) => row[i][1])]),
});

const netOf = (scheme: Scheme, width: number, outputs: number) =>
  scheme === 'improved'
    ? fullyConnected(scheme, [BASE, BASE, BASE], width / BASE, outputs)
    : fullyConnected(scheme, [width, width, width], 1, outputs);

const analyticRate = (scheme: Scheme, width: number, x: NDArray): number =>
  maxLearningRateSync(kernelSync(netOf(scheme, width, 1), x, { get: 'ntk' }).ntk);

async function trainedRates(scheme: Scheme, sizes: typeof FULL, context: RunContext): Promise<TrainedRate[]> {
  const x = smallDigits(context.digits.train, sizes.samples, 100);
  const y = { data: Float64Array.from(context.digits.train.y.data.subarray(0, 10 * sizes.samples)), shape: [sizes.samples, 10] };
  const rates: TrainedRate[] = [];
  for (const width of sizes.widths) {
    const net = netOf(scheme, width, 10);
    const params = init(net, context.seed, x.shape);
    const infinite = maxLearningRateSync(kernelSync(net, x, { get: 'ntk' }).ntk, { yTrainSize: 10 * sizes.samples });
    const isStable = async (rate: number): Promise<boolean> => {
      throwIfAborted(context.signal);
      try {
        const { losses } = await train(net, params, x, y, { learningRate: rate, steps: sizes.steps, signal: context.signal });
        return losses[losses.length - 1] < losses[0];
      } catch (error) {
        if (error instanceof InfiniteWidthError && error.code === 'ERR_NON_FINITE') return false;
        throw error;
      }
    };
    rates.push({ width, kernel: infinite, rate: await bisect(infinite, isStable) });
    context.onProgress({ phase: NAMES[scheme], done: rates.length, total: sizes.widths.length });
  }
  return rates;
}

/** The largest rate near · 2^(k/2), k from −6 to 10, that is stable. */
async function bisect(near: number, isStable: (rate: number) => Promise<boolean>): Promise<number> {
  let [low, high] = [-6, 10];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (await isStable(near * 2 ** (middle / 2))) low = middle;
    else high = middle;
  }
  return near * 2 ** (low / 2);
}

function claimsOf(scheme: Scheme, analytic: Rates, trained: readonly TrainedRate[]): Claim[] {
  const isNaive = scheme === 'naive';
  const source = isNaive ? 'A, introduction: the largest stable learning rate falls like 1/width' : 'A, abstract: a well-defined NTK';
  const powerOf = (field: 'rate' | 'kernel') => powerLaw(trained.map((one) => [one.width, one[field]] as const));
  return [
    {
      claim: `${NAMES[scheme]}, kernel: power of the width in the largest stable learning rate`,
      source,
      expected: { value: isNaive ? -1 : 0, within: isNaive ? 0.01 : 1e-12 },
      measured: powerLaw(analytic.slice(-2)),
      how: isNaive
        ? 'widths 2¹⁷ and 2²¹, where biases and the first layer, which do not grow, no longer count'
        : 'the kernel does not know these widths',
    },
    {
      claim: `${NAMES[scheme]}, finite networks: the same found by training`,
      source: isNaive ? `${source}, less the part of the kernel that does not grow` : source,
      expected: { value: powerOf('kernel'), within: 0.3 },
      measured: powerOf('rate'),
      how: 'expected is the power of 2m/λ_max at these widths; rates are known to a factor √2, which moves the slope by up to 0.25, and one network is drawn for each width',
    },
  ];
}
