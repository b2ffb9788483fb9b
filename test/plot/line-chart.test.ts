import { describe, expect, test } from 'vitest';
import { type LineChart, lineChart } from '../../src/plot';
import { checkWellFormed, polylines, rectangleOf, textsOf } from './svg';

const chart = (change: Partial<LineChart> = {}): LineChart => ({
  title: 'Accuracy',
  xLabel: 'points',
  yLabel: 'accuracy (%)',
  series: [
    {
      name: 'one',
      points: [
        [100, 70],
        [200, 80],
        [1000, 91],
        [6000, 97],
      ],
    },
    {
      name: 'two',
      points: [
        [100, 60],
        [6000, 60.5],
      ],
      dashed: true,
    },
  ],
  ...change,
});

const kinds = [
  ['linear', 'linear'],
  ['log', 'linear'],
  ['linear', 'log'],
  ['log', 'log'],
] as const;

describe('lineChart', () => {
  test.each(kinds)('x %s, y %s: well-formed, every point inside the frame, positions monotone in the data', (xScale, yScale) => {
    const svg = lineChart(chart({ xScale, yScale }));
    checkWellFormed(svg);
    const frame = rectangleOf(svg);
    const lines = polylines(svg);
    expect(lines.map((line) => line.length)).toEqual([4, 2]);
    for (const [x, y] of lines.flat()) {
      expect(x).toBeGreaterThanOrEqual(frame.left - 0.01);
      expect(x).toBeLessThanOrEqual(frame.right + 0.01);
      expect(y).toBeGreaterThanOrEqual(frame.top - 0.01);
      expect(y).toBeLessThanOrEqual(frame.bottom + 0.01);
    }
    for (let i = 1; i < 4; i++) {
      expect(lines[0][i][0]).toBeGreaterThan(lines[0][i - 1][0]);
      expect(lines[0][i][1]).toBeLessThan(lines[0][i - 1][1]);
    }
  });

  test('a log axis makes equal ratios equal lengths, a linear one equal differences', () => {
    const points = [
      [1, 1],
      [10, 2],
      [100, 3],
    ] as const;
    const [log] = polylines(lineChart(chart({ xScale: 'log', series: [{ name: 'a', points }] })));
    expect(log[1][0] - log[0][0]).toBeCloseTo(log[2][0] - log[1][0], 1);
    expect(log[1][1] - log[0][1]).toBeCloseTo(log[2][1] - log[1][1], 1);
    const [linear] = polylines(lineChart(chart({ series: [{ name: 'a', points }] })));
    expect((linear[2][0] - linear[0][0]) / (linear[1][0] - linear[0][0])).toBeCloseTo(11, 1);
  });

  test('title, description, axes and names are there and escaped', () => {
    const svg = lineChart(
      chart({
        title: 'a < b & "c" \u0007',
        series: [
          {
            name: '<script>alert(1)</script>',
            points: [
              [1, 2],
              [2, 3],
            ],
          },
        ],
      }),
    );
    checkWellFormed(svg);
    expect(svg).not.toContain('<script');
    expect(svg).toContain('aria-labelledby="title desc"');
    expect(textsOf(svg, 'title')[0]).toBe('a < b & "c" \ufffd');
    expect(textsOf(svg, 'desc')[0]).toContain('<script>alert(1)</script>: 2 points, the last 3 at 2');
    expect(textsOf(svg, 'text')).toEqual(expect.arrayContaining(['points', 'accuracy (%)', '<script>alert(1)</script>']));
  });

  test('long ticks push the frame to the right, clear of the label of the y axis', () => {
    const points = [
      [0, 0.0201],
      [1, 0.0214],
    ] as const;
    const frame = rectangleOf(lineChart(chart({ series: [{ name: 'a', points }] })));
    // '0.0205' in 12 pixels takes some 40 of them, ten from the axis; the label ends at 30.
    expect(frame.left).toBeGreaterThanOrEqual(30 + 40 + 10);
    expect(rectangleOf(lineChart(chart())).left).toBe(72);
  });

  test('labels keep apart when lines end together, and stay inside the picture', () => {
    const series = Array.from({ length: 6 }, (_, i) => ({
      name: `s${i}`,
      points: [
        [0, 0],
        [1, 1 + i / 1e6],
      ] as const,
    }));
    const heights = [...lineChart(chart({ series })).matchAll(/y="([\d.]+)">s\d</g)].map((match) => Number(match[1])).sort((a, b) => a - b);
    expect(heights).toHaveLength(6);
    for (let i = 1; i < 6; i++) expect(heights[i] - heights[i - 1]).toBeGreaterThanOrEqual(17.9);
    expect(heights[5]).toBeLessThanOrEqual(460);
  });

  test('error bars widen the frame to hold them', () => {
    const plain = chart({
      series: [
        {
          name: 'a',
          points: [
            [0, 50],
            [1, 51],
          ],
        },
      ],
    });
    const bars = chart({
      series: [
        {
          name: 'a',
          points: [
            [0, 50],
            [1, 51],
          ],
          errors: [20, 1],
        },
      ],
    });
    const frame = rectangleOf(lineChart(bars));
    const ends = [...lineChart(bars).matchAll(/d="M[\d.]+ ([\d.]+)V([\d.]+)"/g)].flatMap((match) => [Number(match[1]), Number(match[2])]);
    expect(ends).toHaveLength(4);
    for (const y of ends) expect(y >= frame.top - 0.01 && y <= frame.bottom + 0.01).toBe(true);
    expect(lineChart(plain)).not.toBe(lineChart(bars));
  });

  test('an error bar may have ends of its own', () => {
    const svg = lineChart(chart({ series: [{ name: 'a', points: [[1, 10]], errors: [[5, 40]] }], yScale: 'log' }));
    const frame = rectangleOf(svg);
    const [, low, high] = (/d="M[\d.]+ ([\d.]+)V([\d.]+)"/.exec(svg) as RegExpExecArray).map(Number);
    // The bar spans the whole log axis, and log 2 of its log 8 lie below the mark.
    expect([low, high]).toEqual([frame.bottom, frame.top]);
    const [, mark] = (/<circle cx="[\d.]+" cy="([\d.]+)"/.exec(svg) as RegExpExecArray).map(Number);
    expect((frame.bottom - mark) / (frame.bottom - frame.top)).toBeCloseTo(1 / 3, 3);
  });

  test('a curve has no marks, measurements have no line, and the two share a colour and one label', () => {
    const points = [
      [1, 1],
      [2, 2],
    ] as const;
    const svg = lineChart(
      chart({
        series: [
          { name: 'other', points },
          { name: 'exact', points, draw: 'line' },
          { name: 'measured', points, draw: 'marks', like: 'exact', errors: [0.1, 0.1] },
        ],
      }),
    );
    checkWellFormed(svg);
    const groups = [...svg.matchAll(/<g class="series" fill="([^"]*)"(.*)/g)];
    expect(groups.map(([, , content]) => [content.includes('<polyline'), content.includes('class="marks"')])).toEqual([
      [true, true],
      [true, false],
      [false, true],
    ]);
    expect(groups[1][1]).toBe(groups[2][1]);
    expect(groups[0][1]).not.toBe(groups[1][1]);
    expect(textsOf(svg, 'text')).toEqual(expect.arrayContaining(['other', 'exact']));
    expect(textsOf(svg, 'text')).not.toContain('measured');
  });

  test('constant data and a single point have a place', () => {
    const svg = lineChart(chart({ xScale: 'log', series: [{ name: 'a', points: [[7, 0]] }] }));
    checkWellFormed(svg);
    expect(svg).not.toMatch(/NaN|Infinity/);
  });

  test.each([
    ['ERR_ARGUMENT', 'no series', { series: [] }],
    ['ERR_ARGUMENT', 'no points', { series: [{ name: 'a', points: [] }] }],
    ['ERR_ARGUMENT', 'errors of another length', { series: [{ name: 'a', points: [[1, 1]], errors: [1, 2] }] }],
    ['ERR_ARGUMENT', 'a series like none', { series: [{ name: 'a', points: [[1, 1]], like: 'b' }] }],
    ['ERR_ARGUMENT', '0 on a log axis', { xScale: 'log', series: [{ name: 'a', points: [[0, 1]] }] }],
    ['ERR_NON_FINITE', 'NaN', { series: [{ name: 'a', points: [[0, Number.NaN]] }] }],
  ] as [string, string, Partial<LineChart>][])('%s for %s', (code, _what, change) => {
    expect(() => lineChart(chart(change))).toThrowError(expect.objectContaining({ code }));
  });
});
