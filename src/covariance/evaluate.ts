/** The covariances of one pair of samples at a node, by recursion over the graph. Every state is given back after its last reader. */
import { type Graph, type GraphNode, readsAllPairs } from '../graph';
import { givenState, inputState } from './inputs';
import { applyOperation } from './operations';
import { Arena, eachPair, type Pairs } from './pairs';
import { Side, type SideData } from './side';

/** Covariances that a kernel starts from instead of inputs, [n1, n2, locations × locations] (or diagonal, [n1, n2, locations]). */
export interface GivenKernel {
  readonly full: boolean;
  readonly nngp: Float64Array;
  readonly ntk: Float64Array | null;
}

export interface EvaluatorOptions {
  readonly left: Graph;
  readonly right: Graph;
  readonly leftData: SideData;
  /** null: the right side is the left one. */
  readonly rightData: SideData | null;
  readonly tangent: boolean;
  /** The two sides hold the same samples in the same order. */
  readonly x1IsX2: boolean;
  readonly given: GivenKernel | null;
}

/** Two samples and what is known of them. */
export interface Ends {
  readonly left: Side;
  readonly right: Side;
  readonly a: number;
  readonly b: number;
  readonly withTangent: boolean;
  /** The samples are equal, number by number: their distance at one location is exactly 0. */
  readonly equal: boolean;
  /** They are one sample, for dropout. */
  readonly same: boolean;
  /** The state of a sample with itself, for what a side must know of it. */
  readonly isSelf: boolean;
}

export class Evaluator {
  readonly left: Side;
  readonly right: Side;
  readonly arena = new Arena();
  private readonly readers: readonly number[];

  constructor(private readonly options: EvaluatorOptions) {
    const self = (side: Side, n: number, a: number) => this.self(side, n, a);
    this.left = new Side(options.left, options.leftData, self);
    this.right = options.rightData ? new Side(options.right, options.rightData, self) : this.left;
    this.readers = countReaders(options.left.nodes);
  }

  /** The state of sample a of the left and b of the right at node n. */
  pair(a: number, b: number, n: number, full: boolean): Pairs {
    const { left, right, options } = this;
    const same = options.x1IsX2 && a === b;
    const equal = (left === right && a === b) || (options.given === null && equalSamples(left, a, right, b));
    return this.state({ left, right, a, b, withTangent: options.tangent, equal, same, isSelf: false }, n, full);
  }

  /** The full state of sample a of one side with itself, without the NTK. */
  self(side: Side, n: number, a: number): Pairs {
    return this.state({ ...this.selfEnds(side), a, b: a }, n, true);
  }

  private selfEnds(side: Side) {
    return { left: side, right: side, withTangent: false, equal: true, same: true, isSelf: true };
  }

  private state(ends: Ends, n: number, full: boolean): Pairs {
    return new Run(this.arena, ends, this.readers, this.options.given).get(n, ends.a, ends.b, full);
  }
}

/** Nodes that read each node. */
function countReaders(nodes: readonly GraphNode[]): number[] {
  const readers = nodes.map(() => 0);
  for (const { of } of nodes) for (const n of of) readers[n]++;
  return readers;
}

class Run {
  private readonly states = new Map<string, { pairs: Pairs; left: number }>();

  constructor(
    private readonly arena: Arena,
    private readonly ends: Ends,
    private readonly readers: readonly number[],
    private readonly given: GivenKernel | null,
  ) {}

  /** The state, which the caller owns. */
  get(n: number, a: number, b: number, full: boolean): Pairs {
    const key = `${n} ${a} ${b} ${full}`;
    const known = this.states.get(key);
    if (known) {
      if (--known.left > 0) return this.arena.copy(known.pairs);
      this.states.delete(key);
      return known.pairs;
    }
    const pairs = this.compute(n, a, b, full);
    if (this.readers[n] > 1) this.states.set(key, { pairs: this.arena.copy(pairs), left: this.readers[n] - 1 });
    return pairs;
  }

  private compute(n: number, a: number, b: number, full: boolean): Pairs {
    const { left, right } = this.ends;
    const node = left.nodes[n];
    if (node.op === 'input') return this.input(n, a, b, full);
    const [from1, from2] = [left.source(n, a), right.source(n, b)];
    if (from1 && from2) return this.moved(n, a, b, full, from1, from2);
    const needs = readsAllPairs(node.op, full);
    if (node.of.length > 1)
      return this.applied(
        n,
        a,
        b,
        full,
        node.of.map((m) => this.get(m, a, b, needs)),
      );
    // A chain, node by node: deep networks would exhaust the stack.
    const chain = [{ n, full }];
    let [source, all] = [node.of[0], needs];
    for (let next = left.nodes[source]; this.isLink(source, a, b); next = left.nodes[source]) {
      chain.push({ n: source, full: all });
      [source, all] = [next.of[0], readsAllPairs(next.op, all)];
    }
    return chain.reduceRight((pairs, link) => this.applied(link.n, a, b, link.full, [pairs]), this.get(source, a, b, all));
  }

  /** One node reads it, and it reads one. */
  private isLink(n: number, a: number, b: number): boolean {
    const { left, right } = this.ends;
    const { op, of } = left.nodes[n];
    return op !== 'input' && of.length === 1 && this.readers[n] === 1 && !(left.source(n, a) && right.source(n, b));
  }

  private applied(n: number, a: number, b: number, full: boolean, sources: Pairs[]): Pairs {
    const { left, right } = this.ends;
    const ends = { ...this.ends, a, b, equal: this.ends.equal && (a === b || left === right) };
    const result = applyOperation(this.arena, ends, n, sources);
    if (full || !result.full) return result;
    const diagonal = this.arena.diagonal(result);
    this.arena.release(result);
    return diagonal;
  }

  private input(n: number, a: number, b: number, full: boolean): Pairs {
    const { arena, given } = this;
    if (given && !this.ends.isSelf) return givenState(arena, given, this.ends, n, a, b, full);
    return inputState(arena, this.ends, n, a, b, full);
  }

  /** Samples of two branches share nothing. */
  private moved(
    n: number,
    a: number,
    b: number,
    full: boolean,
    from1: { node: number; sample: number },
    from2: { node: number; sample: number },
  ): Pairs {
    if (from1.node === from2.node) return this.get(from1.node, from1.sample, from2.sample, full);
    const { left, right, withTangent } = this.ends;
    const [q1, q2] = [left.variances(n, a), right.variances(n, b)];
    const pairs = this.arena.pairs(full, q1.length, q2.length, withTangent);
    pairs.k.fill(0);
    pairs.t?.fill(0);
    eachPair(pairs, (at, i, j) => {
      pairs.d[at] = q1[i] + q2[j];
    });
    return pairs;
  }
}

/** Every number of two samples, and every mask and pattern, is the same. */
function equalSamples(left: Side, a: number, right: Side, b: number): boolean {
  if (left.data.pattern || right.data.pattern) return false;
  return left.data.inputs.every(({ data, size, mask }, k) => {
    const other = right.data.inputs[k];
    if (other.size !== size) return false;
    for (let c = 0; c < size; c++) {
      if (data[a * size + c] !== other.data[b * size + c]) return false;
      if ((mask?.[a * size + c] ?? 0) !== (other.mask?.[b * size + c] ?? 0)) return false;
    }
    return true;
  });
}
