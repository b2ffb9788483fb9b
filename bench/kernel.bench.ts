/**
 * The whole: NNGP and NTK of a depth-10 ReLU network on n images of 784 features, x2 left out. Against its own parts (half a Gram
 * product by syrk, half the entries through every layer), and against numpy by hand and neural-tangents on one thread.
 */
import { kernelSync } from '../src/kernel';
import { relu } from '../src/layers/elementwise';
import type { DType } from '../src/ndarray';
import type { Bench } from './bench';
import { array, normal } from './data';
import { byName, type Contestant, type Measured, race, timed, weightedSum } from './harness';
import { deepNetwork } from './networks';
import type { Python } from './peers/python';
import type { Target } from './report';
import { BIASES, biasName, DTYPES, ourTransform, transformContestants, transformTime } from './transforms.bench';

export const DEPTH = 10;
export const FEATURES = 784;
const MS_PER_NS = 1e-6;

/** How many times the peer's time; exactness and the NTK are in ours, float32 and float64. */
const AT_LEAST: Readonly<Record<string, Readonly<Record<DType, number>>>> = {
  'neural-tangents': { float32: 25, float64: 12 },
  numpy: { float32: 3, float64: 2 },
};
const PARTS = 'sum of its parts';
const MOST_OF_PARTS = 1.3;

export async function kernels({ options, report, engines, python }: Bench): Promise<void> {
  const n = options.quick ? 256 : options.full ? 4096 : 2048;
  const entries = (n * (n + 1)) / 2;
  report.note(
    `${n} × ${n}, ${FEATURES} features, ${DEPTH} ReLU layers, x2 left out; parts: syrk, and ${entries} pairs × ${DEPTH} layers × the transform`,
  );
  if (python)
    report.note(
      'numpy by hand: in place, row tiles of 64k entries; each Python run is a process that reports its own seconds after warming up',
    );
  for (const dtype of DTYPES)
    for (const bStd of BIASES) {
      const title = `kernel ${n} × ${n} ${dtype}, ${biasName(bStd)}`;
      const note = (text: string) => report.note(`${title}: ${text}`);
      const x = normal(dtype, n, FEATURES, 21);
      const net = deepNetwork(relu(), DEPTH, bStd);
      const out = { nngp: array(dtype, n * n), ntk: array(dtype, n * n) };
      const gram = array(dtype, n * n);
      const runners = engines.map((engine) => ourTransform(engine, dtype, relu(), bStd));
      const wholes = engines.map(
        ({ name, context }): Contestant => ({
          name,
          ours: true,
          time: timed(() => kernelSync(net, x, { engine: context, out })),
        }),
      );
      const products = engines.map(
        ({ name, context }): Contestant => ({
          name: `syrk ${name}`,
          time: timed(() => context.backend.linalg.syrk('lower', 'n', n, FEATURES, 1, x.data, FEATURES, 0, gram, n)),
        }),
      );
      const rows = await race(
        [...wholes, ...pythonPeers(python, n, dtype, bStd), ...products, ...transformContestants(runners)],
        options,
        note,
      );
      const measured = (name: string) => byName(rows, name);
      const others = rows.filter(({ name }) => name in AT_LEAST);
      const targets = others.map(({ name }): Target => ({ peer: name, atLeast: AT_LEAST[name][dtype] }));
      const wholeRows = engines.map(({ name }) => measured(name));
      report.compare({ title, unit: 'ms', rows: [...wholeRows, ...others], targets });
      engines.forEach(({ name }, i) => {
        const syrk = { ...measured(`syrk ${name}`), name: `half a Gram product (syrk), ${name}` };
        const transform = { ...weightedSum(`transforms, ${name}`, [[entries * DEPTH * MS_PER_NS, transformTime(runners[i], rows)]]) };
        report.compare(ofItsParts(`${title}: ${name} and its parts`, measured(name), [syrk, transform]));
      });
      report.figures(
        `${title}: ns per entry of the full square and layer`,
        ['', 'best', 'median'],
        [...wholeRows, ...others].map(({ name, best, median }) => [name, ...[best, median].map((ms) => ms / MS_PER_NS / (n * n * DEPTH))]),
      );
    }
}

/** The whole beside the sum of its parts. */
export function ofItsParts(title: string, whole: Measured, parts: readonly Measured[]) {
  const total = weightedSum(
    PARTS,
    parts.map((part) => [1, part] as const),
  );
  const target: Target = { peer: PARTS, atMost: MOST_OF_PARTS };
  return { title, unit: 'ms', rows: [whole, total, ...parts.map((part) => ({ ...part, ours: false }))], targets: [target] };
}

function pythonPeers(python: Python | undefined, n: number, dtype: DType, bStd: number | undefined): Contestant[] {
  if (!python) return [];
  const settings = { n, features: FEATURES, depth: DEPTH, dtype, ...(bStd === undefined ? {} : { bias: bStd }) };
  return [
    ...(python.numpy ? [python.contestant('numpy', 'numpy-kernel', settings)] : []),
    ...(python.neuralTangents ? [python.contestant('neural-tangents', 'neural-tangents-kernel', settings)] : []),
  ];
}
