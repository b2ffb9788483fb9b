/** Which locations of a sample are masked after each node: 1 masked. The rules are the reference's (kernels.md of its layers' mask functions). */
import type { GraphNode, Sparse, WindowAxis } from '../graph';
import { indicesOf } from '../inference/matrices';
import { windowTaps } from './maps';
import type { Side, SideInput } from './side';

export function nodeMask(side: Side, n: number, a: number): Uint8Array | null {
  const node = side.nodes[n];
  const moved = side.source(n, a);
  if (moved) return side.mask(moved.node, moved.sample);
  if (node.op === 'input') return inputMask(side.data.inputs[node.index], side.locations(n), a);
  const masks = node.of.map((b) => side.mask(b, a));
  if (masks.every((mask) => mask === null)) return null;
  const [mask] = masks;
  switch (node.op) {
    case 'window':
      return node.transposed ? anyTap(node, mask as Uint8Array) : centres(node.axes, mask as Uint8Array);
    case 'pool':
      return centres(node.axes, mask as Uint8Array);
    case 'mix':
      return onlyMasked(node.matrix, mask as Uint8Array);
    case 'globalPool':
    case 'trace':
      return Uint8Array.of((mask as Uint8Array).every((m) => m === 1) ? 1 : 0);
    case 'sum':
    case 'product':
    case 'concatChannels':
      return intersection(masks);
    case 'concatSpatial':
      return Uint8Array.from(node.branch, (b, o) => masks[b]?.[node.source[o]] ?? 0);
    default:
      return mask;
  }
}

/** A location is masked where all its channels are. */
function inputMask({ mask, size }: SideInput, locations: number, a: number): Uint8Array | null {
  if (!mask) return null;
  const channels = size / locations;
  return Uint8Array.from({ length: locations }, (_, i) => {
    const at = a * size + i * channels;
    return mask.subarray(at, at + channels).every((m) => m === 1) ? 1 : 0;
  });
}

/** Branches without a mask say nothing. */
function intersection(masks: readonly (Uint8Array | null)[]): Uint8Array {
  const given = masks.filter((mask) => mask !== null);
  return given[0].map((_, i) => (given.every((mask) => mask[i]) ? 1 : 0));
}

/** A window is masked where the location under its centre is. */
function centres(axes: readonly WindowAxis[], mask: Uint8Array): Uint8Array {
  if (axes.every(({ from, to }) => from === to)) return mask;
  const outputs = [...indicesOf(axes.map(({ to }) => to))];
  return Uint8Array.from(outputs, (output) => mask[output.reduce((at, o, k) => at * axes[k].from + centreOf(axes[k], o), 0)]);
}

const centreOf = ({ from, stride, dilation, low, size }: WindowAxis, o: number): number =>
  Math.min(from - 1, Math.max(0, o * stride - low + Math.floor((size - 1) / 2) * dilation));

/** A transposed window masks all that a masked location reaches. */
function anyTap({ axes }: Extract<GraphNode, { op: 'window' }>, mask: Uint8Array): Uint8Array {
  const taps = windowTaps(axes, true);
  return Uint8Array.from(taps[0], (_, o) => (taps.some((tap) => tap[o] >= 0 && mask[tap[o]]) ? 1 : 0));
}

function onlyMasked({ rows, starts, columns }: Sparse, mask: Uint8Array): Uint8Array {
  return Uint8Array.from({ length: rows }, (_, o) => (columns.subarray(starts[o], starts[o + 1]).every((i) => mask[i]) ? 1 : 0));
}
