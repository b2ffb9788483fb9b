/** Kernels at the ends of their domains: tiny, huge and nearly coincident variances, slopes near ±1. */
import { describe, expect, it } from 'vitest';
import {
  abRelu,
  type DenseOptions,
  dense,
  erf,
  kernelSync,
  leakyRelu,
  rbf,
  rectifiedMonomial,
  relu,
  serial,
  sign,
  tanh,
} from '../../src/index';
import type { NDArray } from '../../src/ndarray';
import type { Network } from '../../src/spec';
import { testContexts } from '../contexts';
import { errorOf } from '../error-of';

const X: NDArray = { data: Float64Array.of(1, 2, 3, 4, 5, 7), shape: [3, 2] };
const NET = serial(dense(4), relu(), dense(1));

describe.each(testContexts())('values on %s', (_name, open) => {
  const engine = open();
  const fields = ['nngp', 'ntk'] as const;

  /** Both kernels of float32 against those of float64, over the largest of their entries: 2e-6 is what float32 promises. */
  function expectSingle(net: Network, rows: number[][], compared: readonly ('nngp' | 'ntk')[] = fields): void {
    const [single, double] = (['float32', 'float64'] as const).map((dtype) => kernelSync(net, rows, { engine, dtype }));
    for (const field of compared) {
      const largest = Math.max(...double[field].data.map(Math.abs));
      expect(largest).toBeGreaterThan(0);
      single[field].data.forEach((value, i) => {
        expect(Math.abs(value - double[field].data[i]) / largest, `${field} ${value} for ${double[field].data[i]}`).toBeLessThanOrEqual(
          2e-6,
        );
      });
    }
  }

  it.each([1e-5, 1e-8, 1e-30, 1e-70])('rows %d and 1.5 times it stay parallel through erf for the relu above', (x) => {
    const net = serial(dense(1), erf(), dense(1), relu(), dense(1));
    const { ntk, nngp } = kernelSync(
      net,
      [
        [x, 0],
        [1.5 * x, 0],
      ],
      { engine },
    );
    // erf turns the rows by less than x²; the kernels' ratio is 1 but for that angle and a few roundings.
    const angle = x * x;
    for (const { data } of [nngp, ntk]) {
      const ratio = data[1] / Math.sqrt(data[0]) / Math.sqrt(data[3]);
      expect(Math.abs(ratio - 1)).toBeLessThanOrEqual(1e-15 + angle);
    }
  });

  it.each([-0.999, 0.999, -0.9999])('slope %d in float32', (alpha) => {
    const net = serial(dense(1), leakyRelu(alpha), dense(1), relu(), dense(1));
    expectSingle(net, [
      [1, 0],
      [-1, 0],
    ]);
    expectSingle(net, [
      [1, 0.2],
      [-1, 0],
      [0.3, 1],
    ]);
  });

  it('rows of subnormal norm are those rows scaled up', () => {
    const rows = [
      [1e-310, 0],
      [1e-310, 2e-310],
      [-3e-310, 1e-310],
      [-1e-310, 0],
    ];
    const scale = 2 ** 1000;
    const up = rows.map((row) => row.map((x) => x * scale));
    const small = kernelSync(serial(dense(1, { wStd: scale }), relu(), dense(1)), rows, { engine });
    const large = kernelSync(NET, up, { engine });
    // A radius is itself subnormal: its last digit is worth 5e-14. The angles do not depend on it.
    const correlations = ({ data }: NDArray) => data.map((value, k) => value / Math.sqrt(data[(k >> 2) * 5] * data[(k & 3) * 5]));
    for (const field of fields) {
      for (const k of [0, 5, 10, 15]) expect(Math.abs(small[field].data[k] / large[field].data[k] - 1)).toBeLessThan(1e-13);
      const [got, expected] = [small[field], large[field]].map(correlations);
      got.forEach((value, k) => void expect(Math.abs(value - expected[k])).toBeLessThanOrEqual(1e-15));
    }
  });

  it.each([
    ['1e23', 1e23, 1],
    ['1e-19', 1e-19, 1e19],
    ['1e-25', 1e-25, 1e25],
  ])('erf of pre-activations of size %s in float32', (_size, wStd, last) => {
    expectSingle(serial(dense(1, { wStd }), erf(), dense(1, { wStd: last })), [
      [1, 0],
      [0.3, 1],
      [-1, 0],
    ]);
  });

  it('erf refuses pre-activations whose variance is beyond float64, naming their size', () => {
    const net = serial(dense(1, { wStd: 1e154 }), erf(), dense(1));
    const error = errorOf(() => kernelSync(net, [[1, 0]], { engine }));
    expect([error.code, error.details?.standardDeviation]).toEqual(['ERR_NON_FINITE', expect.closeTo(1e154 / Math.SQRT2, -140)]);
    expect(error.message).toContain('smaller wStd');
    const { nngp } = kernelSync(serial(dense(1, { wStd: 1e152 }), erf(), dense(1)), [[1, 0]], { engine });
    expect(Math.abs(nngp.data[0] - 1)).toBeLessThan(1e-15);
  });

  it.each([1e-18, 1e-20, 1e-30, 1e-42])('a trained bias beside rows of norm %d in float32', (norm) => {
    // Its NTK of 1 is 1/norm² of the rows' own scale.
    const trained = { parameterization: 'standard', bStd: 0 } as const;
    const rows = [[1, 2], [0, 0], ...[norm, -norm].map((x) => [x, Math.fround(2 * norm)])].map((row) => row.map(Math.fround));
    for (const phi of [relu(), erf(), rbf()]) expectSingle(serial(dense(4, trained), phi, dense(4, trained), phi, dense(1, trained)), rows);
  });

  it('scales whose products float32 does not hold, though the kernels are in its range', () => {
    const net = (phi: Network, first: DenseOptions, last: DenseOptions) =>
      serial(...Array.from({ length: 3 }, () => [dense(16, first), phi]).flat(), dense(1, last));
    const rows = [
      [1, 2],
      [-1, 3],
      [0, 0],
      [0.5, 1],
    ];
    const standard = { parameterization: 'standard' } as const;
    // A zero row's stand-in of 1e30, a product of scales of 1e-40, and of slopes of 1e40.
    expectSingle(net(sign(), { ...standard, bStd: 0, wStd: 1e10 }, { ...standard, bStd: 0, wStd: 1e-10 }), rows);
    expectSingle(net(relu(), { ...standard, wStd: 1e-10 }, { ...standard, wStd: 1e10 }), rows, ['ntk']);
    expectSingle(net(tanh(), { bStd: 0.3, wStd: 1e10 }, { bStd: 0.3, wStd: 1e-10 }), rows);
  });

  it('two zero rows are equal under the step function', () => {
    const step = rectifiedMonomial(0);
    const rows = [
      [0, 0],
      [1, 2],
      [0, 0],
    ];
    for (const dtype of ['float32', 'float64'] as const) {
      const one = kernelSync(serial(dense(1), step, dense(1)), rows, { engine, dtype }).nngp.data;
      expect([one[0], one[2], one[6]]).toEqual([1, 1, 1]);
      // A second step shows the root of what an angle of 0 is off by.
      const { data } = kernelSync(serial(dense(1), step, dense(1), step, dense(1)), rows, { engine, dtype }).nngp;
      for (const k of [0, 2, 4]) expect(Math.abs(data[k] - 0.5)).toBeLessThanOrEqual(dtype === 'float32' ? 2 ** -24 : 2 ** -52);
    }
  });

  it.each([1e-155, 1e-200, 5e-324])('a trained bias beside rows of norm %d in float64 is refused with the way out', (x) => {
    const trained = { parameterization: 'standard', bStd: 0 } as const;
    const error = errorOf(() => kernelSync(serial(dense(4, trained), relu(), dense(1, trained)), [[x, x]], { engine }));
    expect(error.code).toBe('ERR_NON_FINITE');
    expect(error.message).toContain('scale the data up');
  });

  it('slopes whose squares vanish', () => {
    const tiny = serial(dense(1), abRelu(1e-170, 1e-170), dense(1, { wStd: 1e170 }));
    const [{ nngp, ntk }, plain] = [tiny, serial(dense(1), abRelu(1, 1), dense(1))].map((net) => kernelSync(net, X, { engine }));
    nngp.data.forEach((value, i) => void expect(Math.abs(value / plain.nngp.data[i] - 1)).toBeLessThan(2e-15));
    ntk.data.forEach((value, i) => void expect(Math.abs(value / plain.ntk.data[i] - 1)).toBeLessThan(2e-15));
  });
});
