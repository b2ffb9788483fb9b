/**
 * The transforms: nanoseconds per pair and layer, NNGP and NTK together, on one tile. With bias depth 11 minus depth 1, so that the Gram
 * product, the first activation (whose pairs may have either sign) and the ends of the program cancel. Without bias, where a rectified
 * network is one operation whatever its depth, depth 10 minus a dense layer alone. ReLU beside the textbook form of the same layers, compiled
 * by the same compiler for the same build and run over the same strips.
 */
import { relu } from '../src/layers/elementwise';
import type { DType, NDArray } from '../src/ndarray';
import type { Bench } from './bench';
import { positive } from './data';
import type { BenchEngine } from './engines';
import { byName, type Contestant, difference, type Measured, race, timed } from './harness';
import { ACTIVATIONS, B_STD, deepNetwork } from './networks';
import { compileTextbook, openTextbookTile } from './textbook/textbook';
import { FEATURES, openTile, TILE, type Tile } from './tiles';

const LAYERS = 10;
/** Activations of the network that is subtracted. */
const shallowest = (bStd: number | undefined): number => (bStd === undefined ? 0 : 1);
export const DTYPES: readonly DType[] = ['float32', 'float64'];
export const BIASES: readonly (number | undefined)[] = [undefined, B_STD];

/** A transform of a depth's choice, as contestants and as the difference of their times. */
export interface TransformRunner {
  readonly name: string;
  readonly ours: boolean;
  /** Depths of the two networks of which the difference is taken. */
  readonly depths: readonly [number, number];
  readonly open: (depth: number) => Tile;
}

export const depthsOf = (bStd: number | undefined): [number, number] => [shallowest(bStd), shallowest(bStd) + LAYERS];

export const biasName = (bStd: number | undefined): string => (bStd === undefined ? 'no bias' : `bStd ${bStd}`);

/** x1 and x2 of one tile. */
export const tileInputs = (dtype: DType): [NDArray, NDArray] => [positive(dtype, TILE, FEATURES, 11), positive(dtype, TILE, FEATURES, 12)];

export const ourTransform = (
  { name, context }: BenchEngine,
  dtype: DType,
  activation = relu() as Parameters<typeof deepNetwork>[0],
  bStd?: number,
): TransformRunner => {
  const [x1, x2] = tileInputs(dtype);
  return { name, ours: true, depths: depthsOf(bStd), open: (depth) => openTile(context, deepNetwork(activation, depth, bStd), x1, x2) };
};

/** The two contestants of each transform: shallow and deep. */
export function transformContestants(runners: readonly TransformRunner[]): Contestant[] {
  return runners.flatMap(({ name, ours, depths, open }) =>
    depths.map((depth) => ({ name: `${name} depth ${depth}`, ours, time: timed(open(depth).compute) })),
  );
}

/** ns per pair and layer out of a race of `transformContestants`. */
export function transformTime({ name, depths }: TransformRunner, rows: readonly Measured[]): Measured {
  const [short, long] = depths.map((depth) => byName(rows, `${name} depth ${depth}`));
  return difference(name, long, short, (LAYERS * TILE * TILE) / 1e6);
}

export async function transforms({ options, report, engines }: Bench): Promise<void> {
  report.note(
    `one ${TILE} × ${TILE} tile, ${LAYERS} layers: depth 10 minus 0 without bias, 11 minus 1 with; textbook: K and Θ held, arccos by one polynomial, two roots`,
  );
  const textbooks = engines.map(({ name, build }) => ({ name: `textbook ${name}`, module: compileTextbook(build) }));
  for (const [label, activation] of options.quick ? ACTIVATIONS.slice(0, 1) : ACTIVATIONS)
    for (const dtype of DTYPES)
      for (const bStd of BIASES) {
        const [x1, x2] = tileInputs(dtype);
        const ours = engines.map((engine) => ourTransform(engine, dtype, activation, bStd));
        const peers =
          activation.kind === 'relu'
            ? textbooks.map(({ name, module }) => ({
                name,
                ours: false,
                depths: depthsOf(bStd),
                open: (depth: number) => openTextbookTile(module, depth, bStd, x1, x2),
              }))
            : [];
        peers.forEach((peer) => void checkAgreement(ours[0], peer, dtype));
        const runners = [...ours, ...peers];
        const rows = await race(transformContestants(runners), options, (text) => report.note(text));
        report.compare({
          title: `${label} ${dtype}, ${biasName(bStd)}`,
          unit: 'ns/pair/layer',
          rows: runners.map((runner) => transformTime(runner, rows)),
          targets: peers.map(({ name }) => ({ peer: name, ours: name.replace('textbook ', ''), atLeast: 1 })),
        });
      }
}

/** A peer that computes something else is no peer. */
function checkAgreement(ours: TransformRunner, peer: TransformRunner, dtype: DType): void {
  const tolerance = dtype === 'float32' ? 2e-3 : 1e-6;
  const [mine, theirs] = [ours, peer].map(({ depths, open }) => {
    const tile = open(depths[1]);
    tile.compute();
    const result = { nngp: tile.read('nngp'), ntk: tile.read('ntk') };
    tile.close();
    return result;
  });
  for (const field of ['nngp', 'ntk'] as const)
    mine[field].forEach((value, i) => {
      if (!(Math.abs(theirs[field][i] - value) <= tolerance * Math.abs(value)))
        throw new Error(`${peer.name} and ${ours.name} differ at ${field}[${i}], ${dtype}: ${theirs[field][i]} and ${value}`);
    });
}
