/**
 * Operations of a kernel program (program.ts) on a strip of pairs, shared by the interpreters in assembly/program.ts and
 * backends/js-tile.ts. State per pair: ρ (correlation), m = 1 − |ρ|, t (NTK over the rows' scales). The fused operations serve
 * pairs with ρ ≥ 0 and keep only m and t.
 */

/** ρ, m from the Gram entry and the rows' inverse norms (table 0); t = 0. */
export const START: i32 = 0;
/** t += p₀ ρ: a dense layer without bias. */
export const TANGENT: i32 = 1;
/** Any dense layer; tables u v α π β. */
export const AFFINE: i32 = 2;
/** Rectified activation, either sign; p = κ, λ, 1 + λ, 1 − λ. */
export const RECTIFIED: i32 = 3;
/** a·erf(b x); tables u w √u 1/√u cos α √α 1/√(2α) φ. */
export const ERF: i32 = 4;
/** ρ = 0 where a row's variance is 0; table of 1 and 0. */
export const GUARD: i32 = 5;
/** ρ = 1 − m, after fused operations. */
export const CORRELATION: i32 = 6;
/** TANGENT then RECTIFIED for ρ ≥ 0; p = κ, p₀. */
export const PLAIN_RECTIFIED: i32 = 7;
/** AFFINE in the NTK parameterization, then RECTIFIED, for ρ ≥ 0; p = κ; tables u ⁴√2 sin ω ⁴√2 cos ω, where (u, v) = (cos 2ω, sin 2ω). */
export const AFFINE_RECTIFIED: i32 = 8;
/** The same with α = u, π₁π₂ = p₀ u₁u₂; p = κ, p₀; tables u, those of ω, β. */
export const STANDARD_RECTIFIED: i32 = 9;
/**
 * Any number of dense layers without bias and rectified activations, right after START; leaves ρ and t. p = J, then numbers that are the
 * same for every pair: limit a −A (π + A), then q_j of F and of T for j = J − 1 … 0, 4 each (duals/run.ts).
 */
export const RECTIFIED_RUN: i32 = 10;
/** ERF where a later activation (rectified, or a steep erf) shows the margin's last digits. */
export const ERF_PRECISE: i32 = 12;
/** nngp = R₁R₂ρ, ntk = σ₁σ₂t; tables R σ. */
export const FINISH: i32 = 11;

/** exp, rbf, expNormalized; tables R s. */
export const EXPONENTIAL: i32 = 13;
/** sin, cos; tables R n ε 1/n s; p = sin²c, cos²c. */
export const SINE: i32 = 14;
/** a·exp(b x²); tables V 1/V g s. */
export const GAUSSIAN: i32 = 15;
/** exp(−x²) sin x; tables r n 1/n x a g h s. */
export const GABOR: i32 = 16;
/** xΦ(x); tables r u w cos ψ √u 1/√u R e 1/R s. */
export const GELU: i32 = 17;
export const SIGN: i32 = 18;
/** Any polynomial; p = degree L; tables p₀ … p_L f₀ … f_(L−1), as many as there are. */
export const POLYNOMIAL: i32 = 19;
/** max(x, 0)ⁿ; p = n; tables g s, then coefficients that are the same for every row (activations/rectified-monomial.ts). */
export const RECTIFIED_MONOMIAL: i32 = 20;
/** Any dual as a JavaScript function: run by backends/js-tile.ts alone. */
export const DUAL: i32 = 21;

/**
 * An activation without a closed form, from tables; p = the atlas (the address of its image, cells.ts), 1 where φ − φ(0) is odd, else 0;
 * tables of cells.ts.
 */
export const TABULATED: i32 = 24;

/**
 * A record: code, first table (i32 each), the first four parameters (f64), the distance in bytes from the program to all of them as vectors,
 * one 16-byte broadcast each (i32), and 4 bytes of nothing.
 */
export const RECORD_BYTES: i32 = 48;
