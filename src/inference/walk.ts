/** A network and the shapes of its inputs → the graph of operations on covariances (graph.ts). */
import { isActivation } from '../activations/steps';
import { InfiniteWidthError } from '../errors';
import type { Graph } from '../graph';
import { graphEngine } from '../jobs/graph-engine';
import { showShape } from '../ndarray';
import type { Network } from '../spec';
import { applyDense, applyFlatten } from './dense';
import {
  Builder,
  checkCount,
  isTensor,
  nameOf,
  type PlacedLayer,
  placedAs,
  requireGaussian,
  single,
  type Tensor,
  type TracedLayer,
  tensorsOf,
  type Value,
} from './state';

/** Shape of one input, or of each of a list. */
export type InputShapes = readonly number[] | readonly (readonly number[])[];

export interface Inferred {
  readonly graph: Graph;
  /** Every layer in the order of computation. */
  readonly layers: readonly TracedLayer[];
}

/**
 * @param isGaussian of the inputs: true only where they are outputs of another network
 * @throws ERR_SHAPE, ERR_NOT_GAUSSIAN, ERR_ARGUMENT, ERR_UNSUPPORTED, naming the layer and what it needs; ERR_OUT_OF_MEMORY for layers
 *   too many to hold, before any is made
 */
export function inferGraph(net: Network, inputShapes: InputShapes, isGaussian = false): Inferred {
  checkCount(layersOf(net), 'the network, its repeats written out,', 'layers');
  const builder = new Builder();
  const isList = inputShapes.length > 0 && inputShapes.every((shape) => Array.isArray(shape));
  const shapes = (isList ? inputShapes : [inputShapes]) as readonly (readonly number[])[];
  const inputs = shapes.map((shape, index) => inputTensor(builder, shape, index, isGaussian));
  const value = new Walk(builder).walk(net, isList ? inputs : inputs[0], '');
  const outputs = tensorsOf(value).map(({ node, shape, isGaussian }) => ({ node, shape, isGaussian }));
  const graph = { nodes: builder.nodes, outputs, inputs: isList ? shapes.length : 1 };
  return { graph, layers: builder.layers };
}

const shapeOf = (value: Value): readonly number[] => tensorsOf(value)[0]?.shape ?? [];

/** Layers with every repeat written out; a combinator counts as one, so that what is empty is not free. */
function layersOf(net: Network): number {
  if (net.kind === 'repeat') return 1 + net.n * layersOf(net.layer);
  if (net.kind === 'serial' || net.kind === 'parallel') return net.layers.reduce((count, layer) => count + layersOf(layer), 1);
  return 1;
}

function inputTensor(builder: Builder, shape: readonly number[], index: number, isGaussian: boolean): Tensor {
  if (shape.length < 2)
    throw new InfiniteWidthError(
      'ERR_SHAPE',
      `the input has shape ${showShape(shape)}; a sample axis and a channel axis are needed: [n, channels]`,
      { shape },
    );
  const node = builder.push({ op: 'input', index }, [], shape.slice(1, -1), `input ${index}`);
  return { node, shape, isGaussian, isWide: isGaussian, from: 'the raw input (or flatten)', s: 1 };
}

class Walk {
  constructor(private readonly builder: Builder) {}

  walk(net: Network, value: Value, position: string): Value {
    const inside = (i: number) => (position ? `${position}.${i}` : `${i}`);
    switch (net.kind) {
      case 'serial':
        return net.layers.reduce((v: Value, layer, i) => this.walk(layer, v, inside(i)), value);
      case 'repeat':
        return Array.from({ length: net.n }).reduce((v: Value, _, i) => this.walk(net.layer, v, inside(i)), value);
      case 'parallel':
        return parallelBranches(value, net.layers.length, position).map((v, i) => this.walk(net.layers[i], v, inside(i)));
      default:
        return this.traced(value, { layer: net, position: position || '0' });
    }
  }

  private traced(value: Value, placed: PlacedLayer): Value {
    const from = this.builder.nodes.length;
    const result = this.layer(value, placed);
    const nodes = [from, this.builder.nodes.length] as const;
    this.builder.layers.push({ ...placed, before: shapeOf(value), shape: shapeOf(result), nodes });
    return result;
  }

  private layer(value: Value, placed: PlacedLayer): Value {
    const { builder } = this;
    const { layer } = placed;
    const one = () => single(value, placed);
    switch (layer.kind) {
      case 'identity':
        return value;
      case 'dense':
        return applyDense(builder, one(), placedAs(placed, layer));
      case 'flatten':
        return applyFlatten(builder, one(), placed);
      default:
        if (!isActivation(layer)) return graphEngine(nameOf(placed)).apply(builder, value, placed);
        requireGaussian(one(), placed);
        return builder.apply(one(), { op: 'dual', activation: layer }, nameOf(placed), { isGaussian: false, from: nameOf(placed) });
    }
  }
}

function parallelBranches(value: Value, count: number, position: string): readonly Value[] {
  if (!isTensor(value) && value.length === count) return value;
  throw new InfiniteWidthError(
    'ERR_ARGUMENT',
    `parallel at ${position || '0'} has ${count} branches and gets ${isTensor(value) ? 'one tensor; put fanOut before it, or pass a list of inputs' : `${value.length}`}`,
    { position, branches: count },
  );
}
