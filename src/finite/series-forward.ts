/**
 * A finite network along a line of parameters, p + t·d: its outputs as a power series in t (Taylor mode; Griewank & Walther 2008). One walk
 * forwards for all degrees, no differences.
 */
import { routinesOf } from '../backends/finite';
import { contextOf } from '../context';
import type { TracedLayer } from '../inference/state';
import type { ActivationLayer, LayerNormLayer, Network } from '../spec';
import { attendSeries } from './attention';
import { fixedMap, type Surroundings } from './fixed-maps';
import { checkParams, open } from './forward';
import type { Weights } from './linear';
import { keptOf } from './masks';
import type { FiniteInput, FiniteOptions } from './options';
import { type AttentionParams, hasParams, type LinearParams, mapParams, type Params } from './params';
import { affine, ready } from './pass';
import { masked, plus, power, type Series, scaled, shifted, times } from './series';
import { activatedSeries } from './series-activations';
import { Tape, type Tensor } from './tape';
import { concatenate, groups, sizesOf } from './unweighted';
import { NetworkWalk } from './walk';

/** Coefficients in doubles, and their common shape. */
export interface TensorSeries {
  readonly coefficients: Series;
  readonly shape: readonly number[];
}

/** @throws as `apply`; ERR_UNSUPPORTED for a degree that an activation does not have */
export function forwardSeries(
  net: Network,
  params: Params,
  direction: Params,
  x: FiniteInput,
  degree: number,
  options: FiniteOptions,
): TensorSeries {
  const { around, arrays, isList } = open(net, x, options);
  checkParams(around.layers, params);
  checkParams(around.layers, direction);
  const inDoubles = (own: Params) => mapParams(own, ({ data, shape }) => ({ data: Float64Array.from(data), shape }));
  const inputs = arrays.map(({ data, shape }): TensorSeries => ({ coefficients: [Float64Array.from(data)], shape }));
  const walk = new SeriesWalk(around, inDoubles(params), inDoubles(direction), degree);
  return walk.walk(net, isList ? inputs : inputs[0]) as TensorSeries;
}

class SeriesWalk extends NetworkWalk<TensorSeries> {
  private nextParams = 0;

  constructor(
    private readonly around: Surroundings,
    private readonly params: Params,
    private readonly direction: Params,
    private readonly degree: number,
  ) {
    super(around.layers);
  }

  protected join({ layer }: TracedLayer, parts: readonly TensorSeries[]): TensorSeries {
    const { degree } = this;
    if (layer.kind === 'fanInConcat') return this.joined(layer.axis, parts);
    const both = (a: Series, b: Series) => (layer.kind === 'fanInSum' ? plus(a, b) : times(a, b, degree));
    return { coefficients: parts.map(({ coefficients }) => coefficients).reduce(both), shape: parts[0].shape };
  }

  private joined(axis: number, parts: readonly TensorSeries[]): TensorSeries {
    const length = Math.max(...parts.map(({ coefficients }) => coefficients.length));
    const at = (k: number) => concatenate(this.scratch(), axis, parts.map(tensorAt(k)));
    return asSeries(Array.from({ length }, (_, k) => at(k)));
  }

  protected layer(traced: TracedLayer, x: TensorSeries): TensorSeries {
    const { degree, around } = this;
    const { layer } = traced;
    if (hasParams(traced)) {
      const entry = this.nextParams++;
      const [start, direction] = [this.params[entry], this.direction[entry]];
      if (layer.kind === 'globalSelfAttention')
        return attendSeries(
          this.scratch().la,
          layer,
          start as AttentionParams,
          direction as AttentionParams,
          x,
          degree,
          this.masked(traced, x),
        );
      return this.affine(traced, start as LinearParams, direction as LinearParams, x);
    }
    if (layer.kind === 'layerNorm') {
      const masks = this.masked(traced, x);
      return normalizedSeries(layer, x, degree, masks && this.kept(masks, x));
    }
    const mapped = x.coefficients.map((_, k) => fixedMap(this.scratch(), around, traced, tensorAt(k)(x)));
    if (mapped[0]) return asSeries(mapped as Tensor[]);
    return { coefficients: activatedSeries(layer as ActivationLayer, x.coefficients, degree), shape: x.shape };
  }

  protected mask(traced: TracedLayer, x: TensorSeries): TensorSeries {
    const masks = this.around.masks?.after(traced, x.shape[0]);
    return masks ? { coefficients: masked(x.coefficients, this.kept(masks, x)), shape: x.shape } : x;
  }

  private masked(traced: TracedLayer, { shape }: TensorSeries) {
    return this.around.masks?.before(traced, shape[0]) ?? null;
  }

  private kept(masks: readonly (Uint8Array | null)[], { coefficients, shape }: TensorSeries): Uint8Array {
    return keptOf(masks, coefficients[0].length / shape[0], shape[shape.length - 1]);
  }

  /** (W + tU) x + b + tu */
  private affine(traced: TracedLayer, { w, b }: LinearParams, { w: u, b: ub }: LinearParams, x: TensorSeries): TensorSeries {
    const of = (params: LinearParams, k: number) => {
      const tape = this.scratch();
      return affine(tape, this.around, traced, 0, ready(tape.routines, params, (data) => data) as Weights, tensorAt(k)(x));
    };
    const kept = x.coefficients.map((_, k) => of(k === 0 ? { w, b } : { w }, k));
    const moved = x.coefficients.slice(0, this.degree).map((_, k) => of(k === 0 ? { w: u, b: ub } : { w: u }, k));
    const { shape } = kept[0];
    const series = (parts: readonly Tensor[]): Series => parts.map(({ data }) => data as Float64Array);
    return { coefficients: plus(series(kept), [new Float64Array(kept[0].data.length), ...series(moved)]), shape };
  }

  /** A tape that nobody walks back. */
  private scratch(): Tape {
    return new Tape(routinesOf(contextOf('finite networks', this.around.engine).backend), 'float64');
  }
}

const tensorAt =
  (k: number) =>
  ({ coefficients, shape }: TensorSeries): Tensor => ({ data: coefficients[k] ?? new Float64Array(coefficients[0].length), shape });

const asSeries = (parts: readonly Tensor[]): TensorSeries => ({
  coefficients: parts.map(({ data }) => data as Float64Array),
  shape: parts[0].shape,
});

/** (x − mean)/√(variance + ε) */
function normalizedSeries(
  { axis, eps }: LayerNormLayer,
  { coefficients, shape }: TensorSeries,
  degree: number,
  kept: Uint8Array | null,
): TensorSeries {
  const { groupOf, count } = groups(shape, axis);
  const sizes = sizesOf(groupOf, count, kept);
  const meanOf = (a: Series): Series =>
    a.map((own) => {
      const means = new Float64Array(count);
      own.forEach((value, at) => {
        if (kept?.[at] !== 0) means[groupOf[at]] += value / sizes[groupOf[at]];
      });
      return means;
    });
  const spread = (a: Series): Series => a.map((own) => Float64Array.from(groupOf, (group) => own[group]));
  const centred = plus(coefficients, scaled(spread(meanOf(coefficients)), -1));
  const variance = meanOf(times(centred, centred, degree));
  return { coefficients: times(centred, spread(power(shifted(variance, eps), -0.5, degree)), degree), shape };
}
