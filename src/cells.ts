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
 * An atlas: the most cells of a block, slices that a row may need, (4 words), then for each octave of q1 the byte where its directory
 * begins, 0 for none. A directory holds for each octave of q2 DIRECTORY_BYTES: where its block of ρ > 0 begins (that of ρ < 0 follows it), its
 * cells, and its first slice.
 */
export const OCTAVES: i32 = 133;
export const ATLAS_BYTES: i32 = 560;
export const DIRECTORY_BYTES: i32 = 16;

/** Row tables of TABULATED: r, 1/r, a, R, 1/R, v, μ, n, s of duals/tabulated.ts, the octave counted from 0, the place in it in [−1, 1]. */
export const OCTAVE_TABLE: i32 = 9;
export const PLACE_TABLE: i32 = 10;
export const TABULATED_TABLES: i32 = 11;
