import { expect, test } from 'vitest';
import { describeExpectation, type Expectation, figure, verdictOf } from '../../reproduce/claims';
import { markdown, verdictLines } from '../../reproduce/report';
import type { Reproduction } from '../../reproduce/reproduction';

const reproduction: Reproduction = { name: 'nothing', title: 'Nothing', summary: '', paper: 'Nobody, *Nothing*.', parts: [] };

test.each([
  [{ value: 1, within: 0.1 }, 1.1, 'fails'],
  [{ value: 1, within: 0.125 }, 1.125, 'holds'],
  [{ value: 0, within: 0 }, 0, 'holds'],
  [{ value: -1, within: 0.5 }, -1.75, 'fails'],
  [{ atMost: 2 }, 2, 'holds'],
  [{ atMost: 2 }, 2.001, 'fails'],
  [{ atLeast: 2 }, 2, 'holds'],
  [{ atLeast: 2 }, 1.999, 'fails'],
  [{ value: 0, within: 1 }, Number.NaN, 'fails'],
  [{ atMost: 2 }, Number.NaN, 'fails'],
  [{ atLeast: 2 }, Number.NaN, 'fails'],
] as [Expectation, number, string][])('%j, measured %d: %s', (expected, measured, verdict) => {
  expect(verdictOf({ expected, measured })).toBe(verdict);
});

test('numbers are written short and read back as what they are', () => {
  expect([0, -0.5, 76.96912, 1234.5678, 1e-9, 2.34567e21, Number.NaN, Number.NEGATIVE_INFINITY].map((x) => figure(x))).toEqual([
    '0',
    '−0.5',
    '76.969',
    '1234.6',
    '1e-9',
    '2.3457e21',
    'none',
    '−∞',
  ]);
  expect(describeExpectation({ value: 5, within: 0.05 })).toEqual(['5', '± 0.05']);
  expect(describeExpectation({ atMost: 1 })).toEqual(['≤ 1', 'one-sided']);
});

test('a report counts and names what fails', () => {
  const claim = (name: string, measured: number) => ({
    claim: name,
    source: 'here | there',
    expected: { value: 0, within: 1 },
    measured,
    error: 0.25,
    how: 'by hand',
  });
  const outcome = { text: ['Some text.'], claims: [claim('good', 0.5), claim('bad', 2)], figures: [], tables: [] };
  const sections = [{ title: 'Part', outcome, seconds: 61, processorSeconds: 2 }];
  const report = markdown(reproduction, sections, { quick: false, seed: 1 });
  expect(report).toContain('1 of 2 claims hold');
  expect(report).toContain('| good | here \\| there | 0 | 0.5 ± 0.25 | ± 1 | holds |');
  expect(report).toContain('| bad | here \\| there | 0 | 2 ± 0.25 | ± 1 | fails |');
  expect(report).toContain('| Part | 1 min 1 s | 2 s |');
  expect(verdictLines(outcome.claims).map((line) => line.trim().split(/ +/)[0])).toEqual(['verdict', 'holds', 'FAILS']);
});
