/** Small networks of every layer that has a finite form, smooth so that differences converge. */
import {
  avgPool,
  conv,
  convLocal,
  convTranspose,
  dense,
  dotGeneral,
  erf,
  fanInConcat,
  fanInProd,
  fanInSum,
  fanOut,
  flatten,
  gelu,
  globalAvgPool,
  globalSelfAttention,
  globalSumPool,
  identity,
  imageResize,
  index,
  layerNorm,
  type NDArray,
  type Network,
  parallel,
  serial,
  sin,
  sumPool,
  tanh,
} from '../../src';

const IMAGE = [4, 3, 2] as const;
const STANDARD = { parameterization: 'standard', bStd: 0.2 } as const;

/** Name, network, shape of a sample. */
export const NETWORKS: readonly (readonly [name: string, net: Network, sample: readonly number[]])[] = [
  ['dense, both parameterizations', serial(dense(5, { bStd: 0.3 }), erf(), dense(4, STANDARD), gelu(), dense(3)), [6]],
  [
    'conv SAME, strides',
    serial(
      conv(4, [3, 3], { padding: 'SAME', bStd: 0.2 }),
      erf(),
      conv(5, [2, 2], { strides: [2, 1], ...STANDARD }),
      sin(),
      flatten(),
      dense(2),
    ),
    IMAGE,
  ],
  [
    'groups and dilation',
    serial(conv(4, [1, 1]), erf(), conv(6, [2, 2], { groups: 2, bStd: 0.1, dilation: [2, 1] }), tanh(), globalAvgPool(), dense(2)),
    IMAGE,
  ],
  [
    'convLocal, convTranspose',
    serial(
      convLocal(3, [2, 2], { bStd: 0.2 }),
      erf(),
      convTranspose(4, [3, 2], { strides: [2, 1], padding: 'CIRCULAR' }),
      erf(),
      globalSumPool(),
      dense(2),
    ),
    IMAGE,
  ],
  [
    'pools, layerNorm',
    serial(
      conv(4, [2, 2]),
      avgPool([2, 2], { padding: 'SAME', normalizeEdges: true }),
      layerNorm({ axis: [1, -1] }),
      sumPool([2, 1]),
      erf(),
      flatten(),
      dense(2),
    ),
    IMAGE,
  ],
  [
    'resize, index, dotGeneral',
    serial(
      conv(3, [2, 2]),
      imageResize([-1, 2, 4, -1], 'linear'),
      index([':', ':', '::2']),
      dotGeneral({
        rhs: [
          [1, -1],
          [2, 0.5],
        ],
        dimensionNumbers: [
          [[1], [0]],
          [[], []],
        ],
      }),
      erf(),
      flatten(),
      dense(2),
    ),
    IMAGE,
  ],
  [
    'attention',
    serial(
      conv(4, [2, 2]),
      globalSelfAttention(4, 3, 2, 2, { bStd: 0.1, posEmbType: 'CONCAT', valPosEmb: true }),
      erf(),
      globalSelfAttention(4, 3, 2, 2, { linearScaling: false, attentionMechanism: 'IDENTITY', posEmbType: 'SUM' }),
      flatten(),
      dense(2),
    ),
    IMAGE,
  ],
  [
    'branches',
    serial(
      dense(4),
      fanOut(2),
      parallel(serial(erf(), dense(4)), identity()),
      fanInSum(),
      erf(),
      fanOut(2),
      parallel(dense(3), dense(3)),
      fanInProd(),
      fanOut(2),
      parallel(identity(), sin2()),
      fanInConcat(),
      dense(2),
    ),
    [5],
  ],
];

/** A linear branch of its own, since products are not Gaussian. */
function sin2(): Network {
  return serial(dense(3), sin());
}

/** Numbers in [−1, 1), the same for a seed. */
export function inputs(seed: number, ...shape: number[]): NDArray<Float64Array> {
  let state = seed;
  const data = Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state / 2 ** 31;
  });
  return { data, shape };
}
