/**
 * Lane algebra that prints WGSL: running an operation of duals/steps.ts on it gives the source of that operation in f32, one `let`
 * per operation, with the single-precision polynomials. WGSL's own acos and atan2 are never used: their error may reach 1e-4.
 */
import { SINGLE } from '../duals/coefficients';
import type { PairLanes } from '../duals/pair';
import * as op from '../opcodes';
import { TABLES_OF } from '../program';
import { pairStep } from './pair-step';

/** What every printed operation returns: ρ, 1 − |ρ|, and the NTK over the rows' scales. */
export const PAIR_STRUCT = 'struct Pair { rho: f32, m: f32, t: f32 }\n';

/** The nearest f32 as a literal that reads back as that f32. */
export function literal(x: number): string {
  const single = Math.fround(x);
  const short = Number(single.toPrecision(9));
  const text = `${Math.fround(short) === single ? short : single}f`;
  return single < 0 ? `(${text})` : text;
}

/** Expressions are names or literals; places are the names under which a function receives the state. */
export class Wgsl implements PairLanes<string, string> {
  private readonly lets: string[] = [];
  private readonly state = new Map<string, string>();

  /** The `let` statements so far, in order. */
  get statements(): readonly string[] {
    return this.lets;
  }
  narrow(): boolean {
    return true;
  }
  zero(): string {
    return this.lit(0);
  }
  half(): string {
    return this.lit(0.5);
  }
  one(): string {
    return this.lit(1);
  }
  two(): string {
    return this.lit(2);
  }
  lit(x: number): string {
    return literal(x);
  }
  table(i: number): string {
    return literal(SINGLE[i]);
  }
  add(a: string, b: string): string {
    return this.let(`${a} + ${b}`);
  }
  sub(a: string, b: string): string {
    return this.let(`${a} - ${b}`);
  }
  mul(a: string, b: string): string {
    return this.let(`${a} * ${b}`);
  }
  div(a: string, b: string): string {
    return this.let(`${a} / ${b}`);
  }
  fma(a: string, b: string, c: string): string {
    return this.let(`fma(${a}, ${b}, ${c})`);
  }
  sqrt(a: string): string {
    return this.let(`sqrt(${a})`);
  }
  nearest(a: string): string {
    return this.let(`round(${a})`);
  }
  power(a: string): string {
    return this.let(`ldexp(1f, i32(${a}))`);
  }
  abs(a: string): string {
    return this.let(`abs(${a})`);
  }
  max(a: string, b: string): string {
    return this.let(`max(${a}, ${b})`);
  }
  min(a: string, b: string): string {
    return this.let(`min(${a}, ${b})`);
  }
  ifLess(a: string, b: string, x: string, y: string): string {
    return this.let(`select(${y}, ${x}, ${a} < ${b})`);
  }
  load(at: string): string {
    return this.state.get(at) ?? at;
  }
  store(at: string, value: string): void {
    this.state.set(at, value);
  }

  private let(expression: string): string {
    const name = `x${this.lets.length}`;
    this.lets.push(`let ${name} = ${expression};`);
    return name;
  }
}

/** Names of the printed functions, by op code. */
export const STEP_NAMES: readonly string[] = Object.assign([] as string[], {
  [op.START]: 'pair_start',
  [op.TANGENT]: 'pair_tangent',
  [op.AFFINE]: 'pair_affine',
  [op.RECTIFIED]: 'pair_rectified',
  [op.ERF]: 'pair_erf',
  [op.ERF_PRECISE]: 'pair_erf_precise',
  [op.GUARD]: 'pair_guard',
  [op.CORRELATION]: 'pair_correlation',
  [op.PLAIN_RECTIFIED]: 'pair_plain_rectified',
  [op.AFFINE_RECTIFIED]: 'pair_affine_rectified',
  [op.STANDARD_RECTIFIED]: 'pair_standard_rectified',
  [op.RECTIFIED_RUN]: 'pair_rectified_run',
  [op.FINISH]: 'pair_finish',
  [op.EXPONENTIAL]: 'pair_exponential',
  [op.SINE]: 'pair_sine',
  [op.GAUSSIAN]: 'pair_gaussian',
  [op.GABOR]: 'pair_gabor',
  [op.GELU]: 'pair_gelu',
  [op.SIGN]: 'pair_sign',
  [op.POLYNOMIAL]: 'pair_polynomial',
  [op.RECTIFIED_MONOMIAL]: 'pair_rectified_monomial',
});

/**
 * The parameters of a step's function after rho, m, t: its row entries, its column entries, the parameters it reads.
 * @param degree of POLYNOMIAL and RECTIFIED_MONOMIAL, J of RECTIFIED_RUN: they have a function for each
 */
export function stepArguments(code: number, degree = 0): readonly string[] {
  return trace(code, degree).names;
}

/** The name of an operation's function: `pair_…`, with the degree where it has one. */
export function stepName(code: number, degree = 0): string {
  return [op.POLYNOMIAL, op.RECTIFIED_MONOMIAL, op.RECTIFIED_RUN].includes(code) ? `${STEP_NAMES[code]}_${degree}` : STEP_NAMES[code];
}

/**
 * The WGSL function of one operation:
 * `fn pair_…(rho: f32, m: f32, t: f32, row0: f32, …, col0: f32, …, p0: f32, …) -> Pair`; it needs PAIR_STRUCT once in the module.
 * pair_start takes the Gram entry as rho and does not remeasure margins below its threshold.
 */
export function printStep(code: number, degree = 0): string {
  const { lanes, names } = trace(code, degree);
  const parameters = ['rho', 'm', 't', ...names].map((name) => `${name}: f32`).join(', ');
  const body = [...lanes.statements, `return Pair(${['rho', 'm', 't'].map((place) => lanes.load(place)).join(', ')});`];
  return `fn ${stepName(code, degree)}(${parameters}) -> Pair {\n${body.map((line) => `  ${line}\n`).join('')}}\n`;
}

/** Runs the operation on names. Entries that it reads of one side only are parameters of both. */
function trace(code: number, degree: number): { lanes: Wgsl; names: string[] } {
  const lanes = new Wgsl();
  let [entries, read] = [TABLES_OF[code] ?? 0, 0];
  const param = (k: number) => {
    read = Math.max(read, k + 1);
    return `p${k}`;
  };
  const entry = (prefix: string) => (k: number) => {
    entries = Math.max(entries, k + 1);
    return `${prefix}${k}`;
  };
  pairStep<Wgsl, string, string>(lanes, code, { c: 'rho', m: 'm', t: 't' }, entry('row'), entry('col'), param, degree);
  const named = (prefix: string, count: number) => Array.from({ length: count }, (_, k) => `${prefix}${k}`);
  return { lanes, names: [...named('row', entries), ...named('col', entries), ...named('p', read)] };
}
