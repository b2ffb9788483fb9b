/**
 * What a network does to shapes and distributions: the activations' shape after every layer, whether they are Gaussian (i.i.d.
 * mean-zero channels in the infinite limit), and the steps of the kernel recursion that follow.
 */
import { InfiniteWidthError } from './errors';
import { showShape } from './ndarray';
import { type DenseLayer, flattenSerial, type Network, type PlacedLayer } from './spec';

/** One step of the recursion for fully connected networks. */
export type Step =
  /** q' = w²q + b²; `fanIn` N of the standard parameterization, null in the NTK one; `trained`: the bias adds to the NTK. */
  | { readonly kind: 'affine'; readonly w: number; readonly b: number; readonly hasBias: boolean; readonly fanIn: number | null }
  | { readonly kind: 'rectified'; readonly a: number; readonly b: number }
  | { readonly kind: 'erf'; readonly a: number; readonly b: number }
  /** A constant added to every activation: K' = K + c², no parameter. */
  | { readonly kind: 'shift'; readonly c: number };

export interface Inference {
  readonly steps: readonly Step[];
  /** Numbers per sample over which the input kernel is averaged. */
  readonly features: number;
  /** Shape of the finite network's output, sample axis included. */
  readonly outputShape: readonly number[];
  readonly isGaussian: boolean;
}

interface State {
  shape: readonly number[];
  isGaussian: boolean;
  /** The last activation, for the message when another follows. */
  activation: PlacedLayer | null;
  s: number;
  readonly steps: Step[];
}

/** @throws ERR_SHAPE, ERR_NOT_GAUSSIAN, ERR_ARGUMENT (inconsistent chain of s) */
export function infer(net: Network, inputShape: readonly number[]): Inference {
  if (inputShape.length < 2)
    throw new InfiniteWidthError(
      'ERR_SHAPE',
      `the input has shape ${showShape(inputShape)}; a sample axis and a channel axis are needed: [n, channels]`,
      {
        shape: inputShape,
      },
    );
  const state: State = { shape: inputShape, isGaussian: false, activation: null, s: 1, steps: [] };
  for (const placed of flattenSerial(net)) apply(state, placed);
  requireFlat(state, 'the output');
  return {
    steps: state.steps,
    features: inputShape.slice(1).reduce((a, b) => a * b, 1),
    outputShape: state.shape,
    isGaussian: state.isGaussian,
  };
}

function apply(state: State, placed: PlacedLayer): void {
  const { layer } = placed;
  switch (layer.kind) {
    case 'identity':
      return;
    case 'flatten':
      state.shape = [state.shape[0], state.shape.slice(1).reduce((a, b) => a * b, 1)];
      state.isGaussian = false;
      return;
    case 'dense':
      return applyDense(state, layer, placed);
    case 'relu':
      return activate(state, placed, { kind: 'rectified', a: 0, b: 1 });
    case 'abs':
      return activate(state, placed, { kind: 'rectified', a: -1, b: 1 });
    case 'leakyRelu':
      return activate(state, placed, { kind: 'rectified', a: layer.alpha, b: 1 });
    case 'abRelu':
      return activate(
        state,
        placed,
        layer.a === 0 && layer.b === 0 ? { kind: 'erf', a: 0, b: 1 } : { kind: 'rectified', a: layer.a, b: layer.b },
      );
    case 'sigmoidLike':
      return activate(state, placed, { kind: 'erf', a: 0.5, b: 1 / 2.4020563531719796 }, { kind: 'shift', c: 0.5 });
    case 'erf':
      return activate(
        state,
        placed,
        { kind: 'erf', a: layer.a, b: layer.b },
        ...(layer.c === 0 ? [] : [{ kind: 'shift', c: layer.c } as const]),
      );
  }
}

function applyDense(state: State, layer: DenseLayer, placed: PlacedLayer): void {
  requireFlat(state, `dense at ${placed.position}`);
  const [sIn, sOut] = layer.s;
  if (layer.parameterization === 'standard' && sIn !== state.s)
    throw new InfiniteWidthError(
      'ERR_ARGUMENT',
      `dense at ${placed.position} has s = [${sIn}, ${sOut}], but the layer below ends with s = ${state.s}; make s[0] ${state.s}`,
      {
        position: placed.position,
        expected: state.s,
        got: sIn,
      },
    );
  const channels = state.shape[1];
  const standard = layer.parameterization === 'standard';
  state.steps.push({
    kind: 'affine',
    w: layer.wStd,
    b: layer.bStd ?? 0,
    hasBias: layer.bStd !== null,
    fanIn: standard ? channels / sIn : null,
  });
  state.shape = [state.shape[0], standard ? layer.outDim * sOut : layer.outDim];
  state.s = standard ? sOut : 1;
  state.isGaussian = true;
  state.activation = null;
}

function activate(state: State, placed: PlacedLayer, ...steps: Step[]): void {
  const name = placed.layer.kind;
  if (!state.isGaussian) {
    const before = state.activation ? `${state.activation.layer.kind} at ${state.activation.position}` : 'the raw input (or flatten)';
    throw new InfiniteWidthError(
      'ERR_NOT_GAUSSIAN',
      `${name} at ${placed.position} follows ${before}: its input is not Gaussian; put a dense layer between`,
      { position: placed.position, kind: name, follows: state.activation?.position ?? 'input' },
    );
  }
  state.steps.push(...steps);
  state.isGaussian = false;
  state.activation = placed;
}

function requireFlat(state: State, what: string): void {
  if (state.shape.length !== 2)
    throw new InfiniteWidthError(
      'ERR_SHAPE',
      `${what} needs an input [n, channels] but gets ${showShape(state.shape)}; put flatten() before it`,
      {
        shape: state.shape,
      },
    );
}
