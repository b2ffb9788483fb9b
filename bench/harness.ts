/**
 * Races. Contestants take turns, A B A B …, in one run of one process, so that whatever else the machine does hits all of them
 * alike: absolute times of a busy machine say little, ratios of one race do. The best time is about an undisturbed core, the
 * median about what a user sees.
 */
import { Bench } from 'tinybench';

export interface Contestant {
  readonly name: string;
  /** One of ours: the others are compared with it. */
  readonly ours?: boolean;
  /** Runs once; the milliseconds it took. */
  readonly time: () => number | Promise<number>;
  /** `time` starts a process that warms up by itself and reports: one call a sample, few samples. */
  readonly process?: boolean;
  /** Rounds such a process takes part in; EFFORT says how many where it does not. */
  readonly rounds?: number;
  /** Samples it gives however long they take; LEAST_SAMPLES where it does not say. */
  readonly samples?: number;
}

export interface Measured {
  readonly name: string;
  readonly ours: boolean;
  readonly best: number;
  readonly median: number;
  readonly runs: number;
}

/** How often its peer's time one of ours fits in. */
export interface Ratio {
  readonly ours: string;
  readonly peer: string;
  readonly best: number;
  readonly median: number;
}

interface Effort {
  readonly warmUpMs: number;
  /** Calls are repeated until a sample has lasted this long. */
  readonly sampleMs: number;
  readonly rounds: number;
  /** Rounds that a process takes part in. */
  readonly processRounds: number;
  /** Time a contestant may take; it gets LEAST_SAMPLES anyway. */
  readonly budgetMs: number;
}

const EFFORT: Effort = { warmUpMs: 200, sampleMs: 20, rounds: 15, processRounds: 3, budgetMs: 2000 };
const QUICK: Effort = { warmUpMs: 5, sampleMs: 1, rounds: 3, processRounds: 1, budgetMs: 50 };
const LEAST_SAMPLES = 3;
/** A first call as long as this is a sample, not a warm-up. */
const LONG_MS = 1000;

/** A contestant's clock around `run`; `prepare` (restoring what `run` overwrites) is not counted. */
export function timed(run: () => unknown, prepare?: () => void): () => number {
  return () => {
    prepare?.();
    const start = performance.now();
    run();
    return performance.now() - start;
  };
}

/** As `timed`, for work that gives the thread back. */
export function timedAsync(run: () => Promise<unknown>): () => Promise<number> {
  return async () => {
    const start = performance.now();
    await run();
    return performance.now() - start;
  };
}

/**
 * Runs a race: every contestant warmed up, then rounds in which each takes one sample. Times are milliseconds per call. A peer
 * that fails is left out, and `note` hears why.
 */
export async function race(
  entrants: readonly Contestant[],
  { quick }: { readonly quick: boolean },
  note: (text: string) => void,
): Promise<Measured[]> {
  const effort = quick ? QUICK : EFFORT;
  const runners: { contestant: Contestant; samples: number[] }[] = [];
  for (const contestant of entrants)
    try {
      runners.push({ contestant, samples: await warmUp(contestant, effort) });
    } catch (error) {
      if (contestant.ours) throw error;
      note(`${contestant.name} is left out here: ${(error as Error).message}`);
    }
  for (let round = 0; round < effort.rounds; round++)
    for (const { contestant, samples } of runners) {
      const rests = contestant.process
        ? round >= Math.min(effort.processRounds, contestant.rounds ?? Infinity)
        : samples.length >= (quick ? LEAST_SAMPLES : (contestant.samples ?? LEAST_SAMPLES)) && sum(samples) > effort.budgetMs;
      if (rests) continue;
      samples.push(await sample(contestant, contestant.process ? 0 : effort.sampleMs));
      await nextTurn();
    }
  return runners.map(({ contestant: { name, ours = false }, samples }) => ({ name, ours, ...statistics(name, samples) }));
}

/** Calls until the engine has had time to optimise; a long first call is returned as a sample. */
async function warmUp({ time, process }: Contestant, { warmUpMs }: Effort): Promise<number[]> {
  if (process) return [];
  const first = await time();
  for (let spent = first; spent < warmUpMs; spent += await time()) await nextTurn();
  return first >= LONG_MS ? [first] : [];
}

async function sample({ time }: Contestant, sampleMs: number): Promise<number> {
  let calls = 0;
  let total = 0;
  while (calls === 0 || total < sampleMs) {
    total += await time();
    calls++;
  }
  return total / calls;
}

/** tinybench's statistics of samples that were taken in turns. */
function statistics(name: string, samples: readonly number[]): Pick<Measured, 'best' | 'median' | 'runs'> {
  let next = 0;
  const bench = new Bench({ iterations: samples.length, time: 0, warmup: false, throws: true });
  bench.add(name, () => ({ overriddenDuration: samples[next++] }), { async: false });
  const { result } = bench.runSync()[0];
  if (result.state !== 'completed') throw new Error(`no statistics of ${name}: ${result.state}`);
  return { best: result.latency.min, median: result.latency.p50, runs: result.latency.samplesCount };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Lets background compilation publish its code. */
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** (long − short) / units of two measurements: what they share cancels. */
export function difference(name: string, long: Measured, short: Measured, units: number): Measured {
  const per = (a: number, b: number) => Math.max(0, a - b) / units;
  return {
    name,
    ours: long.ours,
    best: per(long.best, short.best),
    median: per(long.median, short.median),
    runs: Math.min(long.runs, short.runs),
  };
}

/** Σ weight · measurement. */
export function weightedSum(name: string, terms: readonly (readonly [weight: number, measured: Measured])[]): Measured {
  const total = (pick: (measured: Measured) => number) => sum(terms.map(([weight, measured]) => weight * pick(measured)));
  return {
    name,
    ours: false,
    best: total(({ best }) => best),
    median: total(({ median }) => median),
    runs: Math.min(...terms.map(([, { runs }]) => runs)),
  };
}

/** Every one of ours against every peer. */
export function ratiosOf(rows: readonly Measured[]): Ratio[] {
  const peers = rows.filter(({ ours }) => !ours);
  return rows
    .filter(({ ours }) => ours)
    .flatMap((mine) =>
      peers.map((peer) => ({ ours: mine.name, peer: peer.name, best: peer.best / mine.best, median: peer.median / mine.median })),
    );
}

/** The measurement of that name. */
export function byName(rows: readonly Measured[], name: string): Measured {
  const row = rows.find((candidate) => candidate.name === name);
  if (!row) throw new Error(`no contestant ${name} among ${rows.map((candidate) => candidate.name).join(', ')}`);
  return row;
}
