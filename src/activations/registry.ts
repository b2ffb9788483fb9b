/**
 * What the engines know of an activation, by kind. The layer functions bring it when they are called (bring.ts), so a bundle has what its
 * program can name; the piecewise linear ones need nothing and stand in steps.ts.
 */
import type { TabulatedPair } from '../backends/tabulated-pair';
import type { Dual } from '../duals/dual';
import type { Tabulated } from '../duals/numerical/index';
import { notBrought } from '../errors';
import type { Step } from '../infer';
import type { ActivationLayer } from '../spec';
import type { Operation } from './operation';

export interface ActivationEngine<L = ActivationLayer> {
  /** Left out: one step of kind 'dual'. */
  steps?(layer: L): Step[];
  /** Of a step of kind 'dual'. */
  operation?(layer: L): Operation;
  /** Where no operation runs it on a pair alone. */
  dual?(layer: L): Dual;
  /** Of TABULATED, and the step of the JavaScript tiles. */
  tables?(layer: L): Tabulated | null;
  pair?(layer: L, odd: number): TabulatedPair;
}

type OfKind<K, L = ActivationLayer> = L extends { readonly kind: infer Kinds } ? (K extends Kinds ? L : never) : never;

const ENGINES = new Map<string, ActivationEngine<never>>();

export function bring<K extends ActivationLayer['kind']>(kind: K, engine: ActivationEngine<OfKind<K>>): void {
  ENGINES.set(kind, engine as ActivationEngine<never>);
}

export const isBrought = (kind: string): boolean => ENGINES.has(kind);

/** @throws ERR_UNSUPPORTED for an activation that no call of its layer function has brought */
export function engineOf(activation: ActivationLayer): ActivationEngine {
  const engine = ENGINES.get(activation.kind);
  if (engine) return engine as ActivationEngine;
  throw notBrought(activation.kind);
}

/** The tables that an activation has; null where it has none. */
export const tablesOf = (activation: ActivationLayer): Tabulated | null => engineOf(activation).tables?.(activation) ?? null;
