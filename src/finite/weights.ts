/** Kernels of finite networks that are drawn weight by weight: each network's weights are made, read and forgotten in the backend's memory. */
import { type Arena, type FiniteBackend, type FiniteRoutines, routinesOf } from '../backends/finite';
import { hostMatrix } from '../backends/host-matrix';
import type { Inferred } from '../inference/walk';
import { type DType, dtypeOf, type NDArray, sizeOf } from '../ndarray';
import type { Network } from '../spec';
import { nngpOf, ntkOf } from './contraction';
import type { Surroundings } from './fixed-maps';
import { arrange, type Layout, layoutOf } from './layout';
import type { Weights } from './linear';
import { Masks } from './masks';
import { sidesOf } from './options';
import { orthogonalized } from './orthogonal';
import { hasParams, paramSpecs } from './params';
import { inferFinite, type Pass, type ReadyParams, runNetwork } from './pass';
import { split } from './rng';
import type { Sampler, SamplesJob } from './sampler';
import { Tape } from './tape';

/** Networks drawn weight by weight, as `init` draws them. @throws ERR_UNSUPPORTED for layers without a finite network */
export function openWeights(job: SamplesJob, backend: FiniteBackend): Sampler {
  return new WeightsSampler(job, routinesOf(backend), dtypeOf(job.x1.data));
}

/** A network for the shape of one side's inputs, and these with zeros for what is masked. */
type Side = Inferred & { readonly masks: Masks | null; readonly x: NDArray };

function sideOf(net: Network, x: NDArray, constant: number | null): Side {
  const inferred = inferFinite(net, x.shape);
  const { arrays, masks } = Masks.of(inferred.graph, [x], constant, ['x']);
  return { ...inferred, masks, x: arrays[0] };
}

class WeightsSampler implements Sampler {
  private readonly arena: Arena;
  private readonly left: Side;
  private readonly right: Side;
  private readonly layout: Layout;

  constructor(
    private readonly job: SamplesJob,
    private readonly routines: FiniteRoutines,
    private readonly dtype: DType,
  ) {
    const { net, x1, x2, maskConstants = [null, null] } = job;
    this.left = sideOf(net, x1, maskConstants[0]);
    this.right = x2 ? sideOf(net, x2, maskConstants[1]) : this.left;
    this.layout = layoutOf(this.left.graph.outputs[0].shape, job.axes ?? {});
    this.arena = routines.openArena(dtype);
  }

  draw(from: number, count: number): readonly Float64Array[] {
    const kernels = Array.from({ length: count }, (_, k) => this.one(from + k));
    return this.job.fields.map((_, f) => {
      const size = kernels[0][f].data.length;
      const all = new Float64Array(count * size);
      kernels.forEach((fields, k) => {
        all.set(fields[f].data, k * size);
      });
      return all;
    });
  }

  close(): void {
    this.arena.close();
  }

  /** Both kernels share one pass forwards. */
  private one(sample: number): NDArray[] {
    const { fields, x1, x2, seed, patterns } = this.job;
    const params = this.params(sample);
    const [own, other] = sidesOf({ rng: split(seed, sample), pattern: patterns });
    const first = this.pass({ ...own, ...this.left }, params, this.left.x);
    const second = x2 ? this.pass({ ...other, ...this.right }, params, this.right.x) : first;
    const kernels = fields.map((field) => (field === 'nngp' ? nngpOf : ntkOf)(first, second, this.layout));
    this.arena.clear();
    return kernels.map((kernel) => arrange(this.layout, x1.shape[0], (x2 ?? x1).shape[0], kernel));
  }

  private pass(around: Surroundings, params: readonly ReadyParams[], x: NDArray): Pass {
    return runNetwork(new Tape(this.routines, this.dtype), this.job.net, around, params, x);
  }

  private params(sample: number): ReadyParams[] {
    const { arena, routines, dtype, job } = this;
    // Nothing walks back through the first layer, or through any without the NTK.
    const passing = job.x2 ? 0 : job.fields.includes('ntk') ? 1 : Number.POSITIVE_INFINITY;
    return this.left.layers.filter(hasParams).map(({ layer, before, shape }, k): ReadyParams => {
      const stream = { seed: job.seed, sample, layer: k };
      let from = 0;
      const arrays = paramSpecs(layer, before, shape).map((spec) => {
        const { name, shape: own, std } = spec;
        const [start, count, columns] = [from, sizeOf(own), own[own.length - 1]];
        from += count;
        const isGaussian = job.distribution !== 'orthogonal';
        if (name === 'w' && isGaussian)
          return [name, arena.draw({ ...spec, stream, from: start, rows: count / columns, columns, once: k < passing })];
        const drawn = routines.normals(stream, start, count, dtype);
        const data = isGaussian ? drawn : orthogonalized(drawn, spec);
        if (std !== 1) for (let at = 0; at < count; at++) data[at] *= std;
        if (name === 'w') return [name, hostMatrix(routines.linalg, data, count / columns, columns)];
        return [name, name === 'b' && layer.kind !== 'globalSelfAttention' ? data : { data, shape: own }];
      });
      return Object.fromEntries(arrays) as Weights;
    });
  }
}
