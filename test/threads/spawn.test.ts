/** How a worker is started, in a browser that exists only here: every way that is refused leads to the next, and none to a hang. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { workerBuild, workerSource } from '../../build/worker.js';
import { type Start, spawn, type WorkerLike } from '../../src/backends/spawn';

class FakeWorker extends EventTarget implements WorkerLike {
  static made: FakeWorker[] = [];
  static refuse: ((url: string) => boolean) | null = null;
  readonly posted: unknown[] = [];
  terminated = 0;

  constructor(
    readonly url: string | URL,
    readonly options?: WorkerOptions,
  ) {
    super();
    if (FakeWorker.refuse?.(String(url))) throw new DOMException('worker-src', 'SecurityError');
    FakeWorker.made.push(this);
  }
  postMessage(message: unknown): void {
    this.posted.push(message);
  }
  terminate(): void {
    this.terminated++;
  }
  say(data: unknown): void {
    this.dispatchEvent(new MessageEvent('message', { data }));
  }
  fail(message: string): Event {
    const event = Object.assign(new Event('error', { cancelable: true }), { message });
    this.dispatchEvent(event);
    return event;
  }
}

const blobs: Blob[] = [];
const events = () => ({ ready: vi.fn(), received: vi.fn(), died: vi.fn(), refused: vi.fn() });

beforeEach(() => {
  FakeWorker.made = [];
  FakeWorker.refuse = null;
  blobs.length = 0;
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  vi.stubGlobal('Worker', FakeWorker);
  vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined as never);
  vi.spyOn(URL, 'createObjectURL').mockImplementation((blob) => `blob:${blobs.push(blob as Blob)}`);
  vi.spyOn(URL, 'revokeObjectURL').mockImplementation(() => {});
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const last = () => FakeWorker.made[FakeWorker.made.length - 1];
const READY = { kind: 'ready', build: workerBuild };
const FIRST = { kind: 'messages' } as Start;
const SENT = { kind: 'messages', build: workerBuild };

describe('starting a worker', () => {
  it('takes the file beside the bundle, as a module', () => {
    const heard = events();
    spawn(FIRST, heard);
    expect(FakeWorker.made.length).toBe(1);
    expect(String(last().url)).toMatch(/\/worker\.js$/);
    expect(last().options).toEqual({ type: 'module' });
    expect(last().posted).toEqual([SENT]);
    last().say(READY);
    last().say('hello');
    expect(heard.ready).toHaveBeenCalledOnce();
    expect(heard.received.mock.calls).toEqual([['hello']]);
  });

  it.each([
    [
      'does not load',
      () => {
        expect(last().fail('').defaultPrevented).toBe(true);
        vi.advanceTimersByTime(50);
      },
    ],
    ['says nothing for fifteen seconds', () => vi.advanceTimersByTime(15_000)],
    ['is of another build', () => last().say({ kind: 'ready', build: '0123456789abcdef' })],
    ['does not say of which build it is', () => last().say({ kind: 'ready' })],
  ])('takes a Blob where that file %s', async (_what, happens) => {
    const heard = events();
    spawn(FIRST, heard);
    const file = last();
    happens();
    expect(file.terminated).toBe(1);
    expect(FakeWorker.made.length).toBe(2);
    expect(String(last().url)).toBe('blob:1');
    expect(await blobs[0].text()).toBe(workerSource);
    expect(last().posted).toEqual([SENT]);
    file.say(READY);
    expect(heard.ready).not.toHaveBeenCalled();
    last().say(READY);
    expect(heard.ready).toHaveBeenCalledOnce();
    expect(heard.died).not.toHaveBeenCalled();
  });

  it('gives it fifteen seconds', () => {
    spawn(FIRST, events());
    vi.advanceTimersByTime(14_999);
    expect(FakeWorker.made.length).toBe(1);
  });

  it('says what a policy must allow where every way is refused', async () => {
    FakeWorker.refuse = () => true;
    const heard = events();
    spawn(FIRST, heard);
    await Promise.resolve();
    expect(heard.refused).toHaveBeenCalledExactlyOnceWith(expect.stringMatching(/worker-src.*'self' or blob:.*createWorker/));
    expect(heard.died).not.toHaveBeenCalled();
  });

  it('is refused, not hung, where no worker ever speaks', async () => {
    const heard = events();
    spawn(FIRST, heard);
    vi.advanceTimersByTime(30_000);
    await Promise.resolve();
    expect(FakeWorker.made.map(({ terminated }) => terminated)).toEqual([1, 1]);
    expect(heard.refused).toHaveBeenCalledOnce();
  });

  it('names both builds where the only file is of another', async () => {
    const heard = events();
    spawn(FIRST, heard, () => new FakeWorker('stale.js') as unknown as WorkerLike);
    last().say({ kind: 'ready', build: '0123456789abcdef' });
    await Promise.resolve();
    expect(last().terminated).toBe(1);
    expect(heard.ready).not.toHaveBeenCalled();
    expect(heard.refused).toHaveBeenCalledExactlyOnceWith(expect.stringMatching(`0123456789abcdef, where ${workerBuild} .*ERR_WASM_LOAD`));
  });

  it("asks only the user's hook where there is one", async () => {
    const heard = events();
    spawn(FIRST, heard, () => {
      throw new Error('not today');
    });
    await Promise.resolve();
    expect(FakeWorker.made.length).toBe(0);
    expect(heard.refused).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('not today'));
  });
});

describe('a worker that runs', () => {
  it('dies once', () => {
    const heard = events();
    spawn(FIRST, heard);
    last().say(READY);
    last().fail('boom');
    last().fail('again');
    expect(heard.died).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ message: 'boom' }));
    expect(FakeWorker.made.length).toBe(1);
    expect(last().terminated).toBe(1);
  });

  it('has died, and is not started another way, where its failure is heard before its ready', () => {
    const heard = events();
    spawn(FIRST, heard);
    last().fail('boom');
    last().say(READY);
    vi.advanceTimersByTime(50);
    expect(heard.ready).toHaveBeenCalledOnce();
    expect(heard.died).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ message: 'boom' }));
    expect(FakeWorker.made.length).toBe(1);
  });

  it('is not mourned, and not heard, after it was stopped', async () => {
    const heard = events();
    const spawned = spawn(FIRST, heard);
    last().say(READY);
    await spawned.stop();
    last().fail('boom');
    last().say('late');
    expect(heard.died).not.toHaveBeenCalled();
    expect(heard.received).not.toHaveBeenCalled();
    expect(last().terminated).toBe(1);
  });
});
