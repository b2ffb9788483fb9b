import { describe, expect, test } from 'vitest';
import { createProgress, showSeconds } from '../../src/cli/progress';
import { NET, numbers, runHere, workspace } from './program';

/** A terminal that remembers, and a clock that stands still until it is told. */
function terminal(isTTY: boolean, env: Record<string, string> = {}) {
  const chunks: string[] = [];
  const clock = { now: 0 };
  const stderr = { isTTY, columns: 80, write: (chunk: string) => chunks.push(chunk) };
  return { chunks, clock, progress: createProgress({ stderr, env }, () => clock.now) };
}

describe('progress', () => {
  test('shows the fraction, the throughput and the time left', () => {
    const { chunks, clock, progress } = terminal(true, { NO_COLOR: '1' });
    progress.report({ phase: 'kernel', done: 0, total: 4e6 });
    clock.now = 2000;
    progress.report({ phase: 'kernel', done: 1e6, total: 4e6 });
    expect(chunks[1]).toBe('\r\x1b[2Kkernel [######------------------]  25 %  500 k/s  ETA 6 s');
  });

  test('draws at most ten times a second, and always the end', () => {
    const { chunks, clock, progress } = terminal(true);
    for (; clock.now < 1000; clock.now++) progress.report({ phase: 'kernel', done: clock.now, total: 1000 });
    expect(chunks.length).toBe(10);
    progress.report({ phase: 'kernel', done: 1000, total: 1000 });
    expect(chunks.length).toBe(11);
    progress.clear();
    progress.clear();
    expect(chunks.slice(11)).toEqual(['\r\x1b[2K']);
  });

  test('colours only where NO_COLOR is not set, says nothing where there is no terminal', () => {
    const write = ({ chunks, progress }: ReturnType<typeof terminal>) => {
      progress.report({ phase: 'kernel', done: 1, total: 2 });
      return chunks.join('');
    };
    expect(write(terminal(true))).toContain('\x1b[36m');
    expect(write(terminal(true, { NO_COLOR: '1' }))).not.toContain('\x1b[36m');
    expect(write(terminal(false))).toBe('');
    expect(write(terminal(true, { TERM: 'dumb' }))).toBe('');
  });

  test('a command reports on a terminal and leaves a clean line', async () => {
    const folder = workspace({ 'x.npy': { data: numbers(400), shape: [100, 4] } });
    const args = ['kernel', '--net', NET, '--x1', folder.at('x.npy'), '--out', folder.at('k.npz')];
    const { status, stderr } = await runHere(args, { isTTY: true, env: { NO_COLOR: '1' } });
    folder.remove();
    expect(status).toBe(0);
    expect(stderr).toContain('100 %');
    expect(stderr.endsWith('\r\x1b[2K')).toBe(true);
  });
});

test('durations are written as people say them', () => {
  expect([4.4, 125, 4330].map(showSeconds)).toEqual(['4 s', '2 min 5 s', '1 h 12 min']);
});
