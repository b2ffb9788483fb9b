import { describe, expect, test } from 'vitest';
import { conv, dense, erf, flatten, type NDArray, serial } from '../../src';
import { apply, init, linearize, type Params, train } from '../../src/finite';
import { inputs } from './networks';

const net = serial(
  conv(6, [2, 2], { bStd: 0.1 }),
  erf(),
  flatten(),
  dense(16, { parameterization: 'standard', bStd: 0.1 }),
  erf(),
  dense(2),
);
const params = init(net, 1, [1, 3, 3, 2]);
const x = inputs(1, 6, 3, 3, 2);
const y = inputs(2, 6, 2);
const numbers = (p: Params): number[] => p.flatMap((entry) => Object.values(entry).flatMap(({ data }) => Array.from(data as Float64Array)));

describe('train', () => {
  test.each(['gd', 'momentum', 'adam'] as const)('%s brings the loss down and leaves the given parameters alone', async (optimizer) => {
    const before = numbers(params);
    const { losses, params: after } = await train(net, params, x, y, {
      optimizer,
      learningRate: optimizer === 'adam' ? 0.01 : 0.1,
      steps: 40,
    });
    expect(losses.length).toBe(41);
    expect(losses[40]).toBeLessThan(0.7 * losses[0]);
    expect(numbers(params)).toEqual(before);
    const f = apply(net, after, x).data;
    const loss = Array.from(f).reduce((sum, value, at) => sum + (value - y.data[at]) ** 2, 0) / (2 * f.length);
    expect(losses[40]).toBeCloseTo(loss, 14);
  });

  test('a step of gradient descent is −learningRate times the gradient, found by differences', async () => {
    const rate = 1e-3;
    const { params: after } = await train(net, params, x, y, { learningRate: rate, steps: 1 });
    const [before, moved] = [numbers(params), numbers(after)];
    const data = (params[0] as { w: { data: Float64Array } }).w.data;
    const lossAt = (value: number) => {
      const old = data[3];
      data[3] = value;
      const f = apply(net, params, x).data;
      data[3] = old;
      return Array.from(f).reduce((sum, v, at) => sum + (v - y.data[at]) ** 2, 0) / (2 * f.length);
    };
    const h = 1e-4;
    const slope = (8 * (lossAt(data[3] + h) - lossAt(data[3] - h)) - (lossAt(data[3] + 2 * h) - lossAt(data[3] - 2 * h))) / (12 * h);
    expect((before[3] - moved[3]) / rate).toBeCloseTo(slope, 9);
  });

  test.each(['gd', 'momentum', 'adam'] as const)('%s resumes from a copy of a checkpoint to the bit', async (optimizer) => {
    const options = { optimizer, learningRate: 0.01 };
    const whole = await train(net, params, x, y, { ...options, steps: 9 });
    const half = await train(net, params, x, y, { ...options, steps: 4 });
    const rest = await train(net, params, x, y, { ...options, steps: 5, checkpoint: structuredClone(half.checkpoint) });
    expect(numbers(rest.params)).toEqual(numbers(whole.params));
    expect([...half.losses.slice(0, 4), ...rest.losses]).toEqual([...whole.losses]);
  });

  test('records the NTK at the steps asked for', async () => {
    const { ntk } = await train(net, params, x, y, { learningRate: 0.1, steps: 6, ntkAt: [0, 6], ntkInputs: inputs(3, 2, 3, 3, 2) });
    expect(ntk.map(({ step, kernel }) => [step, kernel.shape])).toEqual([
      [0, [2, 2]],
      [6, [2, 2]],
    ]);
    expect(ntk[0].kernel.data).not.toEqual(ntk[1].kernel.data);
  });

  test('a wide network follows its linearisation', async () => {
    const wide = serial(dense(1500), erf(), dense(1));
    const start = init(wide, 2, [1, 4]);
    const [inputs4, targets] = [inputs(4, 3, 4), inputs(5, 3, 1)];
    const { params: end, losses } = await train(wide, start, inputs4, targets, { learningRate: 0.5, steps: 30 });
    const [f, line] = [apply(wide, end, inputs4).data, linearize(wide, start)(end, inputs4).data];
    expect(losses[30]).toBeLessThan(0.5 * losses[0]);
    f.forEach((value, at) => {
      expect(Math.abs(value - line[at])).toBeLessThan(0.02);
    });
  });

  test('divergence is an error that names the step; arguments are checked; an abort stops', async () => {
    await expect(train(net, params, x, y, { learningRate: 1e9, steps: 50 })).rejects.toMatchObject({
      code: 'ERR_NON_FINITE',
      details: { learningRate: 1e9 },
      message: expect.stringMatching(/the loss is .* at step [1-9]/),
    });
    const { checkpoint } = await train(net, params, x, y, { learningRate: 0.1, steps: 2, optimizer: 'momentum' });
    const bad: readonly (readonly [object, RegExp])[] = [
      [{ learningRate: 0 }, /learningRate is a positive number, got 0/],
      [{ learningRate: Number.NaN }, /learningRate is a positive number, got NaN/],
      [{ steps: 1.5 }, /steps is a natural number, got 1.5/],
      [{ optimizer: 'sgd' }, /optimizer is 'gd', 'momentum' or 'adam', got "sgd"/],
      [{ momentum: 1 }, /momentum is at least 0 and below 1, got 1/],
      [{ beta1: -0.1 }, /beta1 is at least 0/],
      [{ beta2: Number.NaN }, /beta2 is at least 0/],
      [{ epsilon: 0 }, /epsilon is a positive number, got 0/],
      [{ ntkAt: [0, 3] }, /ntkAt names step 3, which does not come: steps 0 to 1 do/],
      [{ checkpoint, optimizer: 'adam' }, /the checkpoint is one of 'momentum' and optimizer is 'adam'/],
      [{ checkpoint, optimizer: 'momentum', ntkAt: [0] }, /steps 2 to 3 do/],
    ];
    for (const [options, message] of bad)
      await expect(train(net, params, x, y, { learningRate: 0.1, steps: 1, ...options })).rejects.toMatchObject({
        code: 'ERR_ARGUMENT',
        message: expect.stringMatching(message),
      });
    const broken = structuredClone(params) as Params;
    (broken[1] as { w: NDArray }).w.data[3] = Number.NaN;
    await expect(train(net, broken, x, y, { learningRate: 0.1, steps: 1 })).rejects.toMatchObject({
      code: 'ERR_NON_FINITE',
      message: expect.stringMatching(/w of entry 1 of params holds NaN at \[0, 3\]/),
    });
    await expect(train(net, params, x, inputs(1, 5, 2), { learningRate: 1, steps: 1 })).rejects.toMatchObject({ code: 'ERR_SHAPE' });
    const controller = new AbortController();
    const run = train(net, params, x, y, {
      learningRate: 0.01,
      steps: 1e6,
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    await expect(run).rejects.toMatchObject({ code: 'ABORT_ERR' });
  });
});
