/** Random networks over workers: the bits of one thread, networks that cannot travel, aborts, deaths and silence. */
import { afterEach, describe, expect, it } from 'vitest';
import { createEngine, dense, type Engine, type EngineOptions, elementwiseNumerical, relu, serial } from '../../src';
import { openContext } from '../../src/context';
import { type MonteCarloOptions, type MonteCarloResult, monteCarloEstimates, monteCarloKernel } from '../../src/finite';
import { inputs } from '../finite/networks';
import { failureOf, recordedWorkers } from './support';

const engines: Engine[] = [];
async function open(options: EngineOptions): Promise<Engine> {
  const engine = await createEngine(options);
  engines.push(engine);
  return engine;
}
afterEach(async () => {
  await Promise.all(engines.splice(0).map((engine) => engine.dispose()));
});

const net = serial(dense(400, { bStd: 0.2 }), relu(), dense(400), relu(), dense(2));
const x = inputs(3, 6, 40);
const other = inputs(4, 2, 40);
/** Enough for threads to be worth it. */
const OPTIONS: MonteCarloOptions = { samples: 37, seed: 9 };

const numbersOf = ({ nngp, ntk }: MonteCarloResult): Float64Array[] =>
  [nngp, ntk].flatMap((estimate) => (estimate ? [estimate.mean.data, estimate.standardError.data, estimate.secondMoment.data] : []));

const single = openContext({ threads: 1 });

describe.each(['weights', 'conditioned'] as const)('%s', (method) => {
  it.each([
    ['memory', 2, {}],
    ['memory', 3, {}],
    ['messages', 2, { sharedMemory: false }],
    ['messages', 3, { sharedMemory: false }],
  ] as const)('has the numbers of one thread with workers by %s, %i threads', async (_sharing, threads, pool) => {
    const { workers, createWorker } = recordedWorkers();
    const engine = await open({ ...pool, threads, createWorker });
    for (const [dtype, second] of [
      ['float64', null],
      ['float32', other],
    ] as const) {
      const options = { ...OPTIONS, method, dtype, samples: method === 'weights' ? 37 : 61 };
      const [one, many] = [
        await monteCarloKernel(net, x, second, { ...options, engine: single }),
        await monteCarloKernel(net, x, second, { ...options, engine }),
      ];
      expect(many.samples).toBe(options.samples);
      expect(numbersOf(many)).toEqual(numbersOf(one));
    }
    expect(workers.length).toBeGreaterThanOrEqual(threads - 1);
  });
});

it('stops on one thread where the engine is disposed', async () => {
  const engine = await open({ threads: 1 });
  let reports = 0;
  const onProgress = () => {
    if (reports++ === 0) void engine.dispose();
  };
  expect(await failureOf(monteCarloKernel(net, x, { ...OPTIONS, engine, onProgress }))).toMatchObject({ code: 'ERR_ARGUMENT' });
  expect(reports).toBe(1);
});

it('workers draw some of the networks', async () => {
  const { workers, createWorker } = recordedWorkers();
  let answers = 0;
  const engine = await open({
    threads: 2,
    sharedMemory: false,
    createWorker: () => {
      const worker = createWorker();
      worker.on('message', ({ kind }) => {
        if (kind === 'part') answers++;
      });
      return worker;
    },
  });
  for (let k = 0; k < 20 && answers === 0; k++) await monteCarloKernel(net, x, { ...OPTIONS, method: 'weights', engine });
  expect([workers.length, answers > 0]).toEqual([1, true]);
});

it('estimates come in batches with the same numbers, and progress is told', async () => {
  const engine = await open({ threads: 2, sharedMemory: false });
  const seen: number[] = [];
  const counts: number[] = [];
  let last: MonteCarloResult | undefined;
  const options = {
    ...OPTIONS,
    method: 'weights',
    batch: 15,
    engine,
    onProgress: ({ done }: { done: number }) => seen.push(done),
  } as const;
  for await (const estimate of monteCarloEstimates(net, x, options)) {
    counts.push(estimate.samples);
    last = estimate;
  }
  expect([counts, seen]).toEqual([
    [15, 30, 37],
    [15, 30, 37],
  ]);
  const one = await monteCarloKernel(net, x, { ...OPTIONS, method: 'weights', engine: single });
  expect(numbersOf(last as MonteCarloResult)).toEqual(numbersOf(one));
});

it('masked inputs travel, NaN too, and orthogonal weights are the same on any thread', async () => {
  const engine = await open({ threads: 3, sharedMemory: false });
  const padded = { data: x.data.map((value, at) => (at % 40 < 7 ? Number.NaN : value)), shape: x.shape };
  const options = { ...OPTIONS, maskConstant: Number.NaN, distribution: 'orthogonal' } as const;
  const [one, many] = await Promise.all([single, engine].map((e) => monteCarloKernel(net, padded, { ...options, engine: e })));
  expect(numbersOf(many)).toEqual(numbersOf(one));
  expect(numbersOf(one).every((values) => values.every(Number.isFinite))).toBe(true);
});

it('networks with functions of the user stay on the calling thread', async () => {
  const own = serial(dense(400), elementwiseNumerical(Math.tanh, 25), dense(400), relu(), dense(1));
  const engine = await open({ threads: 2, sharedMemory: false });
  const [one, many] = await Promise.all(
    [single, engine].map((e) => monteCarloKernel(own, x, { ...OPTIONS, method: 'weights', engine: e })),
  );
  expect(numbersOf(many)).toEqual(numbersOf(one));
});

it('stops at its signal and works again', async () => {
  const engine = await open({ threads: 3, sharedMemory: false });
  const controller = new AbortController();
  const options = { ...OPTIONS, samples: 1e5, method: 'weights', engine } as const;
  const run = monteCarloKernel(net, x, { ...options, signal: controller.signal, onProgress: () => controller.abort('enough') });
  expect(await failureOf(run)).toMatchObject({ code: 'ABORT_ERR', cause: 'enough' });
  const again = await monteCarloKernel(net, x, { ...OPTIONS, method: 'weights', engine });
  expect(numbersOf(again)).toEqual(numbersOf(await monteCarloKernel(net, x, { ...OPTIONS, method: 'weights', engine: single })));
});

it.each([
  ['throws', `throw new Error('broken')`],
  ['exits', 'process.exit(3)'],
])('a worker that %s in the middle of its work is ERR_WORKER_DIED, and the next call has new ones', async (_how, fault) => {
  const prelude = (index: number) =>
    index > 0 ? '' : `require('node:worker_threads').parentPort.on('message', ({ kind }) => { if (kind === 'draw') { ${fault} } });`;
  const { createWorker } = recordedWorkers(prelude);
  const engine = await open({ threads: 2, sharedMemory: false, createWorker });
  const options = { ...OPTIONS, samples: 3000, method: 'weights', engine } as const;
  expect(await failureOf(monteCarloKernel(net, x, options))).toMatchObject({ code: 'ERR_WORKER_DIED' });
  const again = await monteCarloKernel(net, x, { ...OPTIONS, method: 'weights', engine });
  expect(again.samples).toBe(37);
});

it('networks that a worker never answers for are drawn here', async () => {
  const deaf = () => `
    const { parentPort } = require('node:worker_threads');
    const on = parentPort.on.bind(parentPort);
    parentPort.on = (event, listener) => on(event, (message) => { if (message.kind !== 'draw') listener(message); });
  `;
  const { createWorker } = recordedWorkers(deaf);
  const engine = await open({ threads: 2, sharedMemory: false, createWorker });
  const many = await monteCarloKernel(net, x, { ...OPTIONS, method: 'weights', engine });
  expect(numbersOf(many)).toEqual(numbersOf(await monteCarloKernel(net, x, { ...OPTIONS, method: 'weights', engine: single })));
});
