const ROUNDING = 2 ** -50;

/**
 * 1 − |ρ|: from d where ρ is near 1. gap = (r1 − r2)², product = r1 r2. Where it is not above the rounding of the arguments it is 0:
 * F of a kinked φ changes with its root.
 */
export function marginOf(k: number, d: number, product: number, gap: number): number {
  if (product === 0) return 1;
  if (d < product) return d - gap > ROUNDING * gap ? (0.5 * (d - gap)) / product : 0;
  const margin = 1 - Math.abs(k) / product;
  return margin > ROUNDING ? margin : 0;
}
