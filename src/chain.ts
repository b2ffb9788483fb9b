/** Graphs that are a chain of layers on feature vectors → the steps of the tile engine's program. */
import { stepsOf as activationSteps } from './activations/steps';
import type { Graph, GraphNode } from './graph';
import type { Step } from './infer';

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
