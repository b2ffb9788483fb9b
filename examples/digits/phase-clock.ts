/** Time by phase, read off the progress reports of the library. */
import type { Progress } from 'infinite-width';

/** The table's name of each phase that the library reports. */
const NAMES: Readonly<Record<string, string>> = { cholesky: 'factorise', solve: 'predict' };

export class PhaseClock {
  readonly seconds = new Map<string, number>();
  private last = performance.now();

  /** Times one synchronous piece of work. */
  measure<T>(phase: string, work: () => T): T {
    this.last = performance.now();
    const result = work();
    this.add(phase);
    return result;
  }

  /** A listener that counts the time since the report before to the phase of this one: reports follow work. */
  watch(next: (progress: Progress) => void): (progress: Progress) => void {
    this.last = performance.now();
    return (progress) => {
      this.add(NAMES[progress.phase] ?? progress.phase);
      next(progress);
    };
  }

  get total(): number {
    return [...this.seconds.values()].reduce((sum, seconds) => sum + seconds, 0);
  }

  private add(phase: string): void {
    const now = performance.now();
    this.seconds.set(phase, (this.seconds.get(phase) ?? 0) + (now - this.last) / 1000);
    this.last = now;
  }
}
