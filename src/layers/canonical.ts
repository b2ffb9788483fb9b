/** Networks from data: every layer goes through the checks of its function. Chains are known everywhere, other layers where parseNetwork is. */
import { InfiniteWidthError, notBrought } from '../errors';
import { show } from '../show';
import type { Network } from '../spec';
import { abRelu, abs, leakyRelu, relu } from './activations/rectified';
import { networkRemedy } from './checks';
import { dense } from './dense';
import { flatten, identity, repeat, serial } from './structure';

type Kind = Network['kind'];
type OfKind<L, K extends Kind> = L extends { readonly kind: infer Kinds } ? (K extends Kinds ? Omit<L, 'kind'> : never) : never;
/** Makes a layer of kind K from its fields: positional parameters, then the rest as options. */
export type Maker<K extends Kind> = (fields: OfKind<Network, K>, kind: K) => Network;
export type Makers = { readonly [K in Kind]: Maker<K> };

/** Of the layers that bring nothing. */
export const chainMakers = () =>
  ({
    ...{ relu, abs, identity, flatten },
    dense: ({ outDim, ...options }) => dense(outDim, options),
    leakyRelu: ({ alpha }) => leakyRelu(alpha),
    abRelu: ({ a, b }) => abRelu(a, b),
    serial: (fields) => serial(...networksOf(fields.layers, 'serial')),
    repeat: ({ layer, n }) => repeat(fromData(layer), n),
  }) satisfies Partial<Makers>;

let known: Partial<Makers> | undefined;
let isComplete = false;

/** Makes every layer known. @param makers called the first time */
export function useMakers(makers: () => Makers): void {
  if (isComplete) return;
  known = makers();
  isComplete = true;
}

export function networksOf(data: readonly Network[], combinator: string): Network[] {
  if (Array.isArray(data)) return data.map((layer: Network) => fromData(layer));
  throw new InfiniteWidthError('ERR_ARGUMENT', `${combinator}: layers must be an array, got ${show(data)}`, { layers: data });
}

/** @throws ERR_ARGUMENT for an unknown layer or field, or a bad parameter; ERR_UNSUPPORTED for a layer that a bundle does not know */
export function fromData(data: Network): Network {
  known ??= chainMakers();
  if (typeof (data as Partial<Network> | null | undefined)?.kind !== 'string')
    throw new InfiniteWidthError(
      'ERR_ARGUMENT',
      `the network is or holds ${show(data)}, which is no layer; ${networkRemedy(data, 'serial')}`,
      { data },
    );
  if (!Object.hasOwn(known, data.kind)) {
    if (!isComplete) throw notBrought(`layer ${data.kind} as data`);
    throw new InfiniteWidthError('ERR_ARGUMENT', `not a layer of this version: ${show(data)}`, { data });
  }
  const { kind, ...fields } = data;
  const layer = (known[kind] as (fields: object, kind: Kind) => Network)(fields, kind);
  const unknown = Object.keys(fields).find((field) => !Object.hasOwn(layer, field));
  if (unknown === undefined) return layer;
  throw new InfiniteWidthError(
    'ERR_ARGUMENT',
    `${kind}: unknown field ${unknown}; the fields are ${Object.keys(layer).slice(1).join(', ')}`,
    {
      kind,
      field: unknown,
    },
  );
}

/** The network as the layer functions make it. @throws as fromData, but in a bundle layers that their functions made are taken as they are */
export const canonical = (net: Network): Network => (!isComplete && isMade(net) ? net : fromData(net));

/** Every layer is frozen, as those that the functions make. */
function isMade(net: Network): boolean {
  // null and numbers count as frozen.
  if (typeof net !== 'object' || net === null || !Object.isFrozen(net)) return false;
  if (net.kind === 'serial' || net.kind === 'parallel') return net.layers.every(isMade);
  return net.kind !== 'repeat' || isMade(net.layer);
}
