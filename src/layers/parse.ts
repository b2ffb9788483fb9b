/** Networks from their JSON. Every layer goes through the checks of its function. */
import { InfiniteWidthError } from '../errors';
import { bringEverything } from '../everything';
import type { Network } from '../spec';
import { useParser } from './canonical';
import { oneOf, show } from './checks';
import { convolution } from './conv';
import { constantOf, dotWith } from './dot-general';
import * as layers from './index';
import { pool } from './pool';

type Kind = Network['kind'];
type OfKind<L, K extends Kind> = L extends { readonly kind: infer Kinds } ? (K extends Kinds ? Omit<L, 'kind'> : never) : never;
/** Makes a layer of kind K from its fields: positional parameters, then the rest as options. */
type Maker<K extends Kind> = (fields: OfKind<Network, K>, kind: K) => Network;

const makeConv: Maker<'conv'> & Maker<'convLocal'> & Maker<'convTranspose'> = ({ outChan, filterShape, ...options }, kind) =>
  convolution(kind, outChan, filterShape, options);
const makePool: Maker<'avgPool'> & Maker<'sumPool'> = ({ windowShape, ...options }, kind) => pool(kind, windowShape, options);

type Makers = { readonly [K in Kind]: Maker<K> };

/** In a function, which bundlers can leave out: it names every layer. */
function makers(): Makers {
  const { relu, abs, sigmoidLike, gabor, sign, tanh, sigmoid, softplus, silu, selu } = layers;
  const { identity, flatten, globalAvgPool, globalSumPool, fanInSum, fanInProd } = layers;
  const { erf, gelu, sin, cos, rbf, exp, gaussian, expNormalized, elu, elementwise, layerNorm, aggregate, fanInConcat } = layers;
  return {
    ...{ relu, abs, sigmoidLike, gabor, sign, tanh, sigmoid, softplus, silu, selu },
    ...{ identity, flatten, globalAvgPool, globalSumPool, fanInSum, fanInProd },
    ...{ erf, gelu, sin, cos, rbf, exp, gaussian, expNormalized, elu, elementwise, layerNorm, aggregate, fanInConcat },
    ...{ conv: makeConv, convLocal: makeConv, convTranspose: makeConv, avgPool: makePool, sumPool: makePool },
    dense: ({ outDim, ...options }) => layers.dense(outDim, options),
    leakyRelu: ({ alpha }) => layers.leakyRelu(alpha),
    abRelu: ({ a, b }) => layers.abRelu(a, b),
    hermite: ({ degree }) => layers.hermite(degree),
    monomial: ({ degree }) => layers.monomial(degree),
    rectifiedMonomial: ({ degree }) => layers.rectifiedMonomial(degree),
    polynomial: ({ coef }) => layers.polynomial(coef),
    elementwiseNumerical: ({ fn, deg, ...options }) => layers.elementwiseNumerical(fn, deg, options),
    dropout: ({ rate, ...options }) => layers.dropout(rate, options),
    globalSelfAttention: ({ nChanOut, nChanKey, nChanVal, nHeads, ...options }) =>
      layers.globalSelfAttention(nChanOut, nChanKey, nChanVal, nHeads, options),
    dotGeneral: ({ constant, side, dimensionNumbers }) =>
      dotWith(constantOf(constant, 'constant'), oneOf(side, 'dotGeneral', 'side', ['lhs', 'rhs']), dimensionNumbers),
    imageResize: ({ shape, method, ...options }) => layers.imageResize(shape, method, options),
    index: ({ idx }) => layers.index(idx),
    fanOut: ({ num }) => layers.fanOut(num),
    serial: (fields) => layers.serial(...networksOf(fields.layers, 'serial')),
    parallel: (fields) => layers.parallel(...networksOf(fields.layers, 'parallel')),
    repeat: ({ layer, n }) => layers.repeat(fromData(layer), n),
  };
}
let known: Makers | undefined;

function networksOf(data: readonly Network[], combinator: string): Network[] {
  if (Array.isArray(data)) return data.map((layer: Network) => fromData(layer));
  throw new InfiniteWidthError('ERR_ARGUMENT', `${combinator}: layers must be an array, got ${show(data)}`, { layers: data });
}

function fromData(data: Network): Network {
  known ??= makers();
  if (!data || typeof data !== 'object' || !Object.hasOwn(known, data.kind))
    throw new InfiniteWidthError('ERR_ARGUMENT', `not a layer of this version: ${show(data)}`, { data });
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

/**
 * Reads a network from its JSON text or parsed data: for every network without functions, parseNetwork(canonicalJson(net)) equals net.
 * Fields left out have the defaults of the layer functions.
 * @throws ERR_ARGUMENT for an unknown layer or field, or a bad parameter
 */
export function parseNetwork(json: string | object): Network {
  bringEverything();
  useParser(parseNetwork);
  let data: unknown = json;
  if (typeof json === 'string')
    try {
      data = JSON.parse(json);
    } catch (cause) {
      throw new InfiniteWidthError('ERR_ARGUMENT', `the network is not JSON: ${(cause as Error).message}`, {}, { cause });
    }
  return fromData(data as Network);
}
