/** What finite networks ask of a backend beside linear algebra: random numbers, activations, and weights that never leave its memory. */
import type { Seed } from '../finite/random';
import type { Stream } from '../finite/random/stream';
import type { LinearAlgebra, Transpose } from '../linalg/contract';
import type { DType, TypedArray } from '../ndarray';
import type { Backend } from './backend';
import { createJsRoutines } from './js-finite';
import { bringFinite } from './parts';
import { createJsUnits, type Units } from './units';
import { createWasmRoutines } from './wasm-finite';
import { createWasmUnits } from './wasm-units';

/** An activation by its code and parameters (src/pointwise.ts). */
export interface Pointwise {
  readonly code: number;
  /** a, b, c, or a polynomial's number of coefficients and then they. */
  readonly value: readonly number[];
  readonly slope: readonly number[];
}

/** W, rows × columns. */
export interface WeightMatrix {
  readonly rows: number;
  readonly columns: number;
  /**
   * c = alpha · a · W with a m × rows and c m × columns; of Wᵀ the other way round. `period`, a divisor of m, is a hint for Wᵀ: rows of a that
   * are so far apart have zeros in the same places, if any.
   */
  multiply(trans: Transpose, m: number, alpha: number, a: TypedArray, c: TypedArray, period?: number): void;
  /** Rows of one matrix of the stack that was drawn, and of its columns one of the groups. */
  part(row: number, rows: number, group: number, groups: number): WeightMatrix;
}

/** A matrix to draw: std times standard normals `from`, `from` + 1, … of a stream, row by row. */
export interface Drawing {
  readonly stream: Stream;
  readonly from: number;
  readonly rows: number;
  readonly columns: number;
  readonly std: number;
  /** Matrices one below the other, and groups of columns side by side: where there are several, parts are multiplied. */
  readonly stack: number;
  readonly groups: number;
  /** It is expected to be multiplied once, from the left, and need not be kept: it may be drawn again where it is read again. */
  readonly once: boolean;
}

/** Weights of one network, drawn in the memory in which they are multiplied. */
export interface Arena {
  /** The matrix lives until `clear`. @throws ERR_OUT_OF_MEMORY */
  draw(drawing: Drawing): WeightMatrix;
  clear(): void;
  close(): void;
}

export interface FiniteRoutines {
  readonly linalg: LinearAlgebra;
  /** As `normals` of src/finite/random, to the bit. */
  normals(stream: Stream, from: number, count: number, dtype: DType): TypedArray;
  /** out = φ(x), or φ'(x) if `slope`; arrays of one dtype and length. */
  pointwise(operation: Pointwise, slope: boolean, x: TypedArray, out: TypedArray): void;
  openArena(dtype: DType): Arena;
}

export type FiniteBackend = Pick<Backend, 'linalg' | 'cores'>;

export function routinesOf({ linalg, cores }: FiniteBackend): FiniteRoutines {
  bringFinite();
  return cores ? createWasmRoutines(linalg, cores.part('finite')) : createJsRoutines(linalg);
}

/** Opens a workspace of `doubles` for finite networks without weights, with the random numbers of `seed`. @throws ERR_OUT_OF_MEMORY */
export function openUnits({ cores }: Pick<FiniteBackend, 'cores'>, doubles: number, seed: Seed): Units {
  bringFinite();
  return cores ? createWasmUnits(cores.part('finite'), doubles, seed) : createJsUnits(doubles, seed);
}
