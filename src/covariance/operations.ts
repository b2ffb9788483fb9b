/** Each operation of graph.ts on the state of one pair of samples. Sources are owned: an operation may write into them or gives them back. */
import type { GraphNode } from '../graph';
import { attend, embeddingOf } from './attention';
import type { Ends } from './evaluate';
import { isSame, sandwich } from './maps';
import { type Arena, eachPair, type Pairs } from './pairs';
import { combine } from './side';

type Node<K extends GraphNode['op']> = Extract<GraphNode, { op: K }>;

export function applyOperation(arena: Arena, ends: Ends, n: number, sources: readonly Pairs[]): Pairs {
  const result = operate(arena, ends, n, sources);
  for (const source of sources) if (source !== result) arena.release(source);
  remask(ends, n, result);
  return result;
}

function operate(arena: Arena, ends: Ends, n: number, sources: readonly Pairs[]): Pairs {
  const node = ends.left.nodes[n];
  const [source] = sources;
  switch (node.op) {
    case 'affine':
      return affine(node, source);
    case 'window':
      return window(arena, ends, n, source);
    case 'local':
      return local(ends, n, source);
    case 'dual':
      return dual(ends, n, source);
    case 'sum':
    case 'concatChannels':
    case 'product':
      return joined(arena, ends, n, node, sources);
    case 'concatSpatial':
      return concatSpatial(arena, ends, n, node, sources);
    case 'trace':
      return trace(arena, source);
    case 'layerNorm':
      return layerNorm(ends, n, source);
    case 'dropout':
      return dropout(ends, n, node, source);
    case 'attention':
      return attention(arena, ends, n, node, source);
    case 'pool':
    case 'globalPool':
    case 'mix':
    case 'aggregate':
      return mixed(arena, ends, n, source);
    default:
      return source;
  }
}

/** Variances of the two samples at a node. */
const variancesAt = (ends: Ends, n: number) => [ends.left.variances(n, ends.a), ends.right.variances(n, ends.b)] as const;

/** D = q₁ + q₂ − 2K where nothing better is known; exactly 0 where two equal samples meet at one location. */
function subtractDistances(ends: Ends, n: number, pairs: Pairs): void {
  const [q1, q2] = variancesAt(ends, n);
  eachPair(pairs, (at, i, j) => {
    pairs.d[at] = ends.equal && i === j ? 0 : Math.max(0, q1[i] + q2[j] - 2 * pairs.k[at]);
  });
}

function affine({ w, b, hasBias, fanIn }: Node<'affine'>, pairs: Pairs): Pairs {
  const { k, d, t } = pairs;
  const [ww, bb, extra] = [w * w, b * b, hasBias ? 1 : 0];
  for (let at = 0; at < k.length; at++) {
    const next = ww * k[at] + bb;
    if (t) t[at] = fanIn === null ? next + ww * t[at] : fanIn * k[at] + ww * t[at] + extra;
    k[at] = next;
    d[at] *= ww;
  }
  return pairs;
}

/** A tap that leaves one image pairs its zeros with the other image: K = 0, D = the other's variance. */
function window(arena: Arena, ends: Ends, n: number, source: Pairs): Pairs {
  const { left, right } = ends;
  const [taps1, taps2] = [left.taps(n), right.taps(n)];
  const [q1, q2] = variancesAt(ends, left.nodes[n].of[0]);
  const result = arena.pairs(source.full, left.locations(n), right.locations(n), source.t !== null);
  const weight = 1 / taps1.length;
  eachPair(result, (at, o, p) => {
    let [k, d, t] = [0, 0, 0];
    for (let f = 0; f < taps1.length; f++) {
      const [i, j] = [taps1[f][o], taps2[f][p]];
      if (i < 0 || j < 0) {
        d += i >= 0 ? q1[i] : j >= 0 ? q2[j] : 0;
        continue;
      }
      const from = source.full ? i * source.cols + j : i;
      k += source.k[from];
      d += source.d[from];
      if (source.t) t += source.t[from];
    }
    result.k[at] = k * weight;
    result.d[at] = d * weight;
    if (result.t) result.t[at] = t * weight;
  });
  return result;
}

function local(ends: Ends, n: number, pairs: Pairs): Pairs {
  const [q1, q2] = variancesAt(ends, n);
  eachPair(pairs, (at, i, j) => {
    if (i === j) return;
    pairs.k[at] = 0;
    pairs.d[at] = q1[i] + q2[j];
    if (pairs.t) pairs.t[at] = 0;
  });
  return pairs;
}

function dual(ends: Ends, n: number, pairs: Pairs): Pairs {
  const [q1, q2] = variancesAt(ends, ends.left.nodes[n].of[0]);
  const phi = ends.left.dual(n);
  const { full, rows, cols, k, d, t } = pairs;
  const lines = full ? rows : 1;
  const length = full ? cols : rows;
  for (let line = 0, at = 0; line < lines; line++)
    for (let j = 0; j < length; j++, at++) {
      const [x, y, covariance, distance] = [q1[full ? line : j], q2[j], k[at], d[at]];
      k[at] = phi.nngp(covariance, x, y, distance);
      d[at] = phi.distance(covariance, x, y, distance);
      if (t) t[at] *= phi.factor(covariance, x, y, distance);
    }
  return pairs;
}

function joined(arena: Arena, ends: Ends, n: number, node: Node<'sum' | 'product' | 'concatChannels'>, sources: readonly Pairs[]): Pairs {
  const [{ full, rows, cols, t }] = sources;
  const result = arena.pairs(full, rows, cols, t !== null);
  for (let at = 0; at < result.k.length; at++) {
    result.k[at] = combine(node, (b) => sources[b].k[at]);
    result.d[at] = node.op === 'product' ? 0 : combine(node, (b) => sources[b].d[at]);
    if (result.t)
      result.t[at] = node.op === 'product' ? productTangent(sources, at) : combine(node, (b) => (sources[b].t as Float64Array)[at]);
  }
  if (node.op === 'product') subtractDistances(ends, n, result);
  return result;
}

/** Σ_b T_b ∏_{c ≠ b} K_c */
const productTangent = (sources: readonly Pairs[], at: number): number =>
  sources.reduce((sum, { t }, b) => sum + sources.reduce((value, { k }, c) => value * (c === b ? 1 : k[at]), (t as Float64Array)[at]), 0);

function concatSpatial(arena: Arena, ends: Ends, n: number, node: Node<'concatSpatial'>, sources: readonly Pairs[]): Pairs {
  const right = ends.right.nodes[n] as Node<'concatSpatial'>;
  const [q1, q2] = variancesAt(ends, n);
  const result = arena.pairs(sources[0].full, q1.length, q2.length, sources[0].t !== null);
  eachPair(result, (at, o, p) => {
    const shared = node.branch[o] === right.branch[p];
    const source = sources[node.branch[o]];
    const from = source.full ? node.source[o] * source.cols + right.source[p] : node.source[o];
    result.k[at] = shared ? source.k[from] : 0;
    result.d[at] = shared ? source.d[from] : q1[o] + q2[p];
    if (result.t) result.t[at] = shared && source.t ? source.t[from] : 0;
  });
  return result;
}

function trace(arena: Arena, source: Pairs): Pairs {
  const result = arena.pairs(true, 1, 1, source.t !== null);
  const mean = (a: Float64Array) => {
    let sum = 0;
    for (let i = 0; i < source.rows; i++) sum += a[source.full ? i * source.cols + i : i];
    return sum / source.rows;
  };
  result.k[0] = mean(source.k);
  result.d[0] = mean(source.d);
  if (result.t && source.t) result.t[0] = mean(source.t);
  return result;
}

function layerNorm(ends: Ends, n: number, pairs: Pairs): Pairs {
  const from = ends.left.nodes[n].of[0];
  const [q1, q2] = variancesAt(ends, from);
  const inverse = (m: Float64Array) => m.map((x) => 1 / Math.sqrt(x));
  const [s1, s2] = [inverse(ends.left.normalisers(n, ends.a)), inverse(ends.right.normalisers(n, ends.b))];
  eachPair(pairs, (at, i, j) => {
    const scale = s1[i] * s2[j];
    pairs.k[at] *= scale;
    pairs.d[at] = pairs.d[at] * scale + (s1[i] - s2[j]) * (q1[i] * s1[i] - q2[j] * s2[j]);
    if (pairs.t) pairs.t[at] *= scale;
  });
  return pairs;
}

/** Independent noise on every location of every sample, but the same on one sample's with itself. */
function dropout(ends: Ends, n: number, { rate }: Node<'dropout'>, pairs: Pairs): Pairs {
  const [q1, q2] = variancesAt(ends, ends.left.nodes[n].of[0]);
  eachPair(pairs, (at, i, j) => {
    if (!ends.same || i !== j) {
      pairs.d[at] += (1 / rate - 1) * (q1[i] + q2[j]);
      return;
    }
    pairs.k[at] /= rate;
    pairs.d[at] /= rate;
    if (pairs.t) pairs.t[at] /= rate;
  });
  return pairs;
}

function attention(arena: Arena, ends: Ends, n: number, node: Node<'attention'>, source: Pairs): Pairs {
  const { left, right, a, b } = ends;
  const embedding = embeddingOf(node, left.mask(node.of[0], a), right.mask(node.of[0], b));
  const next = attend(node, source.k, source.t, embedding, () => [left.attention(n, a), right.attention(n, b)]);
  const result = arena.pairs(true, source.rows, source.cols, source.t !== null);
  result.k.set(next.k);
  if (next.t) result.t?.set(next.t);
  if (ends.isSelf) selfDistances(result);
  else subtractDistances(ends, n, result);
  return result;
}

/** Of a sample with itself, whose variances are being computed. */
function selfDistances({ rows, k, d }: Pairs): void {
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < rows; j++) d[i * rows + j] = i === j ? 0 : Math.max(0, k[i * rows + i] + k[j * rows + j] - 2 * k[i * rows + j]);
}

/**
 * K' = P₁KP₂ᵀ. Where all rows of P have one sum, D' = P₁DP₂ᵀ − ½(S₁ + S₂) with Sᵢ the diagonal of P Dᵢᵢ Pᵀ: the error is relative to the
 * distances within the windows, not to the variances.
 */
function mixed(arena: Arena, ends: Ends, n: number, source: Pairs): Pairs {
  const { left, right, a, b } = ends;
  const [p1, p2] = [left.matrix(n, a), right.matrix(n, b)];
  const result = arena.pairs(true, p1.rows, p2.rows, source.t !== null);
  const half = arena.take(p1.cols * p2.rows);
  sandwich(p1, p2, source.k, half, result.k);
  if (result.t && source.t) sandwich(p1, p2, source.t, half, result.t);
  const [sum1, sum2] = [left.rowSum(n), right.rowSum(n)];
  if (sum1 !== null && sum2 !== null && isSame(sum1, sum2)) {
    sandwich(p1, p2, source.d, half, result.d);
    const [s1, s2] = [left.spread(n, a), right.spread(n, b)];
    eachPair(result, (at, i, j) => {
      result.d[at] = ends.equal && i === j ? 0 : Math.max(0, result.d[at] - 0.5 * (s1[i] + s2[j]));
    });
  } else if (ends.isSelf) selfDistances(result);
  else subtractDistances(ends, n, result);
  arena.give(half);
  return result;
}

/** Masked locations have no covariance with anything. */
function remask(ends: Ends, n: number, pairs: Pairs): void {
  const [mask1, mask2] = [ends.left.mask(n, ends.a), ends.right.mask(n, ends.b)];
  if (!mask1 && !mask2) return;
  const q = ends.isSelf ? null : variancesAt(ends, n);
  eachPair(pairs, (at, i, j) => {
    if (!mask1?.[i] && !mask2?.[j]) return;
    pairs.d[at] = q ? q[0][i] + q[1][j] : (mask1?.[i] ? 0 : pairs.k[i * pairs.cols + i]) + (mask2?.[j] ? 0 : pairs.k[j * pairs.cols + j]);
    pairs.k[at] = 0;
    if (pairs.t) pairs.t[at] = 0;
  });
}
