/** The main job on a few hundred digits, as a process, against the built package. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { accuracy, CLASSES, loadDigits, PIXELS } from '../../examples/digits/data';
import { checkWellFormed, polylines } from '../plot/svg';

const main = fileURLToPath(new URL('../../examples/digits/main.ts', import.meta.url));
const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

test('the main job beats its linear baseline, prints everything and draws the curve', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'infinite-width-'));
  const out = join(folder, 'deep', 'curve.svg');
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--import', tsx, main, '--quick', '--out', out]);
  const svg = readFileSync(out, 'utf8');
  expect(readdirSync(join(folder, 'deep'))).toEqual(['curve.svg']);
  rmSync(folder, { recursive: true });

  expect(stderr).toBe('');
  const percent = (name: string) => Number(new RegExp(`^  ${name} +([\\d.]+) % ±`, 'm').exec(stdout)?.[1]);
  // 300 training digits: chance is 10 %, both kernels reach about 90 % and the pixels about 83 %, ± 2.5 on 200 test digits.
  for (const name of ['NNGP', 'NTK']) expect(percent(name)).toBeGreaterThan(82);
  expect(percent('linear')).toBeGreaterThan(70);
  expect(percent('NNGP')).toBeGreaterThan(percent('linear'));
  for (const line of [
    /kernel +[\d.]+ s +[\d.]+ GFLOP\/s/,
    /factorise +[\d.]+ s/,
    /predict +[\d.]+ s/,
    /load +[\d.]+ s/,
    /peak memory [\d.]+ GiB/,
    /engine +(wasm|js) backend/,
  ])
    expect(stdout).toMatch(line);
  checkWellFormed(svg);
  expect(polylines(svg).map((line) => line.length)).toEqual([3, 3, 3]);
});

describe('the split', () => {
  const { train, test: held } = loadDigits(200, 100, 1);

  test('is stratified, seeded, and shares no digit', () => {
    const rows = ({ x }: typeof train) =>
      Array.from({ length: x.shape[0] }, (_, i) => x.data.subarray(i * PIXELS, (i + 1) * PIXELS).join());
    for (let digit = 0; digit < CLASSES; digit++) {
      expect(train.labels.filter((label) => label === digit)).toHaveLength(20);
      expect(train.labels.subarray(0, 50).filter((label) => label === digit)).toHaveLength(5);
      expect(held.labels.filter((label) => label === digit)).toHaveLength(10);
    }
    const seen = new Set(rows(train));
    expect(rows(held).some((row) => seen.has(row))).toBe(false);
    expect(loadDigits(200, 100, 1).train.x.data).toEqual(train.x.data);
    expect(loadDigits(200, 100, 2).train.x.data).not.toEqual(train.x.data);
  });

  test('targets score as what they are, and too many digits are refused', () => {
    expect(accuracy(held.y, held.labels)).toBe(1);
    expect(() => loadDigits(9000, 1000, 1)).toThrow(RangeError);
  });
});
