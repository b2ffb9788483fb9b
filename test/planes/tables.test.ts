/** Tables of samples between panels. */
import { expect, it } from 'vitest';
import { TableStore } from '../../src/backends/plane-tables';

it('keeps the tables that come first, and makes the others again', () => {
  // Room for two of five samples, and for two others at a time.
  const store = new TableStore<number>('float32', 3, 5, 2 * 3 * 4, 2);
  const made: number[] = [];
  const of = (sample: number) =>
    store.of(sample, (table) => {
      made.push(sample);
      table.fill(sample);
      return 10 * sample;
    });
  for (let round = 0; round < 2; round++)
    for (const first of [0, 2, 4]) {
      const samples = [first, first + 1].filter((sample) => sample < 5);
      const panel = samples.map(of);
      expect(panel.map(({ table, facts }) => [...table, facts])).toEqual(samples.map((sample) => [sample, sample, sample, 10 * sample]));
    }
  expect(made).toEqual([0, 1, 2, 3, 4, 2, 3, 4]);
});

it('has no place for others where all are kept', () => {
  const store = new TableStore<number>('float64', 2, 3, 1000, 4);
  const tables = [0, 1, 2].map((sample) => store.of(sample, (table) => table.fill(sample).length).table);
  expect(tables.map((table) => [...table])).toEqual([
    [0, 0],
    [1, 1],
    [2, 2],
  ]);
  expect(tables[0].buffer.byteLength).toBe(3 * 2 * 8);
});
