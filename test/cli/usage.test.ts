/** Wrong command lines, wrong networks, wrong files: the status, and a message that says what to do. */
import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dense, erf, leakyRelu, relu, serial } from '../../src';
import { editDistance } from '../../src/cli/arguments';
import { openOutput } from '../../src/cli/files';
import { readNetwork } from '../../src/cli/network';
import { writeNpz } from '../../src/data';
import { NET, numbers, runHere, workspace } from './program';

let folder: ReturnType<typeof workspace>;
let x: string;
beforeAll(() => {
  folder = workspace({ 'x.npy': { data: numbers(40), shape: [10, 4] }, 'bad.npy': 'not an array', 'bad.json': '{"kind":"dens"}' });
  x = folder.at('x.npy');
  mkdirSync(folder.at('folder.npz'));
});
afterAll(() => folder.remove());

const kernelArgs = (...more: string[]) => ['kernel', '--net', NET, '--x1', x, ...more];

describe('wrong usage ends with 2', () => {
  test.each([
    [[], 'a command is needed'],
    [['kernal'], 'did you mean kernel?'],
    [['kernel', 'x.npy'], 'unexpected argument "x.npy"'],
    [['kernel', '--net'], '--net needs a value'],
    [['kernel', '--net', '--x1', 'a'], '--net needs a value'],
    [['kernel', '--net', NET, '--net', NET], '--net is given twice'],
    [['kernel', '--net', NET], '--x1 is needed'],
    [['kernel', '--jsn'], 'did you mean --json?'],
    [['kernel', '--zzzzzzzz'], 'unknown option "--zzzzzzzz"; see'],
    [['kernel', '--json=yes', '--net', NET], '--json takes no value'],
    [['kernel', '--net', NET, '--x1', 'a', '--out', 'k.csv'], '--out is a .npz or .npy file or -'],
    [['kernel', '--net', NET, '--x1', 'a', '--out', 'k.npy'], 'use --get nngp'],
    [['kernel', '--net', NET, '--x1', 'a', '--out', 'k.npz', '--get', 'ntk,ntk'], '--get takes nngp, ntk, cov1 or cov2, each once'],
    [['kernel', '--net', NET, '--x1', 'a', '--out', 'k.npz', '--get', 'cov2'], 'needs --x2'],
    [['kernel', '--net', NET, '--x1', 'a', '--out', 'k.npz', '--dtype', 'float16'], '--dtype is float32 or float64'],
    [['kernel', '--net', NET, '--x1', 'a', '--out', '-', '--json'], 'both want standard output'],
    [['regress', '--net', NET, '--train', 'a', '--targets', 'b'], 'nothing to do'],
    [['regress', '--net', NET, '--targets', 'b'], '--train is needed'],
    [['regress', '--model', 'm', '--net', NET, '--test', 't'], 'takes no --net'],
    [['regress', '--model', 'm'], '--model needs --test'],
    [
      ['regress', '--net', NET, '--train', 'a', '--targets', 'b', '--test', 'c', '--diag-reg', '-1'],
      '--diag-reg is a number of at least 0, or several with commas between; got "-1"',
    ],
    [['regress', '--net', NET, '--train', 'a', '--targets', 'b', '--test', 'c', '--covariance', 'diagonal'], '--covariance needs --out'],
    [['regress', '--net', NET, '--train', 'a', '--targets', 'b', '--save', '-', '--json'], '--json and --save - both want standard output'],
    [
      ['regress', '--net', NET, '--train', 'a', '--targets', 'b', '--test', 'c', '--save', 'm.npz', '--out', 'm.npz'],
      '--out and --save both name m.npz',
    ],
    [['explain', '--net', NET, '--shape', '10,0'], '--shape is positive integers'],
    [['explain', '--net', NET, '--shape', '99999999999999999999,5'], '--shape is positive integers'],
  ] as [string[], string][])('%j', async (args, message) => {
    const { status, stdout, stderr } = await runHere(args);
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/^infinite-width: ERR_USAGE: [^\n]+--help\n$/);
    expect(status).toBe(2);
    if (args.includes('--json')) expect(JSON.parse(stdout.toString()).error.code).toBe('ERR_USAGE');
    else expect(stdout.length).toBe(0);
  });
});

describe('failures end with 1 and their code', () => {
  test.each([
    ['ENOENT', () => ['kernel', '--net', NET, '--x1', folder.at('nothing.npy'), '--out', folder.at('k.npz')]],
    ['ERR_FORMAT', () => ['kernel', '--net', NET, '--x1', folder.at('bad.npy'), '--out', folder.at('k.npz')]],
    ['ENOENT', () => kernelArgs('--out', folder.at('no/such/folder/k.npz'))],
    ['EISDIR', () => kernelArgs('--out', folder.at('folder.npz'))],
    ['ERR_ARGUMENT', () => ['kernel', '--net', folder.at('bad.json'), '--x1', x, '--out', folder.at('k.npz')]],
    ['ERR_ARGUMENT', () => ['explain', '--net', 'dense 512 -1', '--shape', '3,4']],
    ['ERR_NOT_GAUSSIAN', () => ['explain', '--net', 'dense 5; relu; relu', '--shape', '3,4']],
    ['ERR_SHAPE', () => ['explain', '--net', NET, '--shape', '3']],
    ['ERR_WASM_LOAD', () => kernelArgs('--out', folder.at('k.npz'), '--backend', 'wasm', '--build', 'relaxed-simd')],
  ] as [string, () => string[]][])('%s', async (code, args) => {
    // Runtimes with relaxed SIMD load that build; the others must say why not.
    const { status, stdout, stderr } = await runHere([...args(), '--json']);
    if (code === 'ERR_WASM_LOAD' && status === 0) return expect(JSON.parse(stdout.toString()).build).toBe('relaxed-simd');
    expect(stderr).toMatch(new RegExp(`^infinite-width: ${code}: [^\\n]+\\n$`));
    expect(JSON.parse(stdout.toString()).error.code).toBe(code);
    expect(status).toBe(1);
    expect(readdirSync(folder.path).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});

test('help of the program and of every command goes to standard output, with an example of each', async () => {
  for (const args of [
    ['--help'],
    ['help'],
    ['kernel', '--help'],
    ['regress', '--help'],
    ['explain', '-h'],
    ['doctor', '--help', '--nonsense'],
  ]) {
    const { status, stdout, stderr } = await runHere(args);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout.toString()).toMatch(/Usage:[\s\S]*Examples:\n {2}infinite-width /);
  }
  expect((await runHere(['--version'])).stdout.toString()).toBe('0.0.0-test\n');
});

describe('networks', () => {
  test('the short form makes the layers it names', () => {
    expect(readNetwork(' dense 512 1.5 0.1 ;relu; denseStandard 3 1e0 0; erf 2; dense 1; leakyRelu .1; dense 1;')).toEqual(
      serial(
        dense(512, { wStd: 1.5, bStd: 0.1 }),
        relu(),
        dense(3, { bStd: 0, parameterization: 'standard' }),
        erf({ a: 2 }),
        dense(1),
        leakyRelu(0.1),
        dense(1),
      ),
    );
    expect(readNetwork(JSON.stringify(serial(dense(2))))).toEqual(serial(dense(2)));
  });

  test.each([
    ['dens 5', 'did you mean dense?'],
    ['dense', 'dense takes width, wStd, bStd (at least 1)'],
    ['dense 1 2 3 4', 'dense takes width'],
    ['dense 0x10', '"0x10" is not a number'],
    ['dense 5;; relu', 'layer 1 is empty'],
    ['relu 3', 'relu takes no numbers'],
    ['', 'layer 0 is empty'],
    ['constructor', 'unknown layer'],
  ])('%j is refused', (text, message) => {
    expect(() => readNetwork(text)).toThrowError(message);
  });
});

test('outputs appear whole or not at all', () => {
  const io = { stdout: { write() {} }, stderr: { write() {} }, env: {} };
  const path = folder.at('whole.bin');
  writeFileSync(path, 'before');
  const first = openOutput(path, io);
  expect(readFileSync(path, 'utf8')).toBe('before');
  first.discard();
  expect(readFileSync(path, 'utf8')).toBe('before');
  const second = openOutput(path, io);
  second.commit(new TextEncoder().encode('after'));
  second.discard();
  expect(readFileSync(path, 'utf8')).toBe('after');
  expect(readdirSync(folder.path).filter((name) => name.endsWith('.tmp'))).toEqual([]);
});

test('what a link leads to is replaced, not the link; a pipe is written as it is', async () => {
  const io = { stdout: { write() {} }, stderr: { write() {} }, env: {} };
  writeFileSync(folder.at('target.bin'), 'before');
  symlinkSync('target.bin', folder.at('link.bin'));
  openOutput(folder.at('link.bin'), io).commit(new TextEncoder().encode('after'));
  expect(lstatSync(folder.at('link.bin')).isSymbolicLink()).toBe(true);
  expect(readFileSync(folder.at('target.bin'), 'utf8')).toBe('after');
  execFileSync('mkfifo', [folder.at('pipe')]);
  const reader = readFile(folder.at('pipe'), 'utf8');
  openOutput(folder.at('pipe'), io).commit(new TextEncoder().encode('through'));
  expect(await reader).toBe('through');
  expect(statSync(folder.at('pipe')).isFIFO()).toBe(true);
});

test('messages name the file as it was given, and what can be typed', async () => {
  writeFileSync(folder.at('ragged.csv'), '1,2\n3\n');
  writeFileSync(folder.at('two.npz'), writeNpz({ a: [[1]], b: [[2]] }));
  for (const [name, message] of [
    ['ragged.csv', 'csv, line 2, column 2: expected 2 fields'],
    ['two.npz', 'FILE.npz:name'],
  ]) {
    const { status, stderr, stdout } = await runHere([
      'kernel',
      '--net',
      NET,
      '--x1',
      folder.at(name),
      '--out',
      folder.at('k.npz'),
      '--json',
    ]);
    expect(status).toBe(1);
    expect(stderr).toContain(`cannot read ${folder.at(name)}: `);
    expect(stderr).toContain(message);
    expect(JSON.parse(stdout.toString()).error.details.path).toBe(folder.at(name));
  }
});

test('edit distance counts insertions, deletions, substitutions and swaps', () => {
  expect([
    editDistance('kernel', 'kernel'),
    editDistance('kernle', 'kernel'),
    editDistance('kern', 'kernel'),
    editDistance('', 'abc'),
  ]).toEqual([0, 1, 2, 3]);
});
