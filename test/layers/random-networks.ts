/** Random networks on small images for property tests, as fast-check arbitraries. */
import fc from 'fast-check';
import {
  abs,
  avgPool,
  conv,
  convLocal,
  convTranspose,
  dense,
  erf,
  fanInConcat,
  fanInSum,
  fanOut,
  flatten,
  gelu,
  globalAvgPool,
  globalSelfAttention,
  globalSumPool,
  identity,
  layerNorm,
  leakyRelu,
  type Network,
  parallel,
  rbf,
  relu,
  serial,
  sin,
  sumPool,
} from '../../src';

/** Images of the random networks: [n, 5, 4, 2]. */
export const IMAGE = [5, 4, 2] as const;

const std = fc.constantFrom(0.7, 1, Math.SQRT2);
const bias = fc.constantFrom(undefined, 0, 0.3);
const parameterization = fc.constantFrom('ntk' as const, 'standard' as const);
const common = fc.record({ wStd: std, bStd: bias, parameterization });
const filter = fc.constantFrom([1, 1], [2, 2], [3, 3], [3, 2]);

const activation: fc.Arbitrary<Network> = fc
  .constantFrom(
    relu,
    abs,
    () => leakyRelu(0.2),
    erf,
    gelu,
    () => sin(),
    () => rbf(),
  )
  .map((layer) => layer());

const pooling: fc.Arbitrary<Network> = fc.constantFrom<Network>(
  identity(),
  avgPool([2, 2], { padding: 'SAME' }),
  avgPool([2, 2], { padding: 'SAME', strides: [2, 2], normalizeEdges: true }),
  sumPool([1, 2], { padding: 'VALID' }),
);

/** A convolution, something with branches, attention or layerNorm, an activation and a pool; `width` channels. */
function block(width: number): fc.Arbitrary<Network> {
  const convolution = fc
    .tuple(fc.constantFrom(conv, convLocal, convTranspose), filter, common, fc.constantFrom('SAME' as const, 'CIRCULAR' as const))
    .map(([layer, shape, options, padding]) => layer(width, shape, { ...options, padding }));
  const mixing = fc.constantFrom<Network>(
    identity(),
    layerNorm(),
    layerNorm({ axis: [1, -1] }),
    globalSelfAttention(width, width / 2, width / 4, width / 8, { bStd: 0.1, posEmbType: 'SUM' }),
  );
  const residual = fc
    .tuple(activation, common)
    .map(([phi, options]) =>
      serial(
        fanOut(2),
        parallel(serial(phi, conv(width, [3, 3], { ...options, parameterization: 'ntk', padding: 'SAME' })), identity()),
        fanInSum(),
      ),
    );
  const concatenated = fc.tuple(activation, activation).map(([a, b]) => serial(fanOut(2), parallel(a, b), fanInConcat(), dense(width)));
  return fc
    .tuple(convolution, fc.oneof(fc.constant(identity()), residual, concatenated, mixing), activation, pooling)
    .map(([linear, middle, phi, pool]) => serial(linear, middle, phi, pool));
}

/** Two blocks of everything, and an end that makes one number of every pair of samples. */
export const networkOf = (width: number): fc.Arbitrary<Network> =>
  fc
    .tuple(fc.array(block(width), { minLength: 1, maxLength: 2 }), fc.constantFrom(flatten, globalAvgPool, globalSumPool), common)
    .map(([blocks, end, options]) => serial(...blocks, end(), dense(3, options)));

/** Samples of which two are equal and one is zero. */
export const images = fc.integer({ min: 0, max: 2 ** 31 - 1 }).map((seed) => {
  const size = IMAGE.reduce((a, b) => a * b, 1);
  const count = 5;
  const data = new Float64Array(count * size);
  let state = seed;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 0) / 2 ** 32 - 0.5;
  };
  for (let i = 0; i < 4 * size; i++) data[i] = 2 * (uniform() + uniform() + uniform());
  data.copyWithin(3 * size, 0, size);
  return { data, shape: [count, ...IMAGE] };
});
