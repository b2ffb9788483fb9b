/** The textbook ReLU transform (assembly.ts), compiled when a benchmark needs it and run on one tile. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ANGLE } from '../../src/duals/angle';
import { DOUBLE } from '../../src/duals/coefficients';
import { dtypeOf, type NDArray, type TypedArray } from '../../src/ndarray';
import { array } from '../data';
import { W_STD } from '../networks';
import type { Tile } from '../tiles';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** The flags of asconfig.json. */
const FLAGS =
  '--config none --runtime stub --use abort= -O3 --converge --noAssert --disableWarning 112 --disableWarning 235 --enable simd'.split(' ');

/** arccos(1 − d)/√d on [0, 1]: degree 6 by interpolation (relative error 1.3e-7), degree 17 (1.3e-16). */
const SINGLE: readonly number[] = [
  1.4142136760660085, 0.11784003715346343, 0.026690007692690046, 0.006896729245916263, 0.005314285548755105, -0.002366265832253554,
  0.0022076559955532217,
];
/** Places of the polynomial in the table; 1 and π follow. */
const DEGREES = 18;

/** Compiles assembly.ts for a build of the core. */
export function compileTextbook(build: 'simd' | 'relaxed-simd'): WebAssembly.Module {
  const out = `build/textbook-${build}.wasm`;
  const relaxed = build === 'simd' ? [] : ['--enable', 'relaxed-simd'];
  mkdirSync(`${ROOT}build`, { recursive: true });
  execFileSync(
    process.execPath,
    [`${ROOT}node_modules/assemblyscript/bin/asc.js`, 'bench/textbook/assembly.ts', '-o', out, ...FLAGS, ...relaxed],
    {
      cwd: ROOT,
      stdio: 'inherit',
    },
  );
  return new WebAssembly.Module(readFileSync(`${ROOT}${out}`));
}

interface TextbookExports {
  readonly memory: WebAssembly.Memory;
  readonly __heap_base: WebAssembly.Global;
  table(): number;
  tile_f32: TileFunction;
  tile_f64: TileFunction;
}
type TileFunction = (
  rows: number,
  cols: number,
  layers: number,
  start: number,
  k: number,
  t: number,
  rowTables: number,
  colTables: number,
  weight: number,
  bias2: number,
) => void;

/**
 * The tile of deepNetwork(relu(), layers, bStd) between x1 [m, features] and x2 [n, features], n a multiple of 16. No pair may have
 * a negative correlation.
 */
export function openTextbookTile(module: WebAssembly.Module, layers: number, bStd: number | undefined, x1: NDArray, x2: NDArray): Tile {
  const dtype = dtypeOf(x1.data);
  const exports = new WebAssembly.Instance(module, {}).exports as unknown as TextbookExports;
  const size = x1.data.BYTES_PER_ELEMENT;
  const [rows, cols] = [x1.shape[0], x2.shape[0]];
  const bias2 = (bStd ?? 0) ** 2;
  const lengths = [rows * cols, rows * cols, rows * cols, 2 * layers * rows, 2 * layers * cols];
  let end = Math.ceil((exports.__heap_base.value as number) / 64) * 64;
  const pointers = lengths.map((length) => {
    const pointer = end;
    end += Math.ceil((length * size) / 64) * 64;
    return pointer;
  });
  exports.memory.grow(Math.max(0, Math.ceil((end - exports.memory.buffer.byteLength) / 65536)));
  const { buffer } = exports.memory;
  const view = (pointer: number, length: number): TypedArray =>
    size === 4 ? new Float32Array(buffer, pointer, length) : new Float64Array(buffer, pointer, length);
  fillConstants(view(exports.table(), (16 / size) * 32), size);
  const [start, k, t, rowTables, colTables] = pointers;
  view(start, lengths[0]).set(firstCovariance(x1, x2, bias2));
  view(rowTables, lengths[3]).set(radiusTables(x1, layers, bias2));
  view(colTables, lengths[4]).set(radiusTables(x2, layers, bias2));
  const run = dtype === 'float32' ? exports.tile_f32 : exports.tile_f64;
  return {
    compute: () => run(rows, cols, layers, start, k, t, rowTables, colTables, W_STD ** 2 / (2 * Math.PI), bias2),
    read: (field) => view(field === 'nngp' ? k : t, rows * cols).slice(),
    close: () => {},
  };
}

function fillConstants(table: TypedArray, size: number): void {
  const lanes = 16 / size;
  const polynomial = size === 4 ? SINGLE : DOUBLE.slice(ANGLE, ANGLE + DEGREES);
  polynomial.forEach((value, i) => void table.fill(value, i * lanes, (i + 1) * lanes));
  [1, Math.PI].forEach((value, i) => void table.fill(value, (DEGREES + i) * lanes, (DEGREES + i + 1) * lanes));
}

/** w²/N x·y + b² */
function firstCovariance(x1: NDArray, x2: NDArray, bias2: number): TypedArray {
  const [rows, features] = x1.shape;
  const cols = x2.shape[0];
  const k = array(dtypeOf(x1.data), rows * cols);
  for (let i = 0; i < rows; i++) for (let j = 0; j < cols; j++) k[i * cols + j] = (W_STD ** 2 / features) * dot(x1, i, x2, j) + bias2;
  return k;
}

/** 1/r and r of every row, layer by layer: q ← w² q/2 + b². */
function radiusTables(x: NDArray, layers: number, bias2: number): TypedArray {
  const [rows, features] = x.shape;
  const tables = array(dtypeOf(x.data), 2 * layers * rows);
  for (let i = 0; i < rows; i++) {
    let q = (W_STD ** 2 / features) * dot(x, i, x, i) + bias2;
    for (let layer = 0; layer < layers; layer++) {
      tables[2 * layer * rows + i] = 1 / Math.sqrt(q);
      tables[(2 * layer + 1) * rows + i] = Math.sqrt(q);
      q = (W_STD ** 2 / 2) * q + bias2;
    }
  }
  return tables;
}

function dot(x: NDArray, i: number, y: NDArray, j: number): number {
  const features = x.shape[1];
  let sum = 0;
  for (let f = 0; f < features; f++) sum += x.data[i * features + f] * y.data[j * features + f];
  return sum;
}
