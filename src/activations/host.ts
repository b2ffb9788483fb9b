/** Activations whose dual is a JavaScript function: with tables (tabulated.ts), or one that no operation of the core runs. */
import type { Dual } from '../duals/dual';
import { InfiniteWidthError } from '../errors';
import * as op from '../opcodes';
import type { ActivationLayer } from '../spec';
import type { Operation } from './operation';
import { engineOf } from './registry';

const KNOWN = new WeakMap<ActivationLayer, Dual>();

/** Its Dual, the same for every call. @throws ERR_UNSUPPORTED for an activation that has none */
export function hostDual(activation: ActivationLayer): Dual {
  const known = KNOWN.get(activation);
  if (known) return known;
  const dual = engineOf(activation).dual?.(activation);
  if (!dual)
    throw new InfiniteWidthError('ERR_UNSUPPORTED', `${activation.kind} has a closed form: take its dual from dualOf`, {
      kind: activation.kind,
    });
  KNOWN.set(activation, dual);
  return dual;
}

/** Where a pair's ρ, 1 − |ρ| and scaled NTK stand. */
interface State {
  c: number;
  m: number;
  t: number;
}

/** DUAL: r, √K'(q, q) of both rows, s as a product. */
export function hostedStep(pair: State, dual: Dual, row: (k: number) => number, col: (k: number) => number): void {
  const [r1, r2, after1, after2] = [row(0), col(0), row(1), col(1)];
  const k = r1 * r2 * pair.c;
  const d = (r1 - r2) ** 2 + 2 * r1 * r2 * (pair.c < 0 ? 2 - pair.m : pair.m);
  const [q1, q2] = [r1 * r1, r2 * r2];
  pair.t *= row(2) * col(2) * dual.factor(k, q1, q2, d);
  const product = after1 * after2;
  const rho = product > 0 ? dual.nngp(k, q1, q2, d) / after1 / after2 : 0;
  const unlike = product > 0 ? ((after1 - after2) / after1) * ((after1 - after2) / after2) : 0;
  const close = rho > 0 ? 0.5 * (dual.distance(k, q1, q2, d) / after1 / after2 - unlike) : 1 + rho;
  pair.m = product > 0 ? Math.min(1, Math.max(0, unlike < 1 ? close : 1 - rho)) : 1;
  pair.c = pair.m < 0.5 ? (rho < 0 ? pair.m - 1 : 1 - pair.m) : rho;
}

/** r, √K'(q, q), s. */
export function hostOperation(activation: ActivationLayer): Operation {
  const dual = hostDual(activation);
  return {
    code: op.DUAL,
    params: [],
    tables: 3,
    sign: 'any',
    seesMargin: true,
    row(r) {
      const radius = Math.sqrt(dual.variance(r * r));
      return { radius, slope: 1, tables: (scale) => [r, radius, scale] };
    },
  };
}
