import { bringGraphs } from '../graphs';
import type { AggregateLayer } from '../spec';
import { axisNumbers, checkedOptions, oneOf } from './checks';

export interface AggregateOptions {
  /** Axis or axes of [n, …, channels] whose locations are the vertices. Default null: all spatial axes. */
  aggregateAxis?: number | readonly number[] | null;
  /** 'DENSE': weights between all vertices; 'SPARSE': lists of edges. Default 'DENSE'. */
  implementation?: 'DENSE' | 'SPARSE';
}

/**
 * Graph aggregation: every vertex becomes the weighted sum of its predecessors. It has no parameters and adds no self-loops.
 *
 * The graphs come with the samples, as the option `pattern` of `kernel`: one array for x1, or a pair for x1 and x2; left out, nothing is
 * aggregated. 'DENSE': [n, …vertices, …vertices], whose entry (n, i, j) is the weight of the edge from i to j. 'SPARSE': integers
 * [n, edges, axes, 2], tails and heads, each edge of weight 1 as often as it stands there, negative entries for padding.
 * @nngp K' = P₁ᵀ K P₂
 * @ntk Θ' = P₁ᵀ Θ P₂
 * @where P₁, P₂ are the patterns of the two samples, V × V for V vertices
 * @cost 2 V (E₁ + E₂) flops for K and for Θ each, E the edges of the two graphs
 * @source Du et al. 2019, arXiv 1905.13192
 * @throws ERR_ARGUMENT for an axis or implementation that is none; in a kernel ERR_SHAPE, ERR_ARGUMENT for patterns that do not fit, or one of two
 * @reference stax.Aggregate
 */
export function aggregate(options: AggregateOptions = {}): AggregateLayer {
  bringGraphs();
  const { aggregateAxis = null, implementation = 'DENSE' } = checkedOptions('aggregate', options, ['aggregateAxis', 'implementation']);
  return Object.freeze({
    kind: 'aggregate',
    aggregateAxis: aggregateAxis === null ? null : axisNumbers(aggregateAxis, 'aggregate', 'aggregateAxis'),
    implementation: oneOf(implementation, 'aggregate', 'implementation', ['DENSE', 'SPARSE']),
  });
}
