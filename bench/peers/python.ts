/** The Python peers, where a Python is given: every sample is a process of its own that reports its own seconds (test/reference/peers.py). */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { DType } from '../../src/ndarray';
import type { Network } from '../../src/spec';
import type { Contestant } from '../harness';

const TIMING = fileURLToPath(new URL('../../test/reference/peers.py', import.meta.url));
const KERNELS = fileURLToPath(new URL('neural_tangents_kernels.py', import.meta.url));

export interface KernelRequest {
  readonly network: Network;
  readonly rows: readonly (readonly number[])[];
}
export interface KernelAnswer {
  /** [n][n]; null where the value is not finite. */
  readonly nngp: (number | null)[][];
  readonly ntk: (number | null)[][];
}

export interface Python {
  readonly numpy: boolean;
  readonly neuralTangents: boolean;
  /** A contestant out of peers.py, on one thread. */
  contestant(name: string, peer: string, options: Readonly<Record<string, string | number>>): Contestant;
  /** Kernels by neural-tangents, x2 left out. */
  kernels(dtype: DType, requests: readonly KernelRequest[]): KernelAnswer[];
}

/** Looks what a Python has; undefined where none is given. @throws Error if it cannot be started */
export function openPython(path: string | undefined, note: (text: string) => void): Python | undefined {
  if (path === undefined) {
    note('numpy and neural-tangents are left out: no Python is given (--python PATH)');
    return undefined;
  }
  const has = (module: string) =>
    spawnSync(path, ['-c', `import importlib.util, sys; sys.exit(importlib.util.find_spec('${module}') is None)`]).status === 0;
  const python = { numpy: has('numpy'), neuralTangents: has('neural_tangents') };
  if (!python.numpy) note(`numpy is left out: ${path} does not have it`);
  if (!python.neuralTangents) note(`neural-tangents is left out: ${path} does not have it`);
  return {
    ...python,
    contestant(name, peer, options) {
      const flags = Object.entries(options).flatMap(([key, value]) => [`--${key}`, String(value)]);
      return {
        name,
        process: true,
        time: () => run<{ seconds: { best: number } }>(path, [TIMING, peer, '--runs', '1', ...flags]).seconds.best * 1000,
      };
    },
    kernels: (dtype, requests) => run(path, [KERNELS, dtype], JSON.stringify(requests)),
  };
}

/** The JSON that a script prints. */
function run<T>(path: string, args: readonly string[], input = ''): T {
  const { status, error, stdout, stderr } = spawnSync(path, args, { input, encoding: 'utf8', maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(`${path} ${args.join(' ')} failed: ${error?.message ?? stderr.trim().split('\n').at(-1)}`);
  return JSON.parse(stdout) as T;
}
