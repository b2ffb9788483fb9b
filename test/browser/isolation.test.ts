import { describe, expect, inject, it } from 'vitest';

const isolated = inject('isolated');

describe(isolated ? 'a page that is cross-origin isolated' : 'a page that is not cross-origin isolated', () => {
  it('says so', () => {
    expect(crossOriginIsolated).toBe(isolated);
    expect(typeof SharedArrayBuffer).toBe(isolated ? 'function' : 'undefined');
  });

  it('can send a shared memory to a worker, or cannot', async () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    const url = URL.createObjectURL(new Blob(['onmessage = ({ data }) => postMessage(new Int32Array(data.buffer)[0])']));
    const worker = new Worker(url);
    try {
      const send = () => worker.postMessage(memory);
      if (!isolated) return expect(send).toThrow(DOMException);
      new Int32Array(memory.buffer)[0] = 42;
      const answer = new Promise((resolve, reject) => {
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = reject;
      });
      send();
      expect(await answer).toBe(42);
    } finally {
      worker.terminate();
      URL.revokeObjectURL(url);
    }
  });
});
