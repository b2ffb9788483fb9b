/** Parameters of finite networks: plain data, one entry per layer that has parameters, in the order in which the layers stand (depth first). */
import { InfiniteWidthError } from '../errors';
import type { TracedLayer } from '../inference/state';
import { asNDArray, type NDArray } from '../ndarray';
import { show } from '../show';
import type { AttentionLayer, ConvLayer, DenseLayer } from '../spec';

/** dense: w [in, out], b [1, out]; conv, convTranspose: w [...filter, in, out], b [1, …1, out]; convLocal: w [...out, filter × in, out]. */
export interface LinearParams {
  readonly w: NDArray;
  readonly b?: NDArray;
}
/** globalSelfAttention; queries share the keys' matrices where linearScaling ties them. */
export interface AttentionParams {
  readonly queryMatrices?: NDArray;
  readonly keyMatrices: NDArray;
  readonly valMatrices: NDArray;
  readonly wOut: NDArray;
  readonly b?: NDArray;
  readonly posEmb?: NDArray;
}
export type LayerParams = LinearParams | AttentionParams;
export type Params = readonly LayerParams[];

export type ParameterizedLayer = DenseLayer | ConvLayer | AttentionLayer;

export const hasParams = (traced: TracedLayer): traced is TracedLayer & { layer: ParameterizedLayer } =>
  ['dense', 'conv', 'convLocal', 'convTranspose', 'globalSelfAttention'].includes(traced.layer.kind);

/** One array of a layer's parameters: its name, its shape, and the standard deviation that it starts with. */
export interface ParamSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly std: number;
  /** As how many matrices, one after another, it acts; 0: it is none. */
  readonly stack: number;
  /** Matrices side by side in each of them, which see channels of their own. */
  readonly groups: number;
}

/** The arrays of a layer. `before` and `after`: shapes of its input and output, sample axis included. */
export function paramSpecs(layer: ParameterizedLayer, before: readonly number[], after: readonly number[]): ParamSpec[] {
  if (layer.kind === 'globalSelfAttention') return attentionSpecs(layer, before);
  const channels = before[before.length - 1];
  const outputs = after[after.length - 1];
  const { shape, fanIn, stack, groups } =
    layer.kind === 'dense' ? { shape: [channels, outputs], fanIn: channels, stack: 1, groups: 1 } : filterOf(layer, channels, after);
  const standard = layer.parameterization === 'standard';
  const weights = { name: 'w', shape, stack, groups, std: standard ? layer.wStd / Math.sqrt(fanIn / layer.s[0]) : 1 };
  if (layer.bStd === null) return [weights];
  const bias = layer.kind === 'convLocal' ? [1, ...after.slice(1)] : [...before.slice(0, -1).fill(1), outputs];
  return [weights, { name: 'b', shape: bias, std: standard ? layer.bStd : 1, stack: 0, groups: 1 }];
}

function filterOf(layer: ConvLayer, channels: number, after: readonly number[]) {
  const perGroup = channels / layer.groups;
  const fanIn = perGroup * layer.filterShape.reduce((a, b) => a * b, 1);
  const outputs = after[after.length - 1];
  const shape = layer.kind === 'convLocal' ? [...after.slice(1, -1), fanIn, outputs] : [...layer.filterShape, perGroup, outputs];
  const stack = layer.kind === 'convLocal' ? after.slice(1, -1).reduce((a, b) => a * b, 1) : 1;
  return { shape, fanIn, stack, groups: layer.groups };
}

function attentionSpecs(layer: AttentionLayer, before: readonly number[]): ParamSpec[] {
  const channels = before[before.length - 1];
  const embedded = layer.posEmbType === 'NONE' ? 0 : (layer.nChanPosEmb ?? channels);
  const concat = layer.posEmbType === 'CONCAT';
  const keys = channels + (concat ? embedded : 0);
  const values = channels + (concat && layer.valPosEmb ? embedded : 0);
  const { nHeads, nChanKey, nChanVal, nChanOut } = layer;
  const spec = (name: string, stack: number, ...shape: number[]): ParamSpec => ({ name, shape, std: 1, stack, groups: 1 });
  return [
    ...(layer.linearScaling ? [] : [spec('queryMatrices', nHeads, nHeads, keys, nChanKey)]),
    spec('keyMatrices', nHeads, nHeads, keys, nChanKey),
    spec('valMatrices', nHeads, nHeads, values, nChanVal),
    spec('wOut', 1, nChanVal * nHeads, nChanOut),
    ...(layer.bStd === null ? [] : [spec('b', 0, ...before.slice(0, -1).fill(1), nChanOut)]),
    ...(embedded > 0 ? [spec('posEmb', 0, 1, ...before.slice(1, -1), embedded)] : []),
  ];
}

/** @throws ERR_ARGUMENT for anything but a list of entries of arrays by name; ERR_DTYPE, ERR_SHAPE for arrays that are none */
export function readParams(params: Params): Params {
  if (!Array.isArray(params) || !params.every((entry) => typeof entry === 'object' && entry !== null && !Array.isArray(entry)))
    throw new InfiniteWidthError(
      'ERR_ARGUMENT',
      `params are a list with { w, b } or the like for every layer with parameters, as init(net, seed, inputShape) gives; got ${show(params)}`,
    );
  return mapParams(params, (array, k, name) => asNDArray(array, `${name} of entry ${k} of params`));
}

/** The same entries and names with other arrays. */
export const mapParams = (params: Params, of: (array: NDArray, entry: number, name: string) => NDArray): Params =>
  params.map(
    (entry, k) =>
      Object.fromEntries(
        (Object.entries(entry) as [string, NDArray][]).map(([name, array]) => [name, of(array, k, name)]),
      ) as unknown as LayerParams,
  );

/** What dense and conv layers multiply their sums and biases by: 1/√s, or w/√fan-in and b in the NTK parameterization. */
export function rescaling(layer: DenseLayer | ConvLayer, fanIn: number): readonly [weights: number, bias: number] {
  if (layer.parameterization === 'standard') return [1 / Math.sqrt(layer.s[0]), 1];
  return [layer.wStd / Math.sqrt(fanIn), layer.bStd ?? 0];
}
