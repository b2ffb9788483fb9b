/** How far the NTK of digits moves in training by gradient descent: ‖Θ_t − Θ_0‖/‖Θ_0‖ against depth/width in three phases. */
import { empiricalNtk } from '../../src/finite/empirical';
import { init } from '../../src/finite/init';
import { train } from '../../src/finite/train';
import { lineChart } from '../../src/plot';
import { maxLearningRateSync } from '../../src/predict';
import type { Claim } from '../claims';
import { SMALL, smallDigits } from '../inputs';
import { norm, squaredDistance } from '../matrices';
import { network } from '../networks';
import type { Outcome, Part, RunContext } from '../reproduction';
import { collect, type Estimate, meanOf } from '../statistics';

const VARIANCES = [1, 2, 2.4];
const FULL = { digits: 40, width: 40, depths: [4, 8, 16, 24], steps: 60, networks: 6, falls: 0.5 };
const QUICK = { digits: 20, width: 20, depths: [4, 16], steps: 20, networks: 4, falls: 0.75 };
/** Share of the largest stable learning rate of the network's own NTK at initialization. */
const SHARE = 0.5;

interface Point {
  readonly wVariance: number;
  /** Layers of weights. */
  readonly depth: number;
  readonly change: Estimate;
  /** Last loss over first. */
  readonly loss: Estimate;
}

export const changePart: Part = {
  title: 'Change by gradient descent',
  async run(context) {
    const sizes = context.quick ? QUICK : FULL;
    const points: Point[] = [];
    for (const wVariance of VARIANCES) for (const depth of sizes.depths) points.push(await measure(wVariance, depth, sizes, context));
    const of = (wVariance: number) => points.filter((point) => point.wVariance === wVariance);
    return {
      text: [
        `ReLU, standard parameterization, width ${sizes.width}, ten outputs, biases trained from 0; ${sizes.digits} digits pooled to 10 × 10 with |x|² n/100 = 1 at width n, centred one-hot targets; ${sizes.steps} steps of full-batch gradient descent at ${SHARE} of the largest stable rate of the network’s own NTK (trace over outputs). ${sizes.networks} networks for every point, seed ${context.seed}; Frobenius norms over the training digits.`,
      ],
      claims: [orderedClaim(of(1), sizes.falls), ...[2, 2.4].map((wVariance) => growthClaim(wVariance, of(wVariance))), ...gapClaims(of)],
      figures: [
        {
          file: 'change.svg',
          svg: chart(points, sizes.width),
          caption: 'Change of the NTK after training, mean over networks with 95 % intervals.',
        },
      ],
      tables: [
        {
          title: 'Change of the NTK, and what training did to the loss.',
          header: ['σ_w²', 'λ', '‖Θ_t − Θ_0‖/‖Θ_0‖', '± 1 σ', 'last loss over first'],
          rows: points.map(({ wVariance, depth, change, loss }) => [
            wVariance,
            depth / sizes.width,
            change.value,
            change.error,
            loss.value,
          ]),
        },
      ],
    } satisfies Outcome;
  },
};

async function measure(wVariance: number, depth: number, sizes: typeof FULL, context: RunContext): Promise<Point> {
  const { digits, width, steps, networks } = sizes;
  const net = network({ inputs: SMALL, hidden: depth - 1, width, outputs: 10 }, wVariance);
  const x = smallDigits(context.digits.train, digits, SMALL / width);
  const y = { data: Float64Array.from(context.digits.train.y.data.subarray(0, 10 * digits)), shape: [digits, 10] };
  const draws = await collect(networks, `σ_w² = ${wVariance}, depth ${depth}`, context, async (sample) => {
    const params = init(net, context.seed, x.shape, { sample });
    const before = empiricalNtk(net, params, x);
    const learningRate = SHARE * maxLearningRateSync(before, { yTrainSize: 10 * digits });
    const { losses, ntk } = await train(net, params, x, y, { learningRate, steps, ntkAt: [steps], signal: context.signal });
    return [Math.sqrt(squaredDistance(ntk[0].kernel, before)) / norm(before), losses[steps] / losses[0]];
  });
  return { wVariance, depth, change: meanOf(draws.map(([change]) => change)), loss: meanOf(draws.map(([, loss]) => loss)) };
}

const SOURCE = 'B, abstract: the NTK of deep networks may stay constant during training only in the ordered phase';

function orderedClaim(points: readonly Point[], falls: number): Claim {
  const [shallow, deep] = [points[0], points[points.length - 1]];
  return {
    claim: `ordered (σ_w² = 1): change at depth ${deep.depth} over that at depth ${shallow.depth}`,
    source: SOURCE,
    expected: { atMost: falls },
    measured: deep.change.value / shallow.change.value,
    how: 'falls with depth; the bound is for these depths',
  };
}

function growthClaim(wVariance: number, points: readonly Point[]): Claim {
  const [shallow, deep] = [points[0], points[points.length - 1]];
  return {
    claim: `σ_w² = ${wVariance}: change at depth ${deep.depth} over that at depth ${shallow.depth}`,
    source: SOURCE,
    expected: { atLeast: 1 },
    measured: deep.change.value / shallow.change.value,
    how: 'does not fall with depth',
  };
}

function gapClaims(of: (wVariance: number) => readonly Point[]): Claim[] {
  const last = (wVariance: number) => of(wVariance)[of(wVariance).length - 1];
  return [2, 2.4].map((wVariance) => ({
    claim: `depth ${last(1).depth}: change at σ_w² = ${wVariance} over that at σ_w² = 1`,
    source: SOURCE,
    expected: { atLeast: 5 },
    measured: last(wVariance).change.value / last(1).change.value,
    how: 'at least five times',
  }));
}

function chart(points: readonly Point[], width: number): string {
  return lineChart({
    title: `Digits, width ${width}: change of the NTK by gradient descent`,
    xLabel: 'λ = depth/width',
    yLabel: '‖Θ_t − Θ_0‖ / ‖Θ_0‖',
    yScale: 'log',
    series: VARIANCES.map((wVariance) => {
      const own = points.filter((point) => point.wVariance === wVariance);
      return {
        name: `σ_w² = ${wVariance}`,
        points: own.map(({ depth, change }) => [depth / width, change.value] as const),
        errors: own.map(
          ({ change }) => [Math.max(change.value - 1.96 * change.error, change.value / 10), change.value + 1.96 * change.error] as const,
        ),
      };
    }),
  });
}
