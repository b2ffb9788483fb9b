/** Graphs that are a chain of layers on feature vectors → the steps of the tile engine's program. */
import type { Graph, GraphNode } from './graph';
import type { Step } from './infer';
import type { ActivationLayer } from './spec';

/** Steps of every node, in order; null where the graph is more than a chain, or holds what the tile engine cannot run. */
export function chainOf({ nodes, outputs, inputs }: Graph): readonly (readonly Step[])[] | null {
  if (inputs !== 1 || outputs.length !== 1 || outputs[0].node !== nodes.length - 1) return null;
  const isFlat = nodes[0].spatial.length === 0;
  const steps: (readonly Step[] | null)[] = nodes.map((node, n) => {
    if (n === 0 || (n === 1 && !isFlat && node.op === 'trace')) return [];
    return node.spatial.length === 0 && node.of.length === 1 && node.of[0] === n - 1 ? stepsOf(node) : null;
  });
  return steps.every((own) => own !== null) && (isFlat || nodes[1]?.op === 'trace') ? steps : null;
}

function stepsOf(node: GraphNode): readonly Step[] | null {
  if (node.op === 'affine') {
    const { w, b, hasBias, fanIn } = node;
    return [{ kind: 'affine', w, b, hasBias, fanIn }];
  }
  return node.op === 'dual' ? activationSteps(node.activation) : null;
}

function activationSteps(layer: ActivationLayer): readonly Step[] {
  switch (layer.kind) {
    case 'relu':
      return [{ kind: 'rectified', a: 0, b: 1 }];
    case 'abs':
      return [{ kind: 'rectified', a: -1, b: 1 }];
    case 'leakyRelu':
      return [{ kind: 'rectified', a: layer.alpha, b: 1 }];
    case 'abRelu':
      return layer.a === 0 && layer.b === 0 ? [{ kind: 'erf', a: 0, b: 1 }] : [{ kind: 'rectified', a: layer.a, b: layer.b }];
    case 'sigmoidLike':
      return [
        { kind: 'erf', a: 0.5, b: 1 / 2.4020563531719796 },
        { kind: 'shift', c: 0.5 },
      ];
    case 'erf':
      return [{ kind: 'erf', a: layer.a, b: layer.b }, ...(layer.c === 0 ? [] : [{ kind: 'shift', c: layer.c } as const])];
    default:
      return [{ kind: 'dual', activation: layer }];
  }
}
