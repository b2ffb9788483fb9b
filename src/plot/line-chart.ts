/** Line charts as self-contained SVG text: no DOM, no script, no font file. */
import { InfiniteWidthError } from '../errors';
import { placeLabels } from './labels';
import { formatTick, makeScale, type Scale, type ScaleKind } from './scale';
import { element, escapeXml, round, textElement } from './svg';

export interface LineSeries {
  readonly name: string;
  /** Finite [x, y] pairs, drawn in the given order. */
  readonly points: readonly (readonly [number, number])[];
  /** Of each point's error bar half the length, or the lower and the upper end; in units of y. */
  readonly errors?: readonly (number | readonly [low: number, high: number])[];
  /** For a baseline. */
  readonly dashed?: boolean;
  /** 'line' for a curve that is known everywhere, 'marks' for measurements beside it. Default 'both'. */
  readonly draw?: 'both' | 'line' | 'marks';
  /** Name of the series whose colour and mark it shares; it has no label of its own then. */
  readonly like?: string;
}

export interface LineChart {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  /** Default 'linear'. */
  readonly xScale?: ScaleKind;
  readonly yScale?: ScaleKind;
  readonly series: readonly LineSeries[];
  /** What a reader who does not see the chart should know. Default: the last point of every series. */
  readonly description?: string;
}

const WIDTH = 760;
const HEIGHT = 460;
const FRAME = { left: 72, top: 56, right: 24, bottom: 64 };
/** Room per character of a label at the end of a line, and beside it. */
const CHARACTER = 7.2;
const LABEL_GAP = 30;
/** Room per character of a tick, the gap between ticks and axis, and where the label of the y axis ends. */
const TICK_CHARACTER = 7;
const TICK_GAP = 10;
const Y_LABEL_END = 30;

/** Okabe and Ito (2008), told apart with any colour vision; at least 3:1 against both backgrounds. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#b8609a', '#8c7a00', '#3f8fc4'];

/** Marks per series, so that no reader depends on colour. */
const MARKS: readonly ((x: number, y: number) => string)[] = [
  (x, y) => element('circle', { cx: x, cy: y, r: 3.6 }),
  (x, y) => element('path', { d: polygon([x, y - 4.6], [x + 4.2, y + 3.2], [x - 4.2, y + 3.2]) }),
  (x, y) => element('rect', { x: x - 3.3, y: y - 3.3, width: 6.6, height: 6.6 }),
  (x, y) => element('path', { d: polygon([x, y - 4.8], [x + 4.4, y], [x, y + 4.8], [x - 4.4, y]) }),
];

const STYLE = `text{font:13px system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif;fill:#24292f}.title{font-size:16px;font-weight:600}.tick{font-size:12px;fill:#57606a}
.background{fill:#fff}.grid{stroke:#e3e6ea}.axis{stroke:#6e7781}@media (prefers-color-scheme:dark){text{fill:#e6e8eb}.tick{fill:#a9b1ba}.background{fill:#14171c}.grid{stroke:#2c3138}.axis{stroke:#7d8590}}`;

interface Frame {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  x(value: number): number;
  y(value: number): number;
}

/**
 * A chart of lines with marks and labels at their ends, 760 × 460, legible on light and dark pages. Equal input gives
 * equal text.
 * @throws ERR_ARGUMENT for no points, error bars of another number than points, values ≤ 0 on a log axis, `like` of no series;
 * ERR_NON_FINITE
 */
export function lineChart(chart: LineChart): string {
  checkSeries(chart.series);
  const points = chart.series.flatMap((series) => series.points);
  const xScale = makeScale(
    chart.xScale ?? 'linear',
    points.map(([x]) => x),
    'x',
  );
  const yScale = makeScale(chart.yScale ?? 'linear', chart.series.flatMap(extentOfSeries), 'y');
  const frame = frameFor(chart.series, xScale, yScale);
  const content = [
    element('title', { id: 'title' }, escapeXml(chart.title)),
    element('desc', { id: 'desc' }, escapeXml(chart.description ?? describe(chart))),
    element('style', {}, STYLE),
    element('rect', { class: 'background', width: WIDTH, height: HEIGHT, rx: 6, fill: '#fff' }),
    textElement({ class: 'title', x: FRAME.left, y: 32 }, chart.title),
    axes(frame, xScale, yScale, chart),
    ...chart.series.map((series) => drawSeries(series, styleOf(chart.series, series), frame)),
    endLabels(chart.series, frame),
  ];
  const root = { xmlns: 'http://www.w3.org/2000/svg', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: WIDTH, height: HEIGHT, role: 'img' };
  return `${element('svg', { ...root, 'aria-labelledby': 'title desc' }, '\n', content.join('\n'), '\n')}\n`;
}

function checkSeries(series: readonly LineSeries[]): void {
  if (series.length === 0) throw new InfiniteWidthError('ERR_ARGUMENT', 'a chart needs at least one series', { series: 0 });
  for (const { name, points, errors, like } of series) {
    if (points.length === 0)
      throw new InfiniteWidthError('ERR_ARGUMENT', `series "${name}" has no points; leave it out of the chart`, { name });
    if (errors && errors.length !== points.length)
      throw new InfiniteWidthError(
        'ERR_ARGUMENT',
        `series "${name}" has ${points.length} points and ${errors.length} errors; give one per point`,
        {
          name,
          points: points.length,
          errors: errors.length,
        },
      );
    if (like !== undefined && !labelled(series).some((other) => other.name === like))
      throw new InfiniteWidthError('ERR_ARGUMENT', `series "${name}" is drawn like "${like}", and no series with a label has that name`, {
        name,
        like,
      });
  }
}

/** Series with a label and a style of their own. */
const labelled = (series: readonly LineSeries[]): LineSeries[] => series.filter(({ like }) => like === undefined);

/** Which colour and mark. */
const styleOf = (series: readonly LineSeries[], { name, like }: LineSeries): number =>
  labelled(series).findIndex((other) => other.name === (like ?? name));

/** The ends of the i-th error bar. */
function barOf({ points, errors }: LineSeries, i: number): readonly [number, number] {
  const [, y] = points[i];
  const error = errors?.[i] ?? 0;
  return typeof error === 'number' ? [y - error, y + error] : error;
}

const extentOfSeries = (series: LineSeries): number[] => series.points.flatMap(([, y], i) => [y, ...barOf(series, i)]);

function describe({ xLabel, yLabel, series }: LineChart): string {
  const ends = series.map(({ name, points }) => {
    const [x, y] = points[points.length - 1];
    return `${name}: ${points.length} points, the last ${formatTick(y)} at ${formatTick(x)}`;
  });
  return `${yLabel} against ${xLabel}. ${ends.join('; ')}.`;
}

function frameFor(series: readonly LineSeries[], xScale: Scale, yScale: Scale): Frame {
  const longest = Math.max(...labelled(series).map(({ name }) => name.length));
  const widest = Math.max(...yScale.ticks.map((tick) => formatTick(tick).length));
  const left = Math.max(FRAME.left, Y_LABEL_END + TICK_GAP + TICK_CHARACTER * widest);
  const right = WIDTH - FRAME.right - LABEL_GAP - Math.min(longest * CHARACTER, 220);
  const [top, bottom] = [FRAME.top, HEIGHT - FRAME.bottom];
  const x = (value: number) => left + xScale.position(value) * (right - left);
  const y = (value: number) => bottom - yScale.position(value) * (bottom - top);
  return { left, top, right, bottom, x, y };
}

function axes(frame: Frame, xScale: Scale, yScale: Scale, { xLabel, yLabel }: LineChart): string {
  const { left, top, right, bottom } = frame;
  const middle = (left + right) / 2;
  return element(
    'g',
    { 'aria-hidden': 'true' },
    ...yScale.ticks.map((tick) =>
      element('line', { class: 'grid', x1: left, x2: right, y1: frame.y(tick), y2: frame.y(tick), stroke: '#e3e6ea' }),
    ),
    ...yScale.ticks.map((tick) =>
      textElement({ class: 'tick', x: left - TICK_GAP, y: frame.y(tick) + 4, 'text-anchor': 'end' }, formatTick(tick)),
    ),
    ...xScale.ticks.map((tick) =>
      element('line', { class: 'axis', x1: frame.x(tick), x2: frame.x(tick), y1: bottom, y2: bottom + 5, stroke: '#6e7781' }),
    ),
    ...xScale.ticks.map((tick) =>
      textElement({ class: 'tick', x: frame.x(tick), y: bottom + 20, 'text-anchor': 'middle' }, formatTick(tick)),
    ),
    element('path', { class: 'axis', id: 'frame', d: `M${left} ${top}V${bottom}H${round(right)}`, fill: 'none', stroke: '#6e7781' }),
    textElement({ x: middle, y: HEIGHT - 18, 'text-anchor': 'middle' }, xLabel),
    textElement({ x: 22, y: (top + bottom) / 2, 'text-anchor': 'middle', transform: `rotate(-90 22 ${(top + bottom) / 2})` }, yLabel),
  );
}

function drawSeries(series: LineSeries, style: number, frame: Frame): string {
  const { name, points, errors, dashed, draw = 'both' } = series;
  const colour = COLOURS[style % COLOURS.length];
  const at = points.map(([x, y]) => [frame.x(x), frame.y(y)] as const);
  const mark = MARKS[style % MARKS.length];
  const line = element('polyline', {
    points: at.map(([x, y]) => `${round(x)},${round(y)}`).join(' '),
    fill: 'none',
    'stroke-width': 2,
    'stroke-linejoin': 'round',
    'stroke-dasharray': dashed ? '6 5' : undefined,
  });
  const bars = (errors ?? []).map((_, i) => {
    const [low, high] = barOf(series, i);
    return element('path', { d: `M${round(at[i][0])} ${round(frame.y(low))}V${round(frame.y(high))}`, 'stroke-width': 1.2 });
  });
  return element(
    'g',
    { class: 'series', fill: colour, stroke: colour },
    element('title', {}, escapeXml(name)),
    ...(draw === 'marks' ? [] : [line]),
    ...bars,
    ...(draw === 'line' ? [] : [element('g', { class: 'marks', stroke: 'none' }, ...at.map(([x, y]) => mark(x, y)))]),
  );
}

/** Names at the ends of the lines, moved apart where they would meet, each with a line back to its series. */
function endLabels(all: readonly LineSeries[], { left, right, top, bottom, x, y }: Frame): string {
  const series = labelled(all);
  const ends = series.map(({ points }) => points[points.length - 1]);
  const heights = placeLabels(
    ends.map((end) => y(end[1])),
    top,
    bottom,
  );
  const start = right + LABEL_GAP - 8;
  return element(
    'g',
    { class: 'labels', 'aria-hidden': 'true' },
    ...series.map(({ name }, i) => {
      const d = `M${round(Math.max(left, x(ends[i][0])) + 7)} ${round(y(ends[i][1]))}L${round(start - 4)} ${round(heights[i])}`;
      const leader = element('path', { d, fill: 'none', stroke: COLOURS[i % COLOURS.length], 'stroke-width': 1.4 });
      return leader + textElement({ x: start, y: heights[i] + 4.5 }, name);
    }),
  );
}

const polygon = (...corners: readonly (readonly [number, number])[]): string =>
  `M${corners.map(([x, y]) => `${round(x)} ${round(y)}`).join('L')}Z`;
