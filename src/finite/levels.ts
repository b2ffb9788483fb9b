/** Fully connected networks as lists of dense layers with the activations between them. */
import { InfiniteWidthError } from '../errors';
import { inferGraph } from '../inference/walk';
import type { ActivationLayer, DenseLayer, Network } from '../spec';

/** A dense layer, and the activation between it and the next one. */
export interface Level {
  readonly layer: DenseLayer;
  readonly inputs: number;
  readonly outputs: number;
  readonly after: ActivationLayer | null;
}

/** The dense layers of a network that is nothing else but them, single activations between them, and flatten; null otherwise. */
export function levelsOf(net: Network, inputShape: readonly number[]): readonly Level[] | null {
  const { graph, layers } = inferGraph(net, inputShape);
  const levels: Level[] = [];
  let after: ActivationLayer | null = null;
  let isFlat = inputShape.length === 2;
  for (const { layer, before, shape, nodes } of layers) {
    const [node] = graph.nodes.slice(...nodes);
    if (layer.kind === 'identity') continue;
    if (layer.kind === 'flatten') isFlat = true;
    else if (layer.kind === 'dense' && isFlat) {
      if (levels.length > 0) levels[levels.length - 1] = { ...levels[levels.length - 1], after };
      levels.push({ layer, inputs: before[1], outputs: shape[1], after: null });
      after = null;
    } else if (isFlat && levels.length > 0 && after === null && node?.op === 'dual') after = node.activation;
    else return null;
  }
  return levels.length > 0 && after === null ? levels : null;
}

/** @throws ERR_UNSUPPORTED */
export function requireLevels(net: Network, inputShape: readonly number[]): readonly Level[] {
  const levels = levelsOf(net, inputShape);
  if (levels) return levels;
  throw new InfiniteWidthError(
    'ERR_UNSUPPORTED',
    "method 'conditioned' draws fully connected networks that end in a dense layer; use method 'weights' for this one",
  );
}
