import { describe, expect, it } from 'vitest';
import { type BitsTable, bitsConformance } from './conformance/bits';
import { fixture } from './fixtures';

const table = fixture<BitsTable>('bits.json');

bitsConformance(table);

describe('the table of bits', () => {
  it('has the same float64 bits for simd and js, and no two cases with the same hash', () => {
    for (const [name, { simd, js }] of Object.entries(table)) expect(simd === js, name).toBe(name.includes('float64'));
    expect(new Set(Object.values(table).map(({ simd }) => simd)).size).toBe(16);
  });
});
