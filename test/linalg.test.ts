import { describe, expect, it } from 'vitest';
import { embeddedPool } from '../src/backends/core';
import { createJsLinearAlgebra } from '../src/backends/js-linalg';
import { createWasmLinearAlgebra } from '../src/backends/wasm-linalg';
import { linalgConformance } from './conformance/linalg';
import { random } from './conformance/linalg-matrices';

const js = createJsLinearAlgebra();
const simd = createWasmLinearAlgebra(embeddedPool('simd'));
const relaxed = createWasmLinearAlgebra(embeddedPool('relaxed-simd'));

linalgConformance('js', () => js);
linalgConformance('simd', () => simd);
linalgConformance('relaxed-simd', () => relaxed);

describe('linear algebra across builds', () => {
  const size = 70 * 600;
  const next = random(1);
  const a = Float64Array.from({ length: size }, () => next() - 0.5);
  const b = Float64Array.from({ length: size }, () => next() - 0.5);
  const product = (la: typeof js, transA: 'n' | 't', transB: 'n' | 't', alpha: number, beta: number): Float64Array => {
    const c = Float64Array.from({ length: 70 * 70 }, (_, i) => i / 4900);
    la.gemm(transA, transB, 70, 70, 600, alpha, a, transA === 'n' ? 600 : 70, b, transB === 'n' ? 70 : 600, beta, c, 70);
    return c;
  };

  it.each([
    ['n', 'n', 1, 0],
    ['n', 't', 1, 0],
    ['t', 'n', 1, 0],
    ['t', 't', 0.7, 1.3],
  ] as const)('gemm %s%s, alpha %d, beta %d: float64 in plain SIMD has the bits of JavaScript', (transA, transB, alpha, beta) => {
    expect(product(simd, transA, transB, alpha, beta)).toEqual(product(js, transA, transB, alpha, beta));
  });

  it('the relaxed build is another build: it rounds once per multiply-add', () => {
    const plain = product(simd, 'n', 'n', 1, 0);
    const fused = product(relaxed, 'n', 'n', 1, 0);
    // On hardware without fused multiply-add the two would agree; every supported runner has it.
    expect(fused).not.toEqual(plain);
    fused.forEach((value, i) => {
      expect(Math.abs(value - plain[i])).toBeLessThan(1e-13);
    });
  });
});
