/** The state of a divide and conquer of a symmetric tridiagonal matrix: its matrices, vectors and lists, and how far it is (stedc.ts, laed1.ts). */
import { bytes } from './micro';
import { get, place } from './real';

/** Eigenvectors of a secular equation that are multiplied at once. */
export const SECULAR_ROWS: i32 = 192;

/** Matrices have rows of `ld` elements; vectors n doubles, lists n integers. */
@unmanaged
export class Division {
  q: usize;
  /** As large as Q. */
  copy: usize;
  /** SECULAR_ROWS rows. */
  panel: usize;
  ld: i32;
  /** Bytes of an element of the matrices. */
  size: i32;
  d: usize;
  e: usize;
  z: usize;
  /** What takes part in the secular equation, ascending: dᵢ, zᵢ² and then zᵢ. */
  poles: usize;
  weights: usize;
  /** Offsets of the roots. */
  offsets: usize;
  /** Poles and weights in the order of the rows of `copy`. */
  rowPoles: usize;
  rowWeights: usize;
  row: usize;
  /** LEAF × LEAF doubles. */
  leaf: usize;
  /** Rows of a solved block by ascending eigenvalue, counted from the block's first. */
  order: usize;
  /** The same for both halves together. */
  merged: usize;
  /** Rows: those that take part, ascending, then the others. */
  picked: usize;
  kinds: usize;
  origins: usize;
  places: usize;
  slope: usize;
  work: usize;
  /** Of the block that is being merged: its place, what takes part, and secular rows that are done; −1 before the equation is solved. */
  first: i32;
  count: i32;
  k: i32;
  lefts: i32;
  boths: i32;
  secularRows: i32;
  /** Halvings above the blocks that are solved in one piece; blocks of `level` before `block` are solved. */
  levels: i32;
  level: i32;
  block: i32;
}

@inline
export function cell(job: Division, base: usize, i: i32, j: i32): usize {
  return place(base, job.ld, job.size, i, j);
}
@inline
export function item(base: usize, i: i32): i32 {
  return load<i32>(base + bytes<i32>(i));
}
@inline
export function put(base: usize, i: i32, value: i32): void {
  store<i32>(base + bytes<i32>(i), value);
}

/** Sorts the items begin … end − 1 of a list by the value they stand for; it is nearly sorted where it is long. */
export function sortByValue(list: usize, begin: i32, end: i32, values: usize): void {
  for (let i = begin + 1; i < end; i++) {
    const moved = item(list, i);
    const value = get(values, moved);
    let j = i;
    for (; j > begin && get(values, item(list, j - 1)) > value; j--) put(list, j, item(list, j - 1));
    put(list, j, moved);
  }
}
