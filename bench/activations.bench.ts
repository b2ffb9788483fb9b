/**
 * Every activation of the tile engine: nanoseconds per pair and layer (dense and activation, NNGP and NTK together) in float32 and
 * float64, depth 5 minus depth 1, beside its error: the worst of the rows of test/fixtures/duals/activations.json.gz, which are
 * coincident, opposite, close, zero, small and large, relative to the geometric mean of the diagonal entries. Inputs have variance 1
 * and every dense layer a bias and the weight that brings it back to 1. Of the activations without a closed form the errors are those of
 * the pairs of test/fixtures/duals/numerical.json.gz with |ρ| ≤ 0.9, variances from 1e-6 to 1e4, the factor's relative to itself. Last a
 * race of them against erf on rows whose variances differ by factors up to 400.
 */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { stepsOf } from '../src/activations/steps';
import { dualOf } from '../src/duals/dual';
import { bringEverything } from '../src/everything';
import type { Step } from '../src/infer';
import type { DType, NDArray } from '../src/ndarray';
import type { ActivationLayer } from '../src/spec';
import type { Bench } from './bench';
import { array, positive } from './data';
import type { BenchEngine } from './engines';
import { byName, type Contestant, difference, type Measured, race, timed } from './harness';
import { FEATURES, openSteps, TILE } from './tiles';
import { DTYPES, tileInputs } from './transforms.bench';

/** Nothing without a closed form may take more than this many times what erf takes. */
const MOST_OF_ERF = 10;
const SHALLOW = 1;
const LAYERS = 4;
const fixture = <T>(name: string): T =>
  JSON.parse(gunzipSync(readFileSync(new URL(`../test/fixtures/duals/${name}.json.gz`, import.meta.url))).toString()) as T;

interface Exact {
  readonly rows: readonly (readonly number[])[];
  readonly activations: readonly {
    readonly layer: ActivationLayer;
    readonly plain: readonly (readonly (number | null)[])[];
  }[];
}

const affine = (w: number, b: number): Step => ({ kind: 'affine', w, b, hasBias: b > 0, fanIn: null });

/** Standard deviation of every bias. */
const BIAS = 0.1;

function deep(layer: ActivationLayer, depth: number): Step[] {
  const weight = (variance: number) => Math.sqrt((1 - BIAS * BIAS) / variance);
  const layers = Array.from({ length: depth }, (_, i) => [
    affine(weight(i === 0 ? 1 : dualOf(layer).variance(1)), BIAS),
    ...stepsOf(layer),
  ]);
  return layers.flat();
}

/** Each row divided by its norm over √features. */
function unitRows({ data, shape }: NDArray): NDArray {
  const width = shape[1];
  const unit = data.slice();
  for (let i = 0; i < data.length; i += width) {
    const norm = Math.hypot(...data.subarray(i, i + width)) / Math.sqrt(width);
    for (let k = i; k < i + width; k++) unit[k] /= norm;
  }
  return { data: unit, shape };
}

const nameOf = ({ kind, ...parameters }: ActivationLayer): string => `${kind} ${Object.values(parameters).join(' ')}`.trim();

export async function activations({ options, report, engines }: Bench): Promise<void> {
  // Fixtures name activations as data.
  bringEverything();
  report.note(
    `one ${TILE} × ${TILE} tile of ${FEATURES} features, depth ${SHALLOW + LAYERS} minus depth ${SHALLOW}; errors of one layer against mpmath`,
  );
  const exact = fixture<Exact>('activations');
  const cases = options.quick ? exact.activations.slice(0, 8) : exact.activations;
  const lines: (string | number)[][] = [];
  for (const entry of cases)
    for (const engine of engines) {
      const figures = [];
      for (const dtype of DTYPES) {
        const { best, median } = await timeOf(engine, entry.layer, dtype, options);
        const errors = errorsOf(engine, exact.rows, entry, dtype);
        figures.push(best, median, ...errors.map((error) => error.toExponential(1)));
      }
      lines.push([nameOf(entry.layer), engine.name, ...figures]);
    }
  const grid = fixture<Grid>('numerical');
  for (const layer of options.quick ? TABULATED.slice(0, 1) : TABULATED)
    for (const engine of engines) {
      const figures = [];
      for (const dtype of DTYPES) {
        const { best, median } = await timeOf(engine, layer, dtype, options);
        figures.push(best, median, ...gridErrorsOf(engine, grid, layer, dtype).map((error) => error.toExponential(1)));
      }
      lines.push([nameOf(layer), engine.name, ...figures]);
    }
  const columns = DTYPES.flatMap((dtype) => ['best', 'median', 'nngp error', 'ntk error'].map((what) => `${dtype} ${what}`));
  report.figures('ns per pair and layer', ['', 'by', ...columns], lines);
  for (const engine of engines) for (const dtype of DTYPES) await raceErf(engine, dtype, { options, report });
}

const ERF: ActivationLayer = { kind: 'erf', a: 1, b: 1, c: 0 };
const TABULATED: readonly ActivationLayer[] = [
  { kind: 'tanh' },
  { kind: 'sigmoid' },
  { kind: 'softplus' },
  { kind: 'silu' },
  { kind: 'elu', alpha: 1 },
  { kind: 'selu' },
];

/** Rows of both signs, row i times 20^(−½ … ½). */
function unequalRows(dtype: DType, seed: number): NDArray {
  const { data, shape } = positive(dtype, TILE, FEATURES, seed);
  return { data: data.map((x, at) => (x - 0.3) * 20 ** (((37 * Math.floor(at / FEATURES)) % TILE) / TILE - 0.5)), shape };
}

/** Interleaved, in one race. */
async function raceErf(
  { name, context }: BenchEngine,
  dtype: DType,
  { options, report }: Pick<Bench, 'options' | 'report'>,
): Promise<void> {
  const [x1, x2] = [unequalRows(dtype, 11), unequalRows(dtype, 12)];
  const layers = [ERF, ...(options.quick ? TABULATED.slice(0, 1) : TABULATED)];
  const depths = [SHALLOW, SHALLOW + LAYERS];
  const tiles = layers.flatMap((layer) => depths.map((depth) => openSteps(context.backend, deep(layer, depth), x1, x2)));
  const contestants = tiles.map((tile, i): Contestant => ({ name: `${i}`, ours: true, time: timed(() => tile.compute()) }));
  const times = await race(contestants, options, () => {});
  for (const tile of tiles) tile.close();
  const rows = layers.map((layer, i) => {
    const per = difference(layer.kind, byName(times, `${2 * i + 1}`), byName(times, `${2 * i}`), (LAYERS * TILE * TILE) / 1e6);
    return { ...per, ours: layer !== ERF };
  });
  report.compare({
    title: `without a closed form against erf, ${dtype}, ${name}, rows of unequal variances`,
    unit: 'ns/pair/layer',
    rows,
    targets: [{ peer: 'erf', atMost: MOST_OF_ERF }],
  });
}

async function timeOf(
  { name, context }: BenchEngine,
  layer: ActivationLayer,
  dtype: DType,
  options: { readonly quick: boolean },
): Promise<Measured> {
  const [x1, x2] = tileInputs(dtype).map(unitRows);
  const tiles = [SHALLOW, SHALLOW + LAYERS].map((depth) => openSteps(context.backend, deep(layer, depth), x1, x2));
  const contestants = tiles.map((tile, i): Contestant => ({ name: `${i}`, ours: true, time: timed(() => tile.compute()) }));
  const rows = await race(contestants, options, () => {});
  for (const tile of tiles) tile.close();
  return difference(name, byName(rows, '1'), byName(rows, '0'), (LAYERS * TILE * TILE) / 1e6);
}

/** Columns q1, q2, ρ, k, d and then nngp, factor of each name. */
interface Grid {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly number[])[];
}

/** Worst errors of NNGP, relative to √(V₁V₂), and factor; the rows of every |ρ| ≤ 0.9 are x1, those of q2 along the first axis x2. */
function gridErrorsOf({ context }: BenchEngine, { columns, rows }: Grid, layer: ActivationLayer, dtype: DType): number[] {
  const column = columns.indexOf(`${layer.kind}.nngp`);
  const chosen = rows.filter(([, , rho]) => Math.abs(rho) <= 0.9);
  const points = (of: (row: readonly number[]) => readonly number[]): NDArray => {
    const data = array(dtype, 2 * chosen.length);
    data.set(chosen.flatMap(of).map((x) => x * Math.SQRT2));
    return { data, shape: [chosen.length, 2] };
  };
  const x1 = points(([q1, , rho]) => [Math.sqrt(q1) * rho, Math.sqrt(q1 * (1 - rho * rho))]);
  const x2 = points(([, q2]) => [Math.sqrt(q2), 0]);
  // A dense layer that keeps K and leaves an NTK of 1.
  const unit: Step = { kind: 'affine', w: 1, b: 0, hasBias: true, fanIn: 0 };
  const tile = openSteps(context.backend, [unit, ...stepsOf(layer)], x1, x2);
  tile.compute();
  const [nngp, ntk] = [tile.read('nngp'), tile.read('ntk')];
  tile.close();
  const dual = dualOf(layer);
  const errors = chosen.map((row, i) => {
    const at = i * chosen.length + i;
    return [
      Math.abs(nngp[at] - row[column]) / Math.sqrt(dual.variance(row[0]) * dual.variance(row[1])),
      Math.abs(ntk[at] / row[column + 1] - 1),
    ];
  });
  return [0, 1].map((part) => Math.max(...errors.map((error) => error[part])));
}

/** Worst errors of NNGP and NTK. */
function errorsOf({ context }: BenchEngine, rows: Exact['rows'], { layer, plain }: Exact['activations'][number], dtype: DType): number[] {
  const n = rows.length;
  const data = array(dtype, n * rows[0].length);
  data.set(rows.flat());
  const x: NDArray = { data, shape: [n, rows[0].length] };
  const tile = openSteps(context.backend, [affine(1, 0), ...stepsOf(layer)], x, x);
  tile.compute();
  const errors = (['nngp', 'ntk'] as const).map((field, f) => {
    const values = tile.read(field);
    const at = (i: number, j: number): number => plain[f][(i * (i + 1)) / 2 + j] ?? Number.NaN;
    let worst = 0;
    for (let i = 0; i < n; i++)
      for (let j = 0; j <= i; j++) {
        const scale = Math.sqrt(Math.abs(at(i, i) * at(j, j)));
        const error = Math.abs(values[i * n + j] - at(i, j)) / Math.max(scale, Math.abs(at(i, j)));
        if (error > worst && scale > 1e-36) worst = error;
      }
    return worst;
  });
  tile.close();
  return errors;
}
