/** Axes: from data to positions, and where the ticks stand. */
import { InfiniteWidthError } from '../errors';

export type ScaleKind = 'linear' | 'log';

export interface Scale {
  readonly kind: ScaleKind;
  /** The values at the two ends of the axis. */
  readonly domain: readonly [number, number];
  /** Increasing, all inside the domain. */
  readonly ticks: readonly number[];
  /** Where a value stands: 0 at the low end of the domain, 1 at the high end. */
  position(value: number): number;
}

/**
 * An axis that holds all `values`. A linear one ends at ticks; a logarithmic one at the smallest and largest value.
 * @param values finite, at least one
 * @throws ERR_ARGUMENT for a value that is not positive on a log axis, ERR_NON_FINITE
 */
export function makeScale(kind: ScaleKind, values: readonly number[], axis: string): Scale {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (!Number.isFinite(value))
      throw new InfiniteWidthError('ERR_NON_FINITE', `a chart's ${axis} is ${value}; leave that point out`, { axis, value });
    if (kind === 'log' && value <= 0)
      throw new InfiniteWidthError('ERR_ARGUMENT', `${axis} = ${value} has no place on a log axis; use ${axis}Scale 'linear'`, {
        axis,
        value,
      });
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return kind === 'log' ? logScale(low, high) : linearScale(low, high);
}

/** Values that differ by less, relatively, are drawn as equal: ticks between them would need more digits than they are given. */
const SAME = 1e-9;

function linearScale(low: number, high: number): Scale {
  const size = Math.max(Math.abs(low), Math.abs(high));
  if (high - low <= SAME * size) {
    const margin = size / 2 || 1;
    low -= margin;
    high += margin;
  }
  const step = niceStep((high - low) / 5);
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
  const domain = [Math.min(low, ticks[0]), Math.max(high, ticks[ticks.length - 1])] as const;
  return { kind: 'linear', domain, ticks, position: (value) => (value - domain[0]) / (domain[1] - domain[0]) };
}

function logScale(low: number, high: number): Scale {
  const domain = high - low <= SAME * high ? ([low / 2, high * 2] as const) : ([low, high] as const);
  const [a, b] = [Math.log(domain[0]), Math.log(domain[1])];
  return { kind: 'log', domain, ticks: logTicks(...domain), position: (value) => (Math.log(value) - a) / (b - a) };
}

/** 1, 2 or 5 times a power of ten, nearest above `step`. */
function niceStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  return power * ([1, 2, 5].find((factor) => factor * power >= step * (1 - 1e-9)) ?? 10);
}

/** Decades, with 2 and 5 between them where there is room; linear ticks within less than a decade. */
function logTicks(low: number, high: number): number[] {
  const [from, to] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  const stride = Math.max(1, Math.ceil((to - from) / 8));
  const factors = to - from <= 3 ? [1, 2, 5] : [1];
  const ticks: number[] = [];
  for (let exponent = from; exponent <= to; exponent += stride)
    for (const factor of factors) {
      const tick = Number(`${factor}e${exponent}`);
      if (tick >= low && tick <= high) ticks.push(tick);
    }
  if (ticks.length >= 3) return ticks;
  return linearScale(low, high).ticks.filter((tick) => tick >= low && tick <= high);
}

const SUPERSCRIPT = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/** A tick's text: thousands separated; powers of ten from 10⁶ up and below 10⁻³. */
export function formatTick(value: number): string {
  const size = Math.abs(value);
  if (value !== 0 && (size >= 1e6 || size < 1e-3)) {
    const [mantissa, exponent] = Number(value.toPrecision(6)).toExponential().split('e');
    const power = `10${exponent
      .replace('+', '')
      .replace('-', '⁻')
      .replace(/\d/g, (digit) => SUPERSCRIPT[Number(digit)])}`;
    return mantissa === '1' ? power : `${mantissa.replace('-', '−')}×${power}`;
  }
  const [whole, fraction] = String(Number(size.toPrecision(10))).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return `${value < 0 ? '−' : ''}${grouped}${fraction ? `.${fraction}` : ''}`;
}
