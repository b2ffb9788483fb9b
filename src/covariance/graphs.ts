/** Matrices that differ from sample to sample: graph patterns, and means over what is not masked. */
import { InfiniteWidthError } from '../errors';
import { type GraphNode, locationsOf, type Sparse } from '../graph';
import { indicesOf, offsetOf, sparse } from '../inference/matrices';
import { showShape } from '../ndarray';
import type { Pattern } from './side';

type Aggregate = Extract<GraphNode, { op: 'aggregate' }>;

const identity = (length: number): Sparse =>
  sparse(
    length,
    Array.from({ length }, (_, i) => [[i, 1] as const]),
  );

/** Mean over the locations that are not masked; nothing where all are. */
export function maskedMean(mask: Uint8Array): Sparse {
  const kept = [...mask.keys()].filter((i) => !mask[i]);
  return sparse(mask.length, [kept.map((i) => [i, 1 / kept.length] as const)]);
}

/** Pᵀ of sample a on the vertex axes, the identity on the others; the whole identity without a pattern. */
export function patternMatrix(node: Aggregate, pattern: Pattern | null, a: number): Sparse {
  const { spatial, axes } = node;
  if (!pattern) return identity(locationsOf(spatial));
  const vertices = axes.map((axis) => spatial[axis]);
  const edges =
    node.options.implementation === 'SPARSE' ? sparseEdges(pattern, vertices, a) : denseEdges(pattern, locationsOf(vertices), a);
  const incoming = new Map<number, (readonly [number, number])[]>();
  for (const [from, to, weight] of edges) incoming.set(to, [...(incoming.get(to) ?? []), [from, weight]]);
  const rows = [...indicesOf(spatial)].map((index) => {
    const vertex = offsetOf(
      axes.map((axis) => index[axis]),
      vertices,
    );
    return (incoming.get(vertex) ?? []).map(([from, weight]) => {
      const place = [...index];
      let rest = from;
      for (let k = axes.length - 1; k >= 0; k--) {
        place[axes[k]] = rest % vertices[k];
        rest = Math.floor(rest / vertices[k]);
      }
      return [offsetOf(place, spatial), weight] as const;
    });
  });
  return sparse(locationsOf(spatial), rows);
}

type Edge = readonly [from: number, to: number, weight: number];

function denseEdges({ data }: Pattern, count: number, a: number): Edge[] {
  const edges: Edge[] = [];
  for (let from = 0, at = a * count * count; from < count; from++)
    for (let to = 0; to < count; to++, at++) if (data[at] !== 0) edges.push([from, to, data[at]]);
  return edges;
}

/** Edges with a negative vertex are padding; several equal ones count as often as they stand there. */
function sparseEdges({ data, shape }: Pattern, vertices: readonly number[], a: number): Edge[] {
  const [count, rank] = [shape[1], vertices.length];
  const edges: Edge[] = [];
  for (let e = 0; e < count; e++) {
    const end = (side: number) => vertices.map((_, k) => data[((a * count + e) * rank + k) * 2 + side]);
    const [from, to] = [end(0), end(1)];
    if ([...from, ...to].some((vertex) => vertex < 0)) continue;
    edges.push([offsetOf(from, vertices), offsetOf(to, vertices), 1]);
  }
  return edges;
}

/** @throws ERR_SHAPE, ERR_ARGUMENT unless the pattern fits the layer */
export function checkPattern(node: Aggregate, pattern: Pattern, samples: number, name: string): void {
  const vertices = node.axes.map((axis) => node.spatial[axis]);
  const { shape, data } = pattern;
  const isSparse = node.options.implementation === 'SPARSE';
  const edges = shape.length === 3 && vertices.length === 1 ? [samples, shape[1], 2] : [samples, shape[1] ?? 0, vertices.length, 2];
  const expected = isSparse ? edges : [samples, ...vertices, ...vertices];
  if (shape.length !== expected.length || shape.some((length, k) => length !== expected[k]))
    throw new InfiniteWidthError(
      'ERR_SHAPE',
      `${node.layer}: ${name} has shape ${showShape(shape)}; ${isSparse ? `[${samples}, edges, ${vertices.length}, 2]` : showShape(expected)} is needed`,
      { shape, expected },
    );
  if (!isSparse) return;
  const limit = (k: number) => vertices[Math.floor(k / 2) % vertices.length];
  const wrong = data.findIndex((vertex, k) => !Number.isInteger(vertex) || vertex >= limit(k));
  if (wrong >= 0)
    throw new InfiniteWidthError(
      'ERR_ARGUMENT',
      `${name} has vertex ${data[wrong]}; vertices are integers below ${limit(wrong)}, negative ones padding`,
      { vertex: data[wrong] },
    );
}
