/** Networks from their JSON. Every layer goes through the checks of its function. */
import { InfiniteWidthError } from '../errors';
import { bringEverything } from '../everything';
import type { Network } from '../spec';
import { chainMakers, fromData, type Maker, type Makers, networksOf, useMakers } from './canonical';
import { oneOf } from './checks';
import { convolution } from './conv';
import { constantOf, dotWith } from './dot-general';
import * as layers from './index';
import { pool } from './pool';

const makeConv: Maker<'conv'> & Maker<'convLocal'> & Maker<'convTranspose'> = ({ outChan, filterShape, ...options }, kind) =>
  convolution(kind, outChan, filterShape, options);
const makePool: Maker<'avgPool'> & Maker<'sumPool'> = ({ windowShape, ...options }, kind) => pool(kind, windowShape, options);

/** In a function, which bundlers can leave out: it names every layer. */
function makers(): Makers {
  const { sigmoidLike, gabor, sign, tanh, sigmoid, softplus, silu, selu } = layers;
  const { globalAvgPool, globalSumPool, fanInSum, fanInProd } = layers;
  const { erf, gelu, sin, cos, rbf, exp, gaussian, expNormalized, elu, elementwise, layerNorm, aggregate, fanInConcat } = layers;
  return {
    ...chainMakers(),
    ...{ sigmoidLike, gabor, sign, tanh, sigmoid, softplus, silu, selu },
    ...{ globalAvgPool, globalSumPool, fanInSum, fanInProd },
    ...{ erf, gelu, sin, cos, rbf, exp, gaussian, expNormalized, elu, elementwise, layerNorm, aggregate, fanInConcat },
    ...{ conv: makeConv, convLocal: makeConv, convTranspose: makeConv, avgPool: makePool, sumPool: makePool },
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
    parallel: (fields) => layers.parallel(...networksOf(fields.layers, 'parallel')),
  };
}

/** Makes every layer known, to the engines too. */
export function bringParser(): void {
  bringEverything();
  useMakers(makers);
}

/**
 * Reads a network from its JSON text or parsed data: for every network without functions, parseNetwork(canonicalJson(net)) equals net.
 * Fields left out have the defaults of the layer functions.
 * @throws ERR_ARGUMENT for an unknown layer or field, or a bad parameter
 */
export function parseNetwork(json: string | object): Network {
  bringParser();
  let data: unknown = json;
  if (typeof json === 'string')
    try {
      data = JSON.parse(json);
    } catch (cause) {
      throw new InfiniteWidthError('ERR_ARGUMENT', `the network is not JSON: ${(cause as Error).message}`, {}, { cause });
    }
  return fromData(data as Network);
}
