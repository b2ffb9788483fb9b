/**
 * Every activation of the tile engine: nanoseconds per pair and layer (dense and activation, NNGP and NTK together) in float32 and
 * float64, depth 5 minus depth 1, beside its error: the worst of the rows of test/fixtures/duals/activations.json.gz, which are
 * coincident, opposite, close, zero, small and large, relative to the geometric mean of the diagonal entries. Inputs have variance 1
 * and every dense layer a bias and the weight that brings it back to 1.
 */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { stepsOf } from '../src/activations/steps';
import { dualOf } from '../src/duals/dual';
import type { Step } from '../src/infer';
import type { DType, NDArray } from '../src/ndarray';
import type { ActivationLayer } from '../src/spec';
import type { Bench } from './bench';
import { array } from './data';
import type { BenchEngine } from './engines';
import { byName, type Contestant, difference, type Measured, race, timed } from './harness';
import { FEATURES, openSteps, TILE } from './tiles';
import { DTYPES, tileInputs } from './transforms.bench';

const SHALLOW = 1;
const LAYERS = 4;
const FIXTURE = new URL('../test/fixtures/duals/activations.json.gz', import.meta.url);

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
  report.note(
    `one ${TILE} × ${TILE} tile of ${FEATURES} features, depth ${SHALLOW + LAYERS} minus depth ${SHALLOW}; errors of one layer against mpmath`,
  );
  const exact = JSON.parse(gunzipSync(readFileSync(FIXTURE)).toString()) as Exact;
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
  const columns = DTYPES.flatMap((dtype) => ['best', 'median', 'nngp error', 'ntk error'].map((what) => `${dtype} ${what}`));
  report.figures('ns per pair and layer', ['', 'by', ...columns], lines);
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
