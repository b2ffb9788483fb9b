/** Training with Adam on digits: the NTK's blocks of one class against those of two classes. */
import { init } from '../../src/finite/init';
import { train } from '../../src/finite/train';
import type { NDArray } from '../../src/ndarray';
import { lineChart } from '../../src/plot';
import { wholeDigits } from '../inputs';
import { network } from '../networks';
import type { Outcome, Part, RunContext } from '../reproduction';

const VARIANCES = [1, 2, 2.2];
const FULL = { digits: 100, hidden: 10, width: 100, rate: 5e-4, times: [0, 10, 20, 50, 100, 200], perClass: 5, rise: 0.1 };
const QUICK = { digits: 50, hidden: 4, width: 30, rate: 1e-3, times: [0, 20, 40], perClass: 3, rise: 0.05 };

/** Means of blocks over the mean of the diagonal. */
interface Blocks {
  readonly step: number;
  readonly within: number;
  readonly between: number;
}

interface Run {
  readonly wVariance: number;
  readonly blocks: readonly Blocks[];
  readonly losses: Float64Array;
}

export const blocksPart: Part = {
  title: 'Blocks by class',
  async run(context) {
    const sizes = context.quick ? QUICK : FULL;
    const runs: Run[] = [];
    for (const wVariance of VARIANCES) runs.push(await trained(wVariance, sizes, context));
    const separation = (run: Run) => run.blocks.map(({ step, within, between }) => [step, within - between] as const);
    const last = (run: Run) => separation(run)[run.blocks.length - 1][1];
    const [ordered, ...others] = runs;
    const most = Math.max(...others.map(last));
    return {
      text: [
        `The experiment of the paper's Figure 4 (author's notebook: width 300, 20 hidden layers, Adam at 10⁻⁴, 3000 epochs) at a size for minutes: ${sizes.digits} digits of 784 pixels, |x|² = 784, ${sizes.hidden} hidden layers of ${sizes.width} units, ten outputs, full-batch Adam at rate ${sizes.rate}, ${sizes.times[sizes.times.length - 1]} steps, one network per phase, seed ${context.seed}. The NTK (trace over outputs) of ${sizes.perClass} digits of each class; entries of one class and of two, over the mean of the diagonal.`,
      ],
      claims: [
        {
          claim: 'ordered (σ_w² = 1): within-class less between-class entries, after training less before',
          source: 'B, Figure 4 (author’s notebook): blocks by class form in the ordered phase',
          expected: { atLeast: sizes.rise },
          measured: last(ordered) - separation(ordered)[0][1],
          how: 'over the mean diagonal; read from the figure: from 0 to about 0.5 at the paper’s size',
        },
        {
          claim: 'blocks after training: ordered less the larger of the other phases',
          source: 'B, Figure 4 (author’s notebook): clear blocks in the ordered phase, weak ones or none in the others',
          expected: { atLeast: 0 },
          measured: last(ordered) - most,
          how: 'within-class less between-class entries over the mean diagonal; the order of the phases, not a size',
        },
      ],
      figures: [
        {
          file: 'blocks.svg',
          svg: lineChart({
            title: 'NTK of digits while Adam trains: blocks of one class against two',
            xLabel: 'step',
            yLabel: '(within − between classes) / diagonal',
            series: runs.map((run) => ({ name: `σ_w² = ${run.wVariance}`, points: separation(run) })),
          }),
          caption: 'Within-class less between-class entries of the NTK over its mean diagonal.',
        },
      ],
      tables: [
        {
          title: 'Blocks over the mean diagonal, and the training loss.',
          header: ['σ_w²', 'step', 'one class', 'two classes', 'difference', 'loss'],
          rows: runs.flatMap(({ wVariance, blocks, losses }) =>
            blocks.map(({ step, within, between }) => [wVariance, step, within, between, within - between, losses[step]]),
          ),
        },
      ],
    } satisfies Outcome;
  },
};

async function trained(wVariance: number, sizes: typeof FULL, context: RunContext): Promise<Run> {
  const { digits, hidden, width, rate, times, perClass } = sizes;
  const { seed, signal } = context;
  const net = network({ inputs: 784, hidden, width, outputs: 10 }, wVariance);
  const x = wholeDigits(context.digits.train, digits, 784);
  const y = { data: Float64Array.from(context.digits.train.y.data.subarray(0, 10 * digits)), shape: [digits, 10] };
  const { losses, ntk } = await train(net, init(net, seed, x.shape), x, y, {
    optimizer: 'adam',
    learningRate: rate,
    steps: times[times.length - 1],
    ntkAt: times,
    ntkInputs: wholeDigits(context.digits.train, 10 * perClass, 784),
    signal,
    onProgress: ({ done, total }) => context.onProgress({ phase: `σ_w² = ${wVariance}`, done, total }),
  });
  return { wVariance, losses, blocks: ntk.map(({ step, kernel }) => ({ step, ...blocksOf(kernel) })) };
}

/** Digit i shows class i mod 10. */
function blocksOf({ data, shape: [n] }: NDArray): Omit<Blocks, 'step'> {
  const sums = { diagonal: 0, within: 0, between: 0 };
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) sums[i === j ? 'diagonal' : i % 10 === j % 10 ? 'within' : 'between'] += data[i * n + j];
  const mates = n / 10 - 1;
  const diagonal = sums.diagonal / n;
  return { within: sums.within / (n * mates) / diagonal, between: sums.between / (n * (n - 1 - mates)) / diagonal };
}
