import { InfiniteWidthError } from '../errors';
import type { Network } from '../spec';
import { dense } from './dense';
import { abRelu, abs, erf, leakyRelu, relu, sigmoidLike } from './elementwise';
import { flatten, identity, serial } from './structure';

/** Rebuilds a layer from its plain data, through the same checks as the layer functions. */
const MAKERS: { readonly [K in Network['kind']]: (data: Extract<Network, { kind: K }>) => Network } = {
  dense: (data) => dense(data.outDim, data),
  relu,
  abs,
  sigmoidLike,
  identity,
  flatten,
  leakyRelu: (data) => leakyRelu(data.alpha),
  abRelu: (data) => abRelu(data.a, data.b),
  erf,
  serial: ({ layers }) => {
    if (Array.isArray(layers)) return serial(...(layers as readonly Network[]).map(fromData));
    throw new InfiniteWidthError('ERR_ARGUMENT', 'serial: layers must be an array', { layers });
  },
};

function fromData(data: Network): Network {
  if (!data || typeof data !== 'object' || !Object.hasOwn(MAKERS, data.kind))
    throw new InfiniteWidthError('ERR_ARGUMENT', `not a layer of this version: ${JSON.stringify(data)?.slice(0, 80)}`, { data });
  return (MAKERS[data.kind] as (data: Network) => Network)(data);
}

/** Reads a network from its JSON text or parsed data. @throws ERR_ARGUMENT for an unknown layer or a bad parameter */
export function parseNetwork(json: string | object): Network {
  let data: unknown = json;
  if (typeof json === 'string')
    try {
      data = JSON.parse(json);
    } catch (cause) {
      throw new InfiniteWidthError('ERR_ARGUMENT', `the network is not JSON: ${(cause as Error).message}`, {}, { cause });
    }
  return fromData(data as Network);
}
