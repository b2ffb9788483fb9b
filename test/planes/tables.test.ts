/** Tables of samples between panels. */
import { expect, it } from 'vitest';
import { TableStore } from '../../src/backends/plane-tables';

it('keeps the tables that come first, and makes the others again where it is told', () => {
  const store = new TableStore<string>({ at: 1000, stride: 64, count: 2 });
  const made: number[] = [];
  const of = (sample: number, spare: number) =>
    store.of(sample, spare, (at) => {
      made.push(sample);
      return `${sample} at ${at}`;
    });
  for (let round = 0; round < 2; round++) {
    expect(of(7, 0)).toEqual({ at: 1000, facts: '7 at 1000' });
    expect(of(3, 1)).toEqual({ at: 1064, facts: '3 at 1064' });
    expect([of(5, 2), of(6, 3)]).toEqual([
      { at: 2, facts: '5 at 2' },
      { at: 3, facts: '6 at 3' },
    ]);
  }
  expect(made).toEqual([7, 3, 5, 6, 5, 6]);
});
