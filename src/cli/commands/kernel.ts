import { writeNpy, writeNpz } from '../../data/index';
import { type NDArray, showShape } from '../../ndarray';
import { choices, optional, required } from '../arguments';
import type { Command, CommandContext } from '../command';
import { dtypeOption, ENGINE_OPTIONS, engineOf } from '../engine-options';
import { UsageError } from '../errors';
import { openOutput, readInput } from '../files';
import { readNetwork, SHORT_FORM_HELP } from '../network';

const FIELDS = ['nngp', 'ntk', 'cov1', 'cov2'] as const;
type Field = (typeof FIELDS)[number];

/** Kernel matrices of a network between the rows of one or two files. */
export const kernelCommand: Command = {
  name: 'kernel',
  summary: 'kernel matrices (NNGP, NTK) between the samples of one or two files',
  usage: ['infinite-width kernel --net NET --x1 FILE [--x2 FILE] --out FILE [options]'],
  options: [
    { name: 'net', value: 'NET', description: 'the network (below)' },
    { name: 'x1', value: 'FILE', description: 'samples, [n1, features]: npy, npz (FILE.npz:name), csv, idx, gzipped or not' },
    { name: 'x2', value: 'FILE', description: 'more samples; without it x1 against itself, half the work' },
    { name: 'get', value: 'LIST', description: `what to compute, of ${FIELDS.join(',')} (default: nngp,ntk)` },
    { name: 'out', value: 'FILE', output: true, description: '.npz, or .npy for a single array; - is standard output' },
    ...ENGINE_OPTIONS,
  ],
  examples: [
    'infinite-width kernel --net "dense 512 1.4142 0.1; relu; dense 1" --x1 train.npy --out k.npz',
    'infinite-width kernel --net net.json --x1 test.csv --x2 data.npz:train --get ntk --out k.npy',
  ],
  notes: SHORT_FORM_HELP,
  run,
};

async function run({ io, options, signal, progress, print }: CommandContext) {
  const net = readNetwork(required(options, 'net'));
  const [spec1, spec2, path] = [required(options, 'x1'), optional(options, 'x2'), required(options, 'out')];
  const get = choices<Field>(options, 'get', FIELDS) ?? ['nngp', 'ntk'];
  checkOutput(path, get);
  if (get.includes('cov2') && spec2 === undefined) throw new UsageError('--get cov2 needs --x2; without it the variances are cov1');
  const engine = await engineOf(options);
  const dtype = dtypeOption(options);
  const x1 = readInput(spec1);
  const x2 = spec2 === undefined ? null : readInput(spec2);
  const output = openOutput(path, io);
  try {
    const start = performance.now();
    const result = await engine.kernel(net, x1, x2, { get, dtype, signal, onProgress: progress.report });
    const seconds = (performance.now() - start) / 1000;
    const arrays = Object.fromEntries(get.map((field) => [field, result[field] as NDArray]));
    output.commit(encode(path, arrays));
    const shapes = Object.fromEntries(get.map((field) => [field, arrays[field].shape]));
    const build = engine.capabilities.build.used;
    const shown = get.map((field) => `${field} ${showShape(shapes[field])}`).join(', ');
    print(`${path}: ${shown}, ${build} build, ${seconds.toFixed(2)} s`);
    return { json: { out: path, shapes, seconds, build } };
  } finally {
    output.discard();
  }
}

/** @throws UsageError for a name that says no format, or a format that cannot hold the arrays */
function checkOutput(path: string, get: readonly Field[]): void {
  if (path === '-') return;
  if (/\.npy$/i.test(path)) {
    if (get.length > 1) throw new UsageError(`an npy file holds one array; use --get ${get[0]} or name the output .npz`);
  } else if (!/\.npz$/i.test(path)) throw new UsageError(`--out is a .npz or .npy file or -, got "${path}"`);
}

function encode(path: string, arrays: Readonly<Record<string, NDArray>>): Uint8Array {
  const all = Object.values(arrays);
  return all.length === 1 && !/\.npz$/i.test(path) ? writeNpy(all[0]) : writeNpz(arrays, { compress: false });
}
