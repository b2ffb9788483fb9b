/**
 * How the tables of TABULATED (opcodes.ts) lie in memory, for assembly/tabulated.ts and those who write them. A cell of
 * duals/numerical/blocks.ts is its HEAD, then the coefficients [TERMS of q1, TERMS of q2, WIDTH] of a polynomial: CHORDS of the chord, then
 * what holds at ρ = ±1. At a row's own q1 it is a slice: the head, then [TERMS of q2, WIDTH].
 */

/** shift, scale, pole and scale − shift·pole of the cell's map from chords to [−1, 1]. */
export const HEAD: i32 = 4;

/** Powers of the place in the octave of q1, and of that of q2. */
export const TERMS: i32 = 9;
/** Powers of the place in the cell, and with the end an even number. */
export const CHORDS: i32 = 12;
export const WIDTH: i32 = 14;
/** Numbers of a slice and of a cell. */
export const SLICE: i32 = 130;
export const CELL: i32 = 1138;

/** The same in single precision. */
export const SINGLE_TERMS: i32 = 6;
export const SINGLE_CHORDS: i32 = 7;
export const SINGLE_WIDTH: i32 = 8;
export const SINGLE_SLICE: i32 = 52;
export const SINGLE_CELL: i32 = 292;

/**
 * An atlas: two words, the most cells of a block and the slices that a row may need; from ATLAS_HEAD on, for each octave of q1, the byte
 * where its directory begins. A directory holds for each octave of q2 an entry of words: the bytes where the blocks of ρ > 0 and of
 * ρ < 0 begin (0: not made yet), their cells, the first of their slices, and which of the two a tile has asked for (bits 1 and 2).
 */
export const OCTAVES: i32 = 133;
/** The octaves that have tables are −LAST_OCTAVE … LAST_OCTAVE; beyond them φ is homogeneous to 1e-10 of itself, and the nearest one is scaled. */
export const LAST_OCTAVE: i32 = 66;
export const ATLAS_HEAD: i32 = 16;
export const ATLAS_BYTES: i32 = 560;
export const ENTRY_BYTES: i32 = 32;

/** A tile's workspace: a word that counts the pairs whose blocks were not there, three strips, a word for each slice, the slices. */
export const WORK_HEAD: i32 = 16;

/**
 * Row tables of TABULATED: r, 1/r, a, R, 1/R, v, μ, n, s of duals/tabulated.ts, OCTAVE_BASE and the octave counted from 0, the place in it in
 * [−1, 1].
 */
export const OCTAVE_TABLE: i32 = 9;
/** 2²³: what is added to it stands in the bits of the sum, in either precision. */
export const OCTAVE_BASE: i32 = 8388608;
export const PLACE_TABLE: i32 = 10;
export const TABULATED_TABLES: i32 = 11;
