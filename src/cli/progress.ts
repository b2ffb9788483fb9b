/** A progress line on standard error: only on a terminal, rewritten in place, with throughput and time left. */
import type { Progress } from '../kernel';
import type { Io } from './command';

export interface ProgressReporter {
  /** Shows how far the work is; called as often as one likes. */
  report(progress: Progress): void;
  /** Removes the line, so that other output begins on a clean one. */
  clear(): void;
}

const SILENT: ProgressReporter = { report() {}, clear() {} };
/** Milliseconds between two drawings. */
const INTERVAL = 100;
const BAR = 24;

/** A reporter for `stream`; silent unless it is a terminal that can rewrite a line. `now` is in milliseconds. */
export function createProgress({ stderr, env }: Pick<Io, 'stderr' | 'env'>, now: () => number = () => performance.now()): ProgressReporter {
  if (!stderr.isTTY || env.TERM === 'dumb') return SILENT;
  const colour = env.NO_COLOR === undefined || env.NO_COLOR === '';
  let phase = '';
  let start = 0;
  let drawn = Number.NEGATIVE_INFINITY;
  let visible = false;
  return {
    report(progress) {
      const time = now();
      if (progress.phase !== phase) {
        phase = progress.phase;
        start = time;
        drawn = Number.NEGATIVE_INFINITY;
      }
      if (time - drawn < INTERVAL && progress.done < progress.total) return;
      drawn = time;
      visible = true;
      stderr.write(`\r\x1b[2K${renderLine(progress, (time - start) / 1000, colour).slice(0, widthOf(stderr.columns, colour))}`);
    },
    clear() {
      if (visible) stderr.write('\r\x1b[2K');
      visible = false;
    },
  };
}

/** Characters that fit on one line; escape sequences of the colours do not count. */
const widthOf = (columns: number | undefined, colour: boolean): number => (columns ?? 80) - 1 + (colour ? 9 : 0);

/** "kernel [#####-----]  52 %  12.3 M/s  ETA 4 s" */
function renderLine({ phase, done, total }: Progress, seconds: number, colour: boolean): string {
  const fraction = total > 0 ? Math.min(1, done / total) : 1;
  const filled = Math.round(fraction * BAR);
  const bar = `${colour ? '\x1b[36m' : ''}${'#'.repeat(filled)}${colour ? '\x1b[0m' : ''}${'-'.repeat(BAR - filled)}`;
  const rate = seconds > 0 ? done / seconds : 0;
  const left = rate > 0 ? (total - done) / rate : Number.POSITIVE_INFINITY;
  const timing = rate > 0 ? `  ${showRate(rate)}/s  ${fraction < 1 ? `ETA ${showSeconds(left)}` : showSeconds(seconds)}` : '';
  return `${phase} [${bar}] ${String(Math.floor(fraction * 100)).padStart(3)} %${timing}`;
}

function showRate(rate: number): string {
  const power = Math.min(4, Math.max(0, Math.floor(Math.log10(rate) / 3)));
  return `${(rate / 1000 ** power).toPrecision(3)} ${['', 'k', 'M', 'G', 'T'][power]}`;
}

/** "4 s", "2 min 5 s", "1 h 12 min". */
export function showSeconds(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
