/**
 * Dual of exp(−x²) sin x. With D = 4(q₁q₂ − K²), S = q₁ + q₂, N = 1 + 2S + D (a Gaussian integral):
 *   K' = exp(−(S + D)/(2N)) sinh(K/N)/√N,     K'(q, q) = (1 − exp(−2q/n²))/(2n),  n² = 1 + 4q,
 *   factor = exp(−(S + D)/(2N)) (A cosh(K/N) + B sinh(K/N))/N^(5/2),  A = 1 + 2S + 4(K² + q₁q₂),  B = 4K(D + 3S + 2).
 * The exponential takes the larger half of cosh and sinh with it: E = exp(−(S + D − 2|K|)/(2N)), τ = 1 − exp(−2|K|/N). A hat means
 * division by n₁n₂, so that nothing overflows. With N̂ = 1 + y, y = y₀ + D̂, y₀ = (n₁ − n₂)²/(2n₁n₂), xᵢ = qᵢ/nᵢ² and s = (ρ/N̂)²,
 *   |ρ'| = |ρ| (1 + y)^(−3/2) exp(−F),   4F = (D̂/N̂)(1 + 1/(n₁n₂(1 + y₀))) + (y₀/(n₁n₂))(1 + 1/(1 + y₀)) + 4G,
 *   G = Σ c_j (½(x₁ʲ − x₂ʲ)² + (x₁x₂)ʲ(1 − sʲ)),   log(sinh(x)/x) = Σ c_j x²ʲ, x ≤ ¼,
 * of which 1 − |ρ'| is a sum of positive terms.
 * Measured on the rows of test/duals/activations.test.ts, relative to the geometric mean of the diagonal entries: 7.2e-16 (2.6e-7 in
 * single precision); with relu after it, which shows the last digits of 1 − |ρ'|, at most 5e-15 (2.4e-7).
 */
import { agreeing } from './affine';
import { Lanes } from './lanes';
import { complementOf, decayOf } from './outlined';
import { PairLanes } from './pair';

/** Σ c_j v_j for j = 1 … 6, v₁ = 1. */
function logSinh<L extends Lanes<V>, V>(l: L, v2: V, v3: V, v4: V, v5: V, v6: V): V {
  const odd = l.fma(v5, l.lit(2.1377799155576935e-6), l.fma(v3, l.lit(3.527336860670194e-4), l.lit(0.16666666666666666)));
  const even = l.fma(v6, l.lit(1.803670234005331e-7), l.fma(v4, l.lit(2.6455026455026455e-5), l.mul(v2, l.lit(5.555555555555556e-3))));
  return l.sub(odd, even);
}

/** G; fall = 1 − s. */
function gaborSeries<L extends Lanes<V>, V>(l: L, x1: V, x2: V, s: V, fall: V): V {
  const difference = l.sub(x1, x2);
  const sum = l.add(x1, x2);
  const p = l.mul(x1, x2);
  const d3 = l.sub(l.mul(sum, sum), p);
  const d4 = l.sub(l.mul(sum, d3), l.mul(p, sum));
  const d5 = l.sub(l.mul(sum, d4), l.mul(p, d3));
  const d6 = l.sub(l.mul(sum, d5), l.mul(p, d4));
  const unequal = logSinh<L, V>(l, l.mul(sum, sum), l.mul(d3, d3), l.mul(d4, d4), l.mul(d5, d5), l.mul(d6, d6));
  const one = l.one();
  const s2 = l.add(one, s);
  const s3 = l.fma(s, s2, one);
  const s4 = l.fma(s, s3, one);
  const s5 = l.fma(s, s4, one);
  const s6 = l.fma(s, s5, one);
  const p2 = l.mul(p, p);
  const p4 = l.mul(p2, p2);
  const oblique = logSinh<L, V>(l, l.mul(p, s2), l.mul(p2, s3), l.mul(l.mul(p2, p), s4), l.mul(p4, s5), l.mul(l.mul(p4, p), s6));
  return l.fma(l.mul(l.mul(l.half(), difference), difference), unequal, l.mul(l.mul(p, fall), oblique));
}

/** 1 − |ρ'|; across = m(2 − m), w = N̂. */
function gaborMargin<L extends Lanes<V>, V>(l: L, m: V, across: V, excess: V, determinant: V, inverse: V, x1: V, x2: V, w: V, root: V): V {
  const one = l.one();
  const y = l.add(excess, determinant);
  const mean = l.div(one, l.add(one, excess));
  const ratio = l.div(one, w);
  const fall = l.mul(l.fma(y, l.add(l.two(), y), across), l.mul(ratio, ratio));
  const size = l.sub(one, m);
  const s = l.mul(l.mul(size, ratio), l.mul(size, ratio));
  const front = l.mul(l.mul(determinant, ratio), l.fma(inverse, mean, one));
  const back = l.mul(l.mul(excess, inverse), l.add(one, mean));
  const decline = complementOf<L, V>(l, l.fma(l.lit(0.25), l.add(front, back), gaborSeries<L, V>(l, x1, x2, s, fall)));
  const cube = l.mul(w, root);
  const widened = l.div(l.mul(y, l.fma(w, l.add(w, one), one)), l.mul(cube, l.add(cube, one)));
  return l.fma(size, l.fma(l.sub(one, widened), decline, widened), m);
}

/** GABOR: r, n, 1/n, x of both rows; as products a = √(q₁q₂)/(n₁n₂), g = q₁q₂/(n₁n₂), h = 1/√(τ₁τ₂) and s, the factor's scale. */
export function gaborStep<L extends PairLanes<V, A>, V, A>(
  l: L,
  c: A,
  m: A,
  t: A,
  r1: V,
  r2: V,
  n1: V,
  n2: V,
  inverse1: V,
  inverse2: V,
  x1: V,
  x2: V,
  a: V,
  g: V,
  h: V,
  s: V,
): void {
  const rho = l.load(c);
  const margin = l.load(m);
  const inverse = l.mul(inverse1, inverse2);
  const g4 = l.mul(l.lit(4), g);
  const across = l.mul(margin, l.sub(l.two(), margin));
  const determinant = l.mul(g4, across);
  const widths = l.sub(n1, n2);
  const excess = l.mul(l.mul(l.mul(l.half(), widths), widths), inverse);
  const mean = l.add(l.one(), excess);
  const size = l.add(mean, determinant);
  const difference = l.sub(r1, r2);
  const spread = l.fma(l.mul(l.two(), a), margin, l.mul(l.mul(difference, inverse), difference));
  const large = decayOf<L, V>(l, l.div(l.mul(l.half(), l.add(spread, determinant)), size));
  const product = l.mul(a, l.abs(rho));
  const fall = complementOf<L, V>(l, l.div(l.add(product, product), size));
  const root = l.sqrt(size);
  const next = l.div(l.mul(l.mul(large, fall), h), root);
  const even = l.mul(l.fma(g4, l.fma(rho, rho, l.one()), mean), inverse);
  const odd = l.mul(l.mul(l.lit(4), product), l.fma(l.half(), inverse, l.fma(l.lit(1.5), mean, determinant)));
  const sum = l.fma(even, l.sub(l.two(), fall), l.mul(odd, fall));
  l.store(t, l.mul(l.mul(l.load(t), s), l.div(l.mul(large, sum), l.mul(l.mul(size, size), root))));
  const after = l.min(gaborMargin<L, V>(l, margin, across, excess, determinant, inverse, x1, x2, size, root), l.one());
  l.store(m, after);
  l.store(c, agreeing<L, V>(l, l.ifLess(rho, l.zero(), l.sub(l.zero(), next), next), after));
}
