/** What only a process of its own can show: that it ends by itself, keeps nothing, and says nothing. */
import { describe, expect, it } from 'vitest';
import { POOLS, runAlone } from './support';

const SETUP = `
  import { createEngine, dense, kernelSync, relu, serial } from '$src/index';
  import { openContext } from '$src/context';
  const net = serial(...Array.from({ length: 10 }, () => [dense(1, { wStd: 1.4, bStd: 0.1 }), relu()]).flat(), dense(1));
  const rows = (n) => ({ data: Float32Array.from({ length: n * 6 }, (_, i) => Math.sin(i * 1.37)), shape: [n, 6] });
  const same = (a, b) => Buffer.compare(Buffer.from(a.data.buffer), Buffer.from(b.data.buffer)) === 0;
`;

/** Bytes held after the garbage was collected twice: finalizers release array buffers between the two. */
const HELD = `
  const held = async () => {
    for (let i = 0; i < 4; i++) { globalThis.gc(); await new Promise((resolve) => setTimeout(resolve, 20)); }
    const { heapUsed, external, arrayBuffers } = process.memoryUsage();
    return heapUsed + external + arrayBuffers;
  };
`;

describe.each(POOLS)('a process with threads on %s', (_name, pool) => {
  const open = (extra = '') => `createEngine({ ...${JSON.stringify({ threads: 3, ...pool })}, ${extra} })`;

  it('ends by itself, without dispose, and prints nothing', async () => {
    const outcome = await runAlone(`${SETUP}
      const engine = await ${open()};
      const k = await engine.kernel(net, rows(2000));
      const { used, sharing } = engine.capabilities.threads;
      console.log(used, sharing, same(k.ntk, kernelSync(net, rows(2000)).ntk));`);
    expect(outcome).toEqual({ status: 0, stdout: `3 ${pool === POOLS[0][1] ? 'memory' : 'messages'} true\n`, stderr: '' });
  });

  it('has no handle of a worker left after dispose', async () => {
    const outcome = await runAlone(`${SETUP}
      const engine = await ${open()};
      await engine.kernel(net, rows(2000));
      const count = () => process._getActiveHandles().filter(({ constructor }) => /Worker|MessagePort/.test(constructor.name)).length;
      const before = count();
      await engine.dispose();
      await new Promise((resolve) => setTimeout(resolve, 50));
      console.log(before, count());`);
    expect(outcome).toEqual({ status: 0, stdout: expect.stringMatching(/^\d+ 0\n$/), stderr: '' });
  });

  it('keeps nothing of 50 kernels', async () => {
    const outcome = await runAlone(
      `${SETUP}${HELD}
      const engine = await ${open()};
      const x = rows(2000);
      for (let i = 0; i < 5; i++) await engine.kernel(net, x);
      const before = await held();
      for (let i = 0; i < 50; i++) await engine.kernel(net, x);
      console.log(engine.capabilities.threads.used, (await held()) - before);`,
      '--expose-gc',
    );
    expect(outcome.stderr).toBe('');
    const [used, grown] = outcome.stdout.split(' ').map(Number);
    expect(used).toBe(3);
    // A leak of one panel (48 kB) a kernel would be 2.4 MB, of one tile (256 kB) 13 MB.
    expect(grown).toBeLessThan(1.5e6);
  });
});

it('keeps nothing of 1,000 small kernels', async () => {
  const outcome = await runAlone(
    `${SETUP}${HELD}
    const engine = await createEngine({ threads: 2 });
    const x = rows(40);
    const loop = async (count) => { for (let i = 0; i < count; i++) await engine.kernel(net, x); };
    await loop(200);
    const before = await held();
    await loop(1000);
    console.log((await held()) - before);`,
    '--expose-gc',
  );
  expect(outcome.stderr).toBe('');
  // A leak of one result (6.4 kB) a kernel would be 6.4 MB.
  expect(Number(outcome.stdout)).toBeLessThan(1e6);
});

it('works where the intrinsics are frozen', async () => {
  const outcome = await runAlone(`
    // The loader assigns Object.hasOwn when it is imported, so constructors are frozen after it and prototypes before.
    const names = ['Array', 'Object', 'Function', 'Promise', 'Map', 'Set', 'Error', 'ArrayBuffer', 'Float32Array', 'Float64Array', 'Int32Array', 'DataView', 'String', 'Number', 'RegExp'];
    for (const name of names) Object.freeze(globalThis[name].prototype);
    const { AbortError, createEngine, dense, fit, InfiniteWidthError, kernelSync, relu, serial } = await import('$src/index');
    for (const name of [...names, 'WebAssembly', 'Atomics', 'Math', 'JSON']) Object.freeze(globalThis[name]);
    const net = serial(...Array.from({ length: 10 }, () => [dense(1, { bStd: 0.1 }), relu()]).flat(), dense(1));
    const x = { data: Float64Array.from({ length: 1800 * 6 }, (_, i) => Math.sin(i * 1.37)), shape: [1800, 6] };
    for (const sharedMemory of [true, false]) {
      const engine = await createEngine({ threads: 2, sharedMemory });
      const k = await engine.kernel(net, x);
      console.log(engine.capabilities.threads.sharing, Buffer.compare(Buffer.from(k.ntk.data.buffer), Buffer.from(kernelSync(net, x).ntk.data.buffer)));
      const refusal = await engine.kernel(net, [[NaN]]).catch((error) => error);
      console.log(refusal instanceof InfiniteWidthError, refusal.code, refusal.name);
      const abort = await engine.kernel(net, x, { signal: AbortSignal.abort() }).catch((error) => error);
      console.log(abort instanceof AbortError, abort.name);
      await engine.dispose();
    }
    const model = await fit(net, [[0, 0], [0, 1], [1, 0], [1, 1]], [-1, 1, 1, -1]);
    console.log((await model.predict([[0.1, 0.9]])).mean.shape.join());`);
  const each = 'true ERR_NON_FINITE InfiniteWidthError\ntrue AbortError\n';
  expect(outcome).toEqual({ status: 0, stdout: `memory 0\n${each}messages 0\n${each}1\n`, stderr: '' });
});
