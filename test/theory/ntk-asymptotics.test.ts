/**
 * The NTK at depth (theory of Xiao, Pennington & Schoenholz 2020) against the library's own kernels of deep networks, and against golden values
 * that a recursion in Python gave.
 */
import { describe, expect, test } from 'vitest';
import {
  conv,
  dense,
  dropout,
  erf,
  flatten,
  globalAvgPool,
  kernelSync,
  maxLearningRateSync,
  type NDArray,
  type Network,
  relu,
  repeat,
  serial,
  sign,
  tanh,
} from '../../src';
import { eigh } from '../../src/linalg';
import { criticalLine, meanField, type NtkAsymptoticsOptions, ntkAsymptotics } from '../../src/theory';
import { inputs } from '../finite/networks';

const B = Math.sqrt(0.18);
const CRITICAL = criticalLine(erf(), { bStd: B });

/** Rows whose pre-activations have the variance qStar in the first layer, at every location. */
function normalized(x: NDArray<Float64Array>, wStd: number, bStd: number, qStar: number): NDArray<Float64Array> {
  const channels = x.shape[x.shape.length - 1];
  const wanted = (qStar - bStd * bStd) / (wStd * wStd);
  for (let at = 0; at < x.data.length; at += channels) {
    const row = x.data.subarray(at, at + channels);
    const square = row.reduce((sum, value) => sum + value * value, 0) / channels;
    row.forEach((value, c) => {
      row[c] = value * Math.sqrt(wanted / square);
    });
  }
  return x;
}

/** Eigenvalues, ascending. */
const eigenvalues = async (k: NDArray): Promise<Float64Array> => Float64Array.from((await eigh(k)).values.data);

interface Setting {
  readonly activation?: typeof erf;
  readonly wStd: number;
  readonly bStd?: number;
  readonly depth: number;
  readonly samples: number;
}

/** NTK of a fully connected erf network. */
function fullyConnected({ wStd, bStd = B, depth, samples }: Setting, qStar: number, last: readonly Network[] = []): NDArray {
  const layer = dense(1, { wStd, bStd });
  const net = serial(repeat(serial(layer, erf()), depth - 1), ...last, layer);
  return kernelSync(net, normalized(inputs(3, samples, 40), wStd, bStd, qStar), { get: 'ntk' }).ntk;
}

/** 1-D circular convolutions of three taps over d locations, then flatten or pooling, and a dense layer. */
function convolutional({ wStd, bStd = B, depth, samples }: Setting, qStar: number, d: number, end: Network): NDArray {
  const options = { wStd, bStd };
  const net = serial(repeat(serial(conv(1, [3], { ...options, padding: 'CIRCULAR' }), erf()), depth - 1), end, dense(1, options));
  return kernelSync(net, normalized(inputs(3, samples, d, 40), wStd, bStd, qStar), { get: 'ntk' }).ntk;
}

const near = (actual: number, expected: number, tolerance: number): void => {
  expect(Math.abs(actual / expected - 1)).toBeLessThan(tolerance);
};

describe('entries', () => {
  test.each([
    ['ordered', 1, 60],
    ['ordered, shallow', 1, 3],
    ['critical', CRITICAL.wStd, 200],
    ['chaotic', Math.sqrt(2.5), 60],
  ])('%s: the diagonal is exact, 1e-12', (_phase, wStd, depth) => {
    const { qStar } = meanField(erf(), { wStd, bStd: B });
    const { data } = fullyConnected({ wStd, depth, samples: 2 }, qStar);
    near(data[0], ntkAsymptotics(erf(), { wStd, bStd: B, depth, samples: 2 }).diagonal, 1e-12);
  });

  test('golden limits off the diagonal of erf: p* = q* c*/(1 − χ_c*)', () => {
    const table: readonly (readonly number[])[] = [
      [1.25, 0.05, 11.2661063],
      [1.5, 0.05, 16.21635666],
      [1, 0.18, 1.89466762],
      [1.5, 0.18, 10.66661758],
      [2, 0.18, 16.95291548],
      [2.5, 0.18, 7.95181713],
      [3, 0.18, 6.06694417],
    ];
    for (const [wVariance, bVariance, expected] of table)
      near(
        ntkAsymptotics(erf(), { wStd: Math.sqrt(wVariance), bStd: Math.sqrt(bVariance), depth: 50, samples: 2 }).offDiagonal,
        expected,
        1e-8,
      );
  });

  test('off the diagonal: 1/3 and, where φ has a kink, 1/4 of it on the critical line; the limits away from it', () => {
    const critical = fullyConnected({ wStd: CRITICAL.wStd, depth: 1000, samples: 2 }, CRITICAL.qStar);
    const smooth = ntkAsymptotics(erf(), { wStd: CRITICAL.wStd, bStd: B, depth: 1000, samples: 2 });
    near(smooth.offDiagonal / smooth.diagonal, 1 / 3, 1e-12);
    near(critical.data[1], smooth.offDiagonal, 0.03);
    const net = serial(repeat(serial(dense(1, { wStd: Math.SQRT2 }), relu()), 999), dense(1, { wStd: Math.SQRT2 }));
    const kinked = ntkAsymptotics(relu(), { wStd: Math.SQRT2, depth: 1000, samples: 2 });
    near(kinked.offDiagonal / kinked.diagonal, 1 / 4, 1e-12);
    const { ntk } = kernelSync(net, normalized(inputs(3, 2, 40), Math.SQRT2, 0, 1), { get: 'ntk' });
    near(ntk.data[0], kinked.diagonal, 1e-12);
    near(ntk.data[1], kinked.offDiagonal, 0.03);
    for (const wVariance of [1, 2.5]) {
      const wStd = Math.sqrt(wVariance);
      const { data } = fullyConnected({ wStd, depth: 300, samples: 2 }, meanField(erf(), { wStd, bStd: B }).qStar);
      near(data[1], ntkAsymptotics(erf(), { wStd, bStd: B, depth: 300, samples: 2 }).offDiagonal, 1e-9);
    }
  });
});

describe('spectrum', () => {
  test('critical, fully connected, m = 12, l = 1000: largest, bulk and κ within 1.5 % of (m + 2)/2', async () => {
    const setting = { wStd: CRITICAL.wStd, bStd: B, depth: 1000, samples: 12 };
    const limit = ntkAsymptotics(erf(), setting);
    near(limit.conditionNumber, 7, 1e-9);
    near(limit.largest, (1000 * CRITICAL.qStar * 14) / 3, 1e-9);
    const values = await eigenvalues(fullyConnected(setting, CRITICAL.qStar));
    near(values[11] / values[0], 7, 0.015);
    near(values[11], limit.largest, 0.015);
    near(values[0], limit.bulk, 0.015);
    near(values[10], limit.bulk, 0.015);
  });

  test('critical, convolutions over d = 8 locations, m = 6, l = 1000: κ within 1.5 % of (m + 2)/2 and (m d + 2)/2', async () => {
    const [d, setting] = [8, { wStd: CRITICAL.wStd, bStd: B, depth: 1000, samples: 6 }];
    const pooled = ntkAsymptotics(erf(), { ...setting, network: 'pooling', locations: d });
    near(pooled.conditionNumber, 25, 1e-9);
    near(ntkAsymptotics(erf(), { ...setting, network: 'flatten' }).conditionNumber, 4, 1e-9);
    const [flat, pool] = [
      await eigenvalues(convolutional(setting, CRITICAL.qStar, d, flatten())),
      await eigenvalues(convolutional(setting, CRITICAL.qStar, d, globalAvgPool())),
    ];
    near(flat[5] / flat[0], 4, 0.015);
    near(pool[5] / pool[0], 25, 0.015);
    near(pool[5], pooled.largest, 0.015);
    near(pool[0], pooled.bulk, 0.015);
  });

  test('ReLU: κ → (m + 3)/3', () => {
    near(ntkAsymptotics(relu(), { wStd: Math.SQRT2, depth: 1000, samples: 12 }).conditionNumber, 5, 1e-9);
  });

  test('chaotic, l = 60: κ − 1 = m p*/p^l of the kernel, within 1 %', async () => {
    const setting = { wStd: Math.sqrt(2.5), bStd: B, depth: 60, samples: 12 };
    const { qStar } = meanField(erf(), { wStd: setting.wStd, bStd: B });
    const values = await eigenvalues(fullyConnected(setting, qStar));
    const { conditionNumber } = ntkAsymptotics(erf(), setting);
    near(values[11] / values[0] - 1, conditionNumber - 1, 0.01);
    near(conditionNumber - 1, 3.63e-4, 0.1);
    near(ntkAsymptotics(erf(), { ...setting, network: 'pooling', locations: 8 }).conditionNumber - 1, 8 * (conditionNumber - 1), 1e-9);
  });

  test('ordered: largest → m p*, and the bulk falls like l χ₁ˡ', async () => {
    const setting = { wStd: 1, bStd: B, samples: 12 };
    const { qStar } = meanField(erf(), { wStd: setting.wStd, bStd: B });
    const [one, next] = await Promise.all([30, 31].map(async (depth) => eigenvalues(fullyConnected({ ...setting, depth }, qStar))));
    const [limit, later] = [30, 31].map((depth) => ntkAsymptotics(erf(), { ...setting, depth }));
    near(one[11], 12 * limit.offDiagonal, 1e-3);
    near(limit.largest, 12 * limit.offDiagonal, 1e-3);
    near(next[5] / one[5], later.bulk / limit.bulk, 0.01);
  });
});

describe('maxLearningRate', () => {
  test.each([
    ['ordered', 1, 2 / 22.73601, 1e-6],
    ['critical', CRITICAL.wStd, 6 / (14 * 1000 * CRITICAL.qStar), 1e-9],
  ] as const)('%s: the published bound, m = 12, l = 1000', (_phase, wStd, expected, tolerance) => {
    near(ntkAsymptotics(erf(), { wStd, bStd: B, depth: 1000, samples: 12 }).maxLearningRate, expected, tolerance);
  });

  test('chaotic: 2/p of the diagonal p, d times that after pooling; within 1.5 % of what the kernel itself allows', () => {
    const setting = { wStd: Math.sqrt(2.5), bStd: B, depth: 60, samples: 6 };
    const { diagonal, maxLearningRate } = ntkAsymptotics(erf(), setting);
    near(maxLearningRate, 2 / diagonal, 1e-3);
    near(ntkAsymptotics(erf(), { ...setting, network: 'pooling', locations: 8 }).maxLearningRate, (2 * 8) / diagonal, 1e-2);
    const { qStar } = meanField(erf(), { wStd: setting.wStd, bStd: B });
    near(maxLearningRate, maxLearningRateSync(fullyConnected(setting, qStar), { yTrainSize: 1 }), 0.015);
  });
});

describe('dropout after the last activation', () => {
  test.each([
    [0.5, 3.4],
    [0.8, 5.363636363636363],
    [0.95, 6.560975609756098],
  ])('critical, keep %d: κ → 1 + m·keep/(3 − keep)', (keep, expected) => {
    const setting = { wStd: CRITICAL.wStd, bStd: B, depth: 100_000, samples: 12, keep };
    near(ntkAsymptotics(erf(), setting).conditionNumber, expected, 1e-4);
  });

  test('is a ridge on the kernel: 1e-10, and κ of the ordered phase does not depend on depth', async () => {
    const setting = { wStd: 1, bStd: B, depth: 200, samples: 12 };
    const { qStar } = meanField(erf(), { wStd: setting.wStd, bStd: B });
    for (const [keep, expected] of [
      [0.5, 14.259719],
      [0.8, 54.038877],
      [0.95, 252.934668],
    ] as const) {
      const [plain, dropped] = [fullyConnected(setting, qStar), fullyConnected(setting, qStar, [dropout(keep)])];
      const ridge = (1 / keep - 1) * (plain.data[0] - B * B);
      plain.data.forEach((value, at) => {
        near(dropped.data[at], value + (at % 13 === 0 ? ridge : 0), 1e-10);
      });
      const values = await eigenvalues(dropped);
      const { conditionNumber } = ntkAsymptotics(erf(), { ...setting, keep });
      near(values[11] / values[0], conditionNumber, 1e-10);
      near(conditionNumber, expected, 1e-6);
    }
  });
});

describe('the mean predictor of centred labels', () => {
  /** Root mean square of Θ* Θ⁻¹ Y at a depth. */
  async function prediction(wStd: number, depth: number): Promise<number> {
    const [m, n] = [12, 20];
    const { qStar } = meanField(erf(), { wStd, bStd: B });
    const all = fullyConnected({ wStd, depth, samples: n }, qStar).data;
    const train = { data: Float64Array.from({ length: m * m }, (_, at) => all[Math.floor(at / m) * n + (at % m)]), shape: [m, m] };
    const { values, vectors } = await eigh(train);
    const y = Float64Array.from({ length: m }, (_, i) => (i % 2 === 0 ? 1 : -1));
    const weights = new Float64Array(m);
    for (let k = 0; k < m; k++) {
      let share = 0;
      for (let i = 0; i < m; i++) share += vectors.data[i * m + k] * y[i];
      for (let i = 0; i < m; i++) weights[i] += (vectors.data[i * m + k] * share) / values.data[k];
    }
    let square = 0;
    for (let j = m; j < n; j++) square += weights.reduce((sum, w, i) => sum + w * all[j * n + i], 0) ** 2 / (n - m);
    return Math.sqrt(square);
  }
  const scale = (options: Partial<NtkAsymptoticsOptions> & { wStd: number; depth: number }) =>
    ntkAsymptotics(erf(), { bStd: B, samples: 12, ...options }).predictor;

  test('chaotic, σw² = 2.5: the slope of log(rms/l) over l in [60, 100] is log(χ_c*/χ₁) within 1 %', async () => {
    const wStd = Math.sqrt(2.5);
    const slope = (Math.log((await prediction(wStd, 100)) / 100) - Math.log((await prediction(wStd, 60)) / 60)) / 40;
    const expected = (Math.log(scale({ wStd, depth: 100 }) / 100) - Math.log(scale({ wStd, depth: 60 }) / 60)) / 40;
    near(expected, Math.log(0.8804784717 / 1.188840753), 1e-8);
    near(slope, expected, 0.01);
  });

  test('critical: like 1/l; ordered: constant; pooling multiplies by d', async () => {
    const [early, late] = [await prediction(CRITICAL.wStd, 400), await prediction(CRITICAL.wStd, 1600)];
    near(late / early, scale({ wStd: CRITICAL.wStd, depth: 1600 }) / scale({ wStd: CRITICAL.wStd, depth: 400 }), 0.1);
    near((await prediction(1, 30)) / (await prediction(1, 20)), scale({ wStd: 1, depth: 30 }) / scale({ wStd: 1, depth: 20 }), 0.05);
    const pooled = { network: 'pooling', locations: 8 } as const;
    for (const wVariance of [CRITICAL.wStd ** 2, 2.5]) {
      const own = { wStd: Math.sqrt(wVariance), depth: 40 };
      near(scale({ ...own, ...pooled }), 8 * scale(own), 1e-12);
    }
    expect(scale({ wStd: 1, depth: 40, ...pooled })).toBe(1);
  });
});

test('a chaotic network so deep that its diagonal is beyond doubles', () => {
  const { diagonal, largest, maxLearningRate, bulk, conditionNumber } = ntkAsymptotics(tanh(), { wStd: 1.5, depth: 1e6, samples: 5 });
  expect([diagonal, largest, maxLearningRate, bulk, conditionNumber]).toEqual([Infinity, Infinity, 0, Infinity, 1]);
});

test('refuses what has no answer, naming the argument', () => {
  const good = { wStd: 1, bStd: 0.1, depth: 10, samples: 5 };
  const bad = (activation: Parameters<typeof ntkAsymptotics>[0], change: object) => () =>
    ntkAsymptotics(activation, { ...good, ...change });
  expect(bad(tanh(), { depth: 0 })).toThrow(/depth must be a positive integer, got 0.*ERR_ARGUMENT/);
  expect(bad(tanh(), { samples: 1.5 })).toThrow(/samples must be a positive integer/);
  expect(bad(tanh(), { network: 'pooling' })).toThrow(/locations must be given for network 'pooling'/);
  expect(bad(tanh(), { locations: 4 })).toThrow(/locations must be given for network 'pooling', and for no other/);
  expect(bad(tanh(), { network: 'pool' })).toThrow(/network must be 'fullyConnected', 'flatten' or 'pooling'/);
  expect(bad(tanh(), { keep: 1.1 })).toThrow(/keep must be at most 1, got 1.1; it is a probability/);
  expect(bad(tanh(), { keep: 0 })).toThrow(/keep/);
  expect(bad(tanh(), { wStd: Number.NaN })).toThrow(/wStd/);
  expect(bad(tanh(), { rate: 1 })).toThrow(/no option rate/);
  expect(bad(sign(), {})).toThrow(/sign jumps.*ERR_ARGUMENT/);
  expect(bad(relu(), { wStd: 1.5 })).toThrow(/relu has pre-activations of variance Infinity at depth/);
  expect(bad(relu(), { bStd: 0 })).toThrow(/relu has pre-activations of variance 0 at depth/);
});
