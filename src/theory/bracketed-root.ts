/**
 * A zero of f in [a, b], where fa = f(a) and fb = f(b) have opposite signs, to the last digits: bisection and inverse quadratic interpolation.
 * Chandrupatla 1997, "A new hybrid quadratic/bisection algorithm for finding the zero of a nonlinear function without using derivatives".
 */
export function bracketedRoot(f: (x: number) => number, a: number, b: number, fa: number, fb: number): number {
  let [x1, x2, x3] = [b, a, a];
  let [f1, f2, f3] = [fb, fa, fa];
  let t = 0.5;
  for (;;) {
    const x = x1 + t * (x2 - x1);
    const fx = f(x);
    if (fx > 0 === f1 > 0) [x3, f3] = [x1, f1];
    else [x3, f3, x2, f2] = [x2, f2, x1, f1];
    [x1, f1] = [x, fx];
    const best = Math.abs(f2) < Math.abs(f1) ? x2 : x1;
    const least = (2 * Number.EPSILON * Math.abs(best) + Number.MIN_VALUE) / Math.abs(x2 - x1);
    if (f1 === 0 || f2 === 0 || !(least <= 0.5)) return best;
    const xi = (x1 - x2) / (x3 - x2);
    const phi = (f1 - f2) / (f3 - f2);
    const quadratic = phi * phi < xi && (1 - phi) * (1 - phi) < 1 - xi;
    const next = quadratic ? ((f1 / (f2 - f1)) * f3) / (f2 - f3) + ((((x3 - x1) / (x2 - x1)) * f1) / (f3 - f1)) * (f2 / (f3 - f2)) : 0.5;
    t = Math.min(1 - least, Math.max(least, next));
  }
}
