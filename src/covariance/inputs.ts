/** States of the input nodes: from numbers, or from a kernel computed before. */
import type { Ends, GivenKernel } from './evaluate';
import { type Arena, eachPair, type Pairs } from './pairs';
import type { SideInput } from './side';

/** K = mean over channels of x₁x₂, D = mean of (x₁ − x₂)², T = 0. */
export function inputState(arena: Arena, { left, right, withTangent }: Ends, n: number, a: number, b: number, full: boolean): Pairs {
  const node = left.nodes[n];
  const index = node.op === 'input' ? node.index : 0;
  const [input1, input2] = [left.data.inputs[index], right.data.inputs[index]];
  const pairs = arena.pairs(full, left.locations(n), right.locations(n), withTangent);
  pairs.t?.fill(0);
  if (input1.covariances) return fromCovariances(pairs, input1, a);
  const channels = input1.size / pairs.rows;
  const [x, y] = [input1.data, input2.data];
  const [first1, first2] = [a * input1.size, b * input2.size];
  eachPair(pairs, (at, i, j) => {
    let [k, d] = [0, 0];
    for (let c = 0, p = first1 + i * channels, q = first2 + j * channels; c < channels; c++, p++, q++) {
      k += x[p] * y[q];
      d += (x[p] - y[q]) * (x[p] - y[q]);
    }
    pairs.k[at] = k / channels;
    pairs.d[at] = d / channels;
  });
  return pairs;
}

/** A sample with itself. */
function fromCovariances(pairs: Pairs, { covariances }: SideInput, a: number): Pairs {
  const { rows, k, d } = pairs;
  const at0 = a * rows * rows;
  const value = (i: number, j: number) => (covariances as Float64Array)[at0 + i * rows + j];
  eachPair(pairs, (at, i, j) => {
    k[at] = value(i, j);
    d[at] = i === j ? 0 : Math.max(0, value(i, i) + value(j, j) - 2 * value(i, j));
  });
  return pairs;
}

/** @throws never: the caller has checked that `given` holds what `full` asks for */
export function givenState(arena: Arena, given: GivenKernel, ends: Ends, n: number, a: number, b: number, full: boolean): Pairs {
  const { left, right, withTangent, equal } = ends;
  const pairs = arena.pairs(full, left.locations(n), right.locations(n), withTangent);
  const [q1, q2] = [left.variances(n, a), right.variances(n, b)];
  const per = given.full ? pairs.rows * pairs.cols : pairs.rows;
  const first = (a * right.count(n) + b) * per;
  eachPair(pairs, (at, i, j) => {
    const source = first + (given.full ? i * pairs.cols + j : i);
    pairs.k[at] = given.nngp[source];
    if (pairs.t) pairs.t[at] = given.ntk ? given.ntk[source] : 0;
    pairs.d[at] = equal && i === j ? 0 : Math.max(0, q1[i] + q2[j] - 2 * given.nngp[source]);
  });
  return pairs;
}
