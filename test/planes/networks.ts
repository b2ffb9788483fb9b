/** Networks that go through every operation of the planes. */
import { conv } from '../../src/layers/conv';
import { dense } from '../../src/layers/dense';
import {
  abRelu,
  abs,
  cos,
  erf,
  exp,
  expNormalized,
  gabor,
  gaussian,
  gelu,
  hermite,
  leakyRelu,
  monomial,
  polynomial,
  rbf,
  rectifiedMonomial,
  relu,
  sigmoidLike,
  sign,
  sin,
} from '../../src/layers/elementwise';
import { fanInConcat, fanInSum, fanOut } from '../../src/layers/fan';
import { avgPool, globalAvgPool, globalSumPool, sumPool } from '../../src/layers/pool';
import { flatten, identity, parallel, serial } from '../../src/layers/structure';
import type { Network } from '../../src/spec';

const W_STD = Math.SQRT2;
const same = (filterShape: readonly number[], options: Parameters<typeof conv>[2] = {}): Network =>
  conv(8, filterShape, { padding: 'SAME', wStd: W_STD, ...options });
const box = (options: Parameters<typeof conv>[2] = {}): Network => same([3, 3], options);
const halve = (): Network => avgPool([2, 2], { strides: [2, 2] });

/** 3 × 3 convolutions and ReLU, `depth` times. */
export const deep = (depth: number, end: Network): Network =>
  serial(...Array.from({ length: depth }, () => [box(), relu()]).flat(), end, dense(1, { wStd: W_STD }));

/** Shankar et al. 2020, with five weight layers. */
export const myrtle5 = (): Network =>
  serial(box(), relu(), box(), relu(), halve(), box(), relu(), halve(), box(), relu(), halve(), globalAvgPool(), dense(1));

/** A block of a wide residual network. */
const block = (stride: number): Network =>
  serial(
    fanOut(2),
    parallel(
      serial(relu(), box({ strides: [stride, stride] }), relu(), box()),
      stride === 1 ? identity() : same([1, 1], { strides: [stride, stride] }),
    ),
    fanInSum(),
  );

/** Name, network, shape of an image, shape of an image of x2 where it differs. */
export const NETWORKS: readonly (readonly [name: string, net: Network, image: readonly number[], image2?: readonly number[]])[] = [
  ['global average pooling', deep(3, globalAvgPool()), [6, 5, 3]],
  ['30 layers, whose units are brought back', deep(30, globalAvgPool()), [4, 4, 3]],
  ['flatten, biases', serial(box(), relu(), box({ bStd: 0.3 }), relu(), flatten(), dense(1, { wStd: W_STD })), [6, 5, 3]],
  ['VALID', serial(box({ padding: 'VALID' }), relu(), box({ padding: 'VALID' }), relu(), globalAvgPool(), dense(1)), [8, 7, 3]],
  [
    'VALID down to one location',
    serial(box({ padding: 'VALID' }), relu(), box({ padding: 'VALID' }), relu(), flatten(), dense(1)),
    [5, 5, 2],
  ],
  [
    'standard parameterization',
    serial(
      box({ bStd: 0.5, parameterization: 'standard' }),
      relu(),
      box({ parameterization: 'standard' }),
      relu(),
      dense(4, { bStd: 0.2, parameterization: 'standard' }),
      globalAvgPool(),
      dense(1, { bStd: 0.1, parameterization: 'standard' }),
    ),
    [6, 5, 2],
  ],
  ['strides', serial(box({ strides: [2, 2] }), relu(), box({ strides: [2, 1] }), relu(), globalAvgPool(), dense(1)), [9, 8, 3]],
  [
    'dilation, 5 × 5',
    serial(same([5, 5]), relu(), box({ dilation: [2, 2], padding: 'VALID' }), leakyRelu(0.2), globalAvgPool(), dense(1)),
    [9, 8, 3],
  ],
  ['leakyRelu', serial(box(), leakyRelu(0.3), box(), leakyRelu(-0.4), box(), leakyRelu(0.3), globalAvgPool(), dense(1)), [6, 5, 3]],
  ['abs and abRelu', serial(box(), abs(), box({ bStd: 0.1 }), abRelu(-0.5, 1.3), box(), abs(), globalAvgPool(), dense(1)), [6, 5, 3]],
  ['Myrtle-5', myrtle5(), [8, 8, 3]],
  [
    'pools that overlap and hang over',
    serial(
      ...[box(), relu(), avgPool([3, 3], { strides: [2, 2], padding: 'SAME' })],
      ...[box(), relu(), avgPool([2, 2], { padding: 'SAME', normalizeEdges: true }), box(), relu(), flatten(), dense(1)],
    ),
    [9, 8, 3],
  ],
  ['sum pools', serial(box(), relu(), sumPool([3, 2], { strides: [1, 2] }), box(), relu(), globalSumPool(), dense(1)), [7, 8, 3]],
  ['ReLU after global pooling', serial(box(), relu(), globalAvgPool(), dense(4, { bStd: 0.1 }), relu(), dense(1)), [6, 5, 3]],
  ['leakyRelu after global sums', serial(box(), relu(), globalSumPool(), dense(4, { bStd: 0.1 }), leakyRelu(0.1), dense(1)), [6, 5, 3]],
  ['ReLU after flatten', serial(box(), relu(), flatten(), dense(4, { bStd: 0.1 }), relu(), dense(1)), [6, 5, 3]],
  ['residual blocks', serial(box(), block(1), block(2), relu(), globalAvgPool(), dense(1)), [8, 8, 3]],
  [
    'two pooled branches',
    serial(
      fanOut(2),
      parallel(serial(box(), relu(), globalAvgPool()), serial(same([1, 1]), relu(), flatten())),
      parallel(dense(2), dense(2)),
      fanInSum(),
    ),
    [5, 4, 5],
  ],
  [
    'channels side by side',
    serial(
      fanOut(2),
      parallel(serial(box(), relu()), serial(same([1, 3]), relu())),
      fanInConcat(),
      box(),
      relu(),
      globalAvgPool(),
      dense(1),
    ),
    [5, 4, 2],
  ],
  ['one axis', serial(same([3]), relu(), same([2]), relu(), globalAvgPool(), dense(1)), [11, 2]],
  [
    'three axes',
    serial(same([3, 3, 3]), relu(), same([2, 3, 2]), relu(), avgPool([2, 2, 2], { strides: [2, 2, 2] }), globalAvgPool(), dense(1)),
    [4, 5, 4, 2],
  ],
  ['dense layers on locations', serial(dense(5, { bStd: 0.2 }), relu(), dense(5), relu(), box(), globalAvgPool(), dense(1)), [4, 5, 2]],
  [
    'images of two sizes',
    serial(box(), relu(), box({ strides: [2, 2] }), relu(), avgPool([2, 2], { padding: 'SAME' }), box(), relu(), globalAvgPool(), dense(1)),
    [6, 5, 3],
    [8, 9, 3],
  ],
  [
    'images of two sizes, sums, ReLU',
    serial(
      box(),
      relu(),
      box({ strides: [2, 2] }),
      relu(),
      sumPool([2, 2], { padding: 'SAME' }),
      box(),
      relu(),
      globalSumPool(),
      dense(3),
      relu(),
      dense(1),
    ),
    [6, 5, 3],
    [8, 9, 3],
  ],
];

/** Both ways of a window, a bias, a pool and its overhang, strides. */
const windows = (phi: Network): Network =>
  serial(
    ...[box(), phi, box({ bStd: 0.2 }), phi, avgPool([2, 2], { strides: [2, 2], padding: 'SAME' }), same([1, 2], { strides: [1, 2] }), phi],
    globalAvgPool(),
    dense(1, { bStd: 0.1 }),
  );

/** Activations outside the rectified family. */
export const SMOOTH: readonly (readonly [name: string, net: Network, image: readonly number[]])[] = [
  ...(
    [
      ['erf', erf()],
      ['erf with constants', erf({ a: 0.7, b: 1.3, c: 0.2 })],
      ['sigmoidLike', sigmoidLike()],
      ['gelu', gelu()],
      ['sin', sin()],
      ['cos', cos({ a: 1.2, b: 0.8, c: 0.3 })],
      ['rbf', rbf({ gamma: 0.4 })],
      ['exp', exp({ a: 0.5, b: 0.3 })],
      ['gaussian', gaussian()],
      ['gabor', gabor()],
      ['expNormalized', expNormalized({ gamma: 0.5, shift: -0.3 })],
      ['sign', sign()],
      ['monomial', monomial(2)],
      ['hermite', hermite(2)],
      ['polynomial', polynomial([0.2, 0.5, 0.1])],
      ['rectifiedMonomial', rectifiedMonomial(2)],
    ] as const
  ).map(([name, phi]) => [name, windows(phi), [5, 6, 3]] as const),
  ['erf, flatten', serial(box(), erf(), box({ bStd: 0.3 }), erf(), flatten(), dense(1)), [6, 5, 3]],
  ['gelu and erf after pooling', serial(box(), gelu(), globalAvgPool(), dense(3), erf(), dense(1)), [6, 5, 3]],
  [
    'families that follow each other, standard parameterization',
    serial(
      box({ parameterization: 'standard', bStd: 0.2 }),
      erf(),
      box({ parameterization: 'standard' }),
      relu(),
      box({ parameterization: 'standard' }),
      monomial(1),
      dense(2),
      abRelu(0.3, 1),
      globalSumPool(),
      dense(1, { parameterization: 'standard' }),
    ),
    [5, 4, 3],
  ],
  [
    'residual blocks of erf',
    serial(box(), fanOut(2), parallel(serial(erf(), box()), identity()), fanInSum(), erf(), globalAvgPool(), dense(1)),
    [5, 5, 3],
  ],
];
