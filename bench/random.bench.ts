/**
 * Random numbers: nanoseconds a word and a normal, on one thread, beside Math.random and the textbook Box–Muller of it; then the
 * Kolmogorov–Smirnov statistic of 10⁸ normals.
 */
import { type Core, embeddedPool } from '../src/backends/core';
import { bringFinite } from '../src/backends/parts';
import { normals, normalsInto, words } from '../src/finite/random';
import { bytesPer, type DType, type TypedArray } from '../src/ndarray';
import type { Bench } from './bench';
import { array } from './data';
import { type Contestant, type Measured, race, timed } from './harness';
import { kolmogorovTail, Normality, RESOLUTION } from './normality';

/** Numbers of a call: within the second cache. */
const COUNT = 1 << 14;
const KS_COUNT = 1e8;
const STREAM = { seed: 20, sample: 1, layer: 2 };
const DTYPES: readonly DType[] = ['float32', 'float64'];

/** Box and Muller (1958) over the runtime's own generator. */
function textbook(out: TypedArray): void {
  for (let i = 0; i < out.length; i += 2) {
    const r = Math.sqrt(-2 * Math.log(1 - Math.random()));
    const angle = 2 * Math.PI * Math.random();
    out[i] = r * Math.cos(angle);
    out[i + 1] = r * Math.sin(angle);
  }
}

function runtimeWords(out: Uint32Array): void {
  for (let i = 0; i < out.length; i++) out[i] = Math.random() * 2 ** 32;
}

interface NamedCore {
  readonly name: string;
  readonly core: Core;
}

function wordContestants(cores: readonly NamedCore[]): Contestant[] {
  const out = new Uint32Array(COUNT);
  return [
    ...cores.map(({ name, core }) => {
      const at = core.reserve(4 * COUNT);
      return {
        name,
        ours: true,
        time: timed(() => core.exports.random_words(at, COUNT, STREAM.seed, 0, STREAM.sample, STREAM.layer, 0, 0)),
      };
    }),
    { name: 'js', ours: true, time: timed(() => words(STREAM, 0, COUNT)) },
    { name: 'Math.random', time: timed(() => runtimeWords(out)) },
  ];
}

function normalContestants(cores: readonly NamedCore[], dtype: DType): Contestant[] {
  const out = array(dtype, COUNT);
  return [
    ...cores.map(({ name, core }) => {
      const at = core.reserve(bytesPer(dtype) * COUNT);
      return { name, ours: true, time: timed(() => normalsInto(core, at, STREAM, 0, COUNT, dtype)) };
    }),
    { name: 'js', ours: true, time: timed(() => normals(STREAM, 0, COUNT, dtype)) },
    { name: 'Math.random + Box–Muller', time: timed(() => textbook(out)) },
  ];
}

/** ms a call → ns a number. */
const perNumber = (row: Measured): Measured => ({ ...row, best: (row.best * 1e6) / COUNT, median: (row.median * 1e6) / COUNT });

export async function random({ options, report, engines }: Bench): Promise<void> {
  bringFinite();
  const cores = engines.map(({ name, build }) => ({ name, core: embeddedPool(build).part('finite').take() }));
  const compare = async (title: string, contestants: readonly Contestant[]) => {
    const rows = await race(contestants, options, (text) => report.note(text));
    report.compare({ title, unit: 'ns', rows: rows.map(perNumber) });
  };
  report.note(`${COUNT} numbers a call on one thread; Philox4x32-10 and Box–Muller, the same bits everywhere`);
  await compare('a word of 32 bits', wordContestants(cores));
  for (const dtype of DTYPES) await compare(`a normal ${dtype}`, normalContestants(cores, dtype));
  const count = options.quick ? KS_COUNT / 100 : KS_COUNT;
  const rows = DTYPES.map((dtype) => kolmogorovSmirnov(cores[0].core, dtype, count));
  report.figures(
    `Kolmogorov–Smirnov, ${count} normals`,
    ['', 'D', 'D √n', `P(more), D ± ${RESOLUTION.toExponential(1)}`, 'largest |z|'],
    rows,
  );
}

function kolmogorovSmirnov(core: Core, dtype: DType, count: number): [string, number, number, number, number] {
  const seen = new Normality();
  const chunk = 1e5;
  const at = core.reserve(bytesPer(dtype) * chunk);
  for (let from = 0; from < count; from += chunk) {
    normalsInto(core, at, STREAM, from, chunk, dtype);
    const { buffer } = core.memory;
    seen.add(dtype === 'float32' ? new Float32Array(buffer, at, chunk) : new Float64Array(buffer, at, chunk));
  }
  const statistic = seen.statistic();
  return [dtype, statistic, statistic * Math.sqrt(count), kolmogorovTail(statistic, count), seen.extreme];
}
