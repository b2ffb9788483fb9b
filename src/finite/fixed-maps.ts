/** Layers that are a linear map without parameters: reshaping, pooling, graphs, noise. */
import { checkPattern, patternMatrix } from '../covariance/graphs';
import { matrixOf } from '../covariance/maps';
import { InfiniteWidthError } from '../errors';
import { type Graph, locationsOf, type Sparse } from '../graph';
import { nameOf, type TracedLayer } from '../inference/state';
import { asNDArray, checkFinite } from '../ndarray';
import type { DropoutLayer } from '../spec';
import type { Masks } from './masks';
import type { FiniteOptions } from './options';
import { dropoutNoise } from './rng';
import { channelsOf, type Tape, type Tensor } from './tape';
import { choose, mix, reshape } from './unweighted';

/** What such a layer reads beside its input: the graph and the options of the pass. */
export interface Surroundings extends FiniteOptions {
  readonly graph: Graph;
  readonly layers: readonly TracedLayer[];
  /** Of the inputs; null or left out: nothing is masked. */
  readonly masks?: Masks | null;
}

/** @returns null for a layer that is no such map */
export function fixedMap(tape: Tape, around: Surroundings, traced: TracedLayer, x: Tensor): Tensor | null {
  const { layer } = traced;
  const [first, second] = around.graph.nodes.slice(...traced.nodes);
  const shape = [x.shape[0], ...traced.shape.slice(1)];
  const matrix = () => matrixOf(first, locationsOf(x.shape.slice(1, -1))) as Sparse;
  switch (layer.kind) {
    case 'flatten':
      return reshape(tape, x, shape);
    case 'dropout':
      return layer.mode === 'test' ? x : dropOut(tape, around, traced, layer, x);
    case 'aggregate':
      return aggregated(tape, around, traced, x);
    case 'globalAvgPool':
      if (first && around.masks?.before(traced, x.shape[0])) return mix(tape, around.masks.matrices(traced, x.shape[0]), x, shape);
      return first ? mix(tape, matrix(), x, shape) : x;
    case 'avgPool':
    case 'sumPool':
    case 'globalSumPool':
    case 'imageResize':
    case 'dotGeneral':
      return first ? mix(tape, matrix(), x, shape) : x;
    case 'index': {
      const chosen = mix(tape, matrix(), x, shape);
      return second?.op === 'samples' ? choose(tape, second.samples, chosen) : chosen;
    }
    default:
      return null;
  }
}

/** @throws ERR_ARGUMENT without a seed */
function dropOut(tape: Tape, { rng, layers }: Surroundings, traced: TracedLayer, { rate }: DropoutLayer, x: Tensor): Tensor {
  if (rng === undefined)
    throw new InfiniteWidthError(
      'ERR_ARGUMENT',
      `${nameOf(traced)} draws noise and needs a seed: pass { rng }, or take dropout(rate, { mode: 'test' })`,
      { position: traced.position },
    );
  const number = layers.filter(({ layer }) => layer.kind === 'dropout').indexOf(traced);
  const noise = dropoutNoise(rng, number, rate, x.data.length);
  const times = (data: Tensor['data']) => data.map((value, at) => value * noise[at % noise.length]);
  return tape.record({ data: times(x.data), shape: x.shape }, [x], (cotangent) => [times(cotangent)]);
}

/** @throws ERR_SHAPE, ERR_ARGUMENT for a pattern that does not fit */
function aggregated(tape: Tape, { graph, pattern }: Surroundings, traced: TracedLayer, x: Tensor): Tensor {
  if (pattern === undefined || pattern === null) return x;
  const node = graph.nodes[traced.nodes[0]];
  if (node.op !== 'aggregate') return x;
  const array = asNDArray(pattern, 'pattern');
  checkFinite(array, 'pattern');
  checkPattern(node, array, x.shape[0], 'pattern');
  const matrices = Array.from({ length: x.shape[0] }, (_, n) => patternMatrix(node, array, n));
  const width = channelsOf(x);
  const size = x.data.length / x.shape[0];
  const data = tape.zeros(x.data.length);
  /** For each edge its numbers, one per channel, of the sample's own matrix. */
  const eachEdge = (body: (from: number, to: number, weight: number) => void) => {
    matrices.forEach(({ rows, starts, columns, weights }, n) => {
      for (let o = 0; o < rows; o++)
        for (let e = starts[o]; e < starts[o + 1]; e++) body(n * size + columns[e] * width, n * size + o * width, weights[e]);
    });
  };
  eachEdge((from, to, weight) => {
    for (let c = 0; c < width; c++) data[to + c] += weight * x.data[from + c];
  });
  const backward = (cotangent: Tensor['data']) => {
    const dx = tape.zeros(x.data.length);
    eachEdge((from, to, weight) => {
      for (let c = 0; c < width; c++) dx[from + c] += weight * cotangent[to + c];
    });
    return [dx];
  };
  return tape.record({ data, shape: x.shape }, [x], tape.oneByOne(data.length, backward));
}
