/**
 * What a network is: frozen plain data, one object per layer, with a canonical JSON form and a hash. Layers are made by the
 * functions of layers/; `parseNetwork` reads the JSON back.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { InfiniteWidthError } from './errors';

export type Parameterization = 'ntk' | 'standard';

export interface DenseLayer {
  readonly kind: 'dense';
  readonly outDim: number;
  readonly wStd: number;
  /** null: no bias at all, which in the standard parameterization differs from a bias of standard deviation 0. */
  readonly bStd: number | null;
  readonly parameterization: Parameterization;
  readonly s: readonly [number, number];
}
export interface AbReluLayer {
  readonly kind: 'abRelu';
  readonly a: number;
  readonly b: number;
}
export interface LeakyReluLayer {
  readonly kind: 'leakyRelu';
  readonly alpha: number;
}
export interface ErfLayer {
  readonly kind: 'erf';
  readonly a: number;
  readonly b: number;
  readonly c: number;
}
export interface PlainLayer {
  readonly kind: 'relu' | 'abs' | 'sigmoidLike' | 'identity' | 'flatten';
}
export interface SerialLayer {
  readonly kind: 'serial';
  readonly layers: readonly Network[];
}

/** A layer, or several: both are networks. */
export type Network = DenseLayer | AbReluLayer | LeakyReluLayer | ErfLayer | PlainLayer | SerialLayer;

/** A layer that is not a combinator, with its place in the network for messages ("3", or "2.1" inside a nested serial). */
export interface PlacedLayer {
  readonly layer: Exclude<Network, SerialLayer>;
  readonly position: string;
}

/** The layers of a network in order, nested serials opened. */
export function flattenSerial(net: Network, prefix = ''): PlacedLayer[] {
  if (net.kind !== 'serial') return [{ layer: net, position: prefix || '0' }];
  return net.layers.flatMap((layer, i) => flattenSerial(layer, prefix ? `${prefix}.${i}` : `${i}`));
}

/** JSON with sorted keys and no white space: equal networks have equal text. */
export function canonicalJson(net: Network): string {
  return JSON.stringify(net, (_key, value: unknown) =>
    value && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}

/** SHA-256 of the canonical JSON, in hexadecimal: the identity of a network. */
export function hash(net: Network): string {
  return bytesToHex(sha256(utf8ToBytes(canonicalJson(net))));
}

/** A finite number, or ERR_ARGUMENT naming layer and parameter. */
export function finiteParameter(value: unknown, layer: string, name: string): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new InfiniteWidthError('ERR_ARGUMENT', `${layer}: ${name} must be a finite number, got ${String(value)}`, { layer, name, value });
}

/** A standard deviation: finite and not negative. */
export function standardDeviation(value: unknown, layer: string, name: string): number {
  const std = finiteParameter(value, layer, name);
  if (std >= 0) return std;
  throw new InfiniteWidthError('ERR_ARGUMENT', `${layer}: ${name} is a standard deviation and cannot be negative, got ${std}`, {
    layer,
    name,
    value,
  });
}
