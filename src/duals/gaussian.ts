/**
 * Dual of a exp(b x²) (Williams 1997), β = −2b: K' = a²/√((1 + βq₁)(1 + βq₂) − β²K²). With V = √(1 + 2βq) per row,
 *   y = (V₁ − V₂)²/(2V₁V₂) + (β²q₁q₂/(V₁V₂)) m(2 − m) ≥ 0,     ρ' = 1/√(1 + y),     1 − ρ' = y/(1 + y + √(1 + y)),
 *   K'(q, q) = a²/V,     factor = a²β² K/(V₁V₂(1 + y))^(3/2).
 * Measured on the rows of test/duals/activations.test.ts, relative to the geometric mean of the diagonal entries: 1.0e-15 (2.3e-7 in
 * single precision); with relu after it, which shows the last digits of 1 − |ρ'|, at most 5e-15 (2.4e-7).
 */
import { PairLanes } from './pair';

/** GAUSSIAN: V of both rows; inverse = 1/(V₁V₂), g = β²q₁q₂/(V₁V₂) and s, the root of the factor's scale, as products. */
export function gaussianStep<L extends PairLanes<V, A>, V, A>(l: L, c: A, m: A, t: A, v1: V, v2: V, inverse: V, g: V, s: V): void {
  const margin = l.load(m);
  const across = l.mul(margin, l.sub(l.two(), margin));
  const difference = l.sub(v1, v2);
  const y = l.fma(g, across, l.mul(l.mul(l.mul(l.half(), difference), difference), inverse));
  const w = l.add(l.one(), y);
  const root = l.sqrt(w);
  l.store(t, l.mul(l.load(t), l.div(l.mul(s, l.load(c)), l.mul(w, root))));
  l.store(m, l.div(y, l.add(w, root)));
  l.store(c, l.div(l.one(), root));
}
