import { describe, expect, it } from 'vitest';
import { BITS_CASES, type BitsTable, bitsConformance } from './conformance/bits';
import { fixture } from './fixtures';

const table = fixture<BitsTable>('bits.json');

bitsConformance(table);

describe('the table of bits', () => {
  it('has the same float64 bits of chains for simd and js, of images each its own, and no two cases with the same hash', () => {
    for (const [name, { simd, js }] of Object.entries(table))
      expect(simd === js, name).toBe(name.includes('float64') && !name.includes('images'));
    expect(new Set(Object.values(table).map(({ simd }) => simd)).size).toBe(BITS_CASES.length);
  });
});
