/** Pieces of formulas. */

/** Six significant digits, no trailing zeros. */
export const show = (x: number): string => String(Number(x.toPrecision(6)));

/** `factor` times a symbol, as it is written by hand; '' for 0. */
export const times = (factor: number, symbol: string): string =>
  factor === 0 ? '' : factor === 1 ? symbol : symbol === '' ? show(factor) : `${show(factor)} ${symbol}`;

/** Terms with signs between them; '0' for none. */
export const sum = (...terms: readonly string[]): string => terms.filter(Boolean).join(' + ').replaceAll('+ -', '− ') || '0';

/** A constant term; '' for 0. */
export const constant = (x: number): string => (x === 0 ? '' : show(x));

/** Both steps, and what their symbols stand for. */
export const steps = (nngp: string, ntk: string, where = ''): string => signs(`K′ = ${nngp}   Θ′ = ${ntk}${where && `   with ${where}`}`);

/** The same step for both. */
export const alike = (nngp: string, where = ''): string => signs(`K′ = ${nngp}   Θ′ likewise${where && `   with ${where}`}`);

/** Minus signs of numbers as they are printed, not those of exponents. */
const signs = (text: string): string => text.replaceAll(/(?<![\de])-(?=\d)/g, '−');

/** "3×3" */
export const product = (lengths: readonly number[]): string => lengths.join('×') || '1';
