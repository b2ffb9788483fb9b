/** The four commands as a user runs them: files in, files out, streams apart. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dense, kernelSync, load, relu, serial } from '../../src';
import { readNpy, readNpz, writeNpy, writeNpz } from '../../src/data';
import { fitSync } from '../../src/predict/index';
import { NET, numbers, program, workspace } from './program';

const net = serial(dense(512, { wStd: 1.5, bStd: 0.1 }), relu(), dense(1));
const x = { data: numbers(60 * 5), shape: [60, 5] };
const xt = { data: numbers(20 * 5, 7), shape: [20, 5] };
const label = (row: number, data: Float64Array) => (data[5 * row] + data[5 * row + 1] > 0 ? 1 : 0);
const labels = (data: Float64Array) => Float64Array.from({ length: data.length / 5 }, (_, i) => label(i, data));
let folder: ReturnType<typeof workspace>;

beforeAll(() => {
  folder = workspace({
    'x.npy': x,
    'xt.npy': xt,
    'labels.npy': { data: labels(x.data), shape: [60] },
    'labels-test.npy': { data: labels(xt.data), shape: [20] },
    'values.csv': `${[...x.data].filter((_, i) => i % 5 === 0).join('\n')}\n`,
    'net.json': JSON.stringify(net),
  });
  writeFileSync(folder.at('both.npz'), writeNpz({ train: x, test: xt }));
});
afterAll(() => folder.remove());

describe('kernel', () => {
  test('writes what kernelSync computes, and no more than that; a pipe gets no progress', async () => {
    const { status, stdout, stderr } = await program(
      ['kernel', '--net', NET, '--x1', 'x.npy', '--x2', 'both.npz:test', '--out', 'k.npz'],
      folder.path,
    );
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout.toString()).toMatch(/^k\.npz: nngp \[60, 20\], ntk \[60, 20\], [a-z-]+ build, \d+\.\d\d s\n$/);
    const file = readNpz(readFileSync(folder.at('k.npz')));
    expect(file).toEqual({ ...kernelSync(net, x, xt) });
    expect(readdirSync(folder.path).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test('--out - is one npy on standard output and nothing else', async () => {
    const { status, stdout, stderr } = await program(
      ['kernel', '--net', 'net.json', '--x1', 'x.npy', '--get', 'ntk', '--dtype', 'float32', '--out', '-'],
      folder.path,
    );
    expect([status, stderr]).toEqual([0, '']);
    expect(readNpy(stdout)).toEqual(kernelSync(net, x, { get: 'ntk', dtype: 'float32' }).ntk);
  });
});

describe('regress', () => {
  test('what cannot be predicted or compared is refused before the fit', async () => {
    const ask = async (...args: string[]) => (await program(['regress', '--net', NET, '--train', 'x.npy', ...args], folder.path)).stderr;
    const labels = ['--targets', 'labels.npy', '--save', 'never.iwm', '--test'];
    writeFileSync(folder.at('narrow.npy'), writeNpy({ data: numbers(80), shape: [20, 4] }));
    writeFileSync(folder.at('one-hot.npy'), writeNpy({ data: numbers(120), shape: [60, 2] }));
    expect(await ask(...labels, 'narrow.npy')).toContain('xTest has shape [20, 4] and xTrain [60, 5]');
    expect(await ask(...labels, 'xt.npy', '--test-targets', 'labels.npy')).toContain(
      'the test targets have shape [60] and the predictions [20, 2]',
    );
    const wrong = ['--targets', 'one-hot.npy', '--save', 'never.iwm', '--targets-are'];
    expect(await ask(...wrong, 'labels')).toContain('the targets have shape [60, 2]; labels are one integer per sample, [n]');
    expect(await ask(...wrong, 'one-hot')).toContain('the targets, of shape [60, 2], are not one-hot');
    expect(readdirSync(folder.path).filter((name) => /never|tmp$/.test(name))).toEqual([]);
  });

  test('--save - is the model on standard output and nothing else', async () => {
    const { status, stdout, stderr } = await program(
      ['regress', '--net', NET, '--train', 'x.npy', '--targets', 'labels.npy', '--save', '-'],
      folder.path,
    );
    expect([status, stderr]).toEqual([0, '']);
    expect(load(stdout).diagReg).toBe(1e-3);
  });

  test('fits labels, saves, predicts; the saved model predicts the same to the bit', async () => {
    const fit = ['--net', NET, '--train', 'x.npy', '--targets', 'labels.npy', '--kernel', 'nngp', '--save', 'm.iwm'];
    const first = await program(
      ['regress', ...fit, '--test', 'xt.npy', '--test-targets', 'labels-test.npy', '--out', 'p1.npz', '--covariance', 'diagonal'],
      folder.path,
    );
    expect([first.status, first.stderr]).toEqual([0, '']);
    expect(first.stdout.toString()).toContain('targets: labels of 2 classes, 60 samples');
    const centred = {
      data: labels(x.data).reduce((y, c, i) => y.fill(0.5, 2 * i + c, 2 * i + c + 1), new Float64Array(120).fill(-0.5)),
      shape: [60, 2],
    };
    const { mean, covariance } = fitSync(net, x, centred, { kernel: 'nngp', diagReg: 1e-3 }).predictSync(xt, { covariance: 'diagonal' });
    const p1 = readNpz(readFileSync(folder.at('p1.npz')));
    expect(p1.mean).toEqual(mean);
    expect(p1.covariance).toEqual(covariance);
    const hits = [...p1.labels.data].filter((c, i) => c === label(i, xt.data)).length;
    expect(first.stdout.toString()).toContain(`accuracy: ${(5 * hits).toFixed(2)} % of 20 (targets: labels)`);

    const second = await program(
      ['regress', '--model', 'm.iwm', '--test', 'both.npz:test', '--test-targets', 'labels-test.npy', '--out', 'p2.npz', '--json'],
      folder.path,
    );
    expect([second.status, second.stderr]).toEqual([0, '']);
    expect(JSON.parse(second.stdout.toString())).toMatchObject({
      targets: 'labels',
      accuracy: hits / 20,
      predictions: { mean: [20, 2], labels: [20] },
    });
    expect(readNpz(readFileSync(folder.at('p2.npz'))).mean).toEqual(mean);
  });

  test('values from text: mse, no accuracy', async () => {
    const { status, stdout } = await program(
      ['regress', '--net', NET, '--train', 'x.npy', '--targets', 'values.csv', '--test', 'x.npy', '--test-targets', 'values.csv', '--json'],
      folder.path,
    );
    expect(status).toBe(0);
    const result = JSON.parse(stdout.toString());
    expect(result).toMatchObject({ kernel: 'ntk', diagReg: 1e-3, targets: 'values' });
    expect(result.mse).toBeGreaterThan(0);
    expect(result.mse).toBeLessThan(1e-3);
    expect(result).not.toHaveProperty('accuracy');
  });
});

test('regress takes the regularizer with the least leave-one-out error of several', async () => {
  const args = ['regress', '--net', NET, '--train', 'x.npy', '--targets', 'values.csv', '--diag-reg', '1e-8,1e-4,10', '--save', 's.iwm'];
  const [json, text] = [await program([...args, '--json'], folder.path), await program(args, folder.path)];
  expect([json.status, json.stderr, text.status, text.stderr]).toEqual([0, '', 0, '']);
  const { sweep, diagReg } = JSON.parse(json.stdout.toString());
  const errors = sweep.map((point: { leaveOneOut: { meanSquaredError: number } }) => point.leaveOneOut.meanSquaredError);
  expect(sweep.map((point: { diagReg: number }) => point.diagReg)).toEqual([1e-8, 1e-4, 10]);
  expect(diagReg).toBe([1e-8, 1e-4, 10][errors.indexOf(Math.min(...errors))]);
  expect(text.stdout.toString()).toMatch(/diagReg 10: leave-one-out mse \S+, log evidence \S+, degrees of freedom \S+\n/);
  expect(text.stdout.toString()).toContain(`fit: ntk, diagReg ${diagReg}, float64`);
});

test('explain --json is one document with the numbers of the text', async () => {
  const args = ['explain', '--net', NET, '--shape', '1000,784'];
  const [json, text] = await Promise.all([program([...args, '--json'], folder.path), program(args, folder.path)]);
  const explanation = JSON.parse(json.stdout.toString());
  expect([json.status, json.stderr, text.status, text.stderr]).toEqual([0, '', 0, '']);
  expect(explanation).toMatchObject({ pairs: 500500, features: 784, resultBytes: 16e6, outputShape: [1000, 1] });
  expect(text.stdout.toString()).toContain(`${explanation.flopsPerPair} per pair`);
});

test('doctor passes its own test and says which builds start', async () => {
  const { status, stdout, stderr } = await program(['doctor', '--json'], folder.path);
  expect([status, stderr]).toEqual([0, '']);
  const { ok, builds, checks, speeds } = JSON.parse(stdout.toString());
  expect(ok).toBe(true);
  expect(builds.map(({ name }: { name: string }) => name)).toEqual(['wasm relaxed-simd', 'wasm simd', 'js', 'webgpu']);
  for (const { available, reason } of builds) expect(available).toBe(reason === '');
  expect(checks.length).toBeGreaterThanOrEqual(12);
  for (const { value } of speeds) expect(value).toBeGreaterThan(0);
});

describe('exit status of the process', () => {
  test('1 for a failure: its code and one line on standard error, a document with --json, no output file', async () => {
    const { status, stdout, stderr } = await program(
      ['kernel', '--net', 'relu', '--x1', 'x.npy', '--out', 'never.npz', '--json'],
      folder.path,
    );
    expect(status).toBe(1);
    expect(stderr).toMatch(/^infinite-width: ERR_NOT_GAUSSIAN: relu at 0 [^\n]*\n$/);
    expect(JSON.parse(stdout.toString()).error).toMatchObject({ code: 'ERR_NOT_GAUSSIAN', details: { kind: 'relu' } });
    expect(existsSync(folder.at('never.npz'))).toBe(false);
    expect(readdirSync(folder.path).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test('2 for wrong usage', async () => {
    const { status, stdout, stderr } = await program(['kernel', '--ned', NET], folder.path);
    expect([status, stdout.length]).toEqual([2, 0]);
    expect(stderr).toBe('infinite-width: ERR_USAGE: unknown option "--ned"; did you mean --net?; see infinite-width kernel --help\n');
  });
});
