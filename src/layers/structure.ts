import { InfiniteWidthError } from '../errors';
import type { Network, PlainLayer, SerialLayer } from '../spec';

/** Leaves its input as it is. */
export const identity = (): PlainLayer => Object.freeze({ kind: 'identity' });

/** All but the first axis become one: [n, h, w, c] → [n, h·w·c]. The kernel is the mean over locations of the diagonal. */
export const flatten = (): PlainLayer => Object.freeze({ kind: 'flatten' });

/** The layers one after another. @throws ERR_ARGUMENT if an argument is not a network */
export function serial(...layers: Network[]): SerialLayer {
  layers.forEach((layer, i) => {
    if (typeof (layer as { kind?: unknown } | null)?.kind !== 'string')
      throw new InfiniteWidthError('ERR_ARGUMENT', `serial: argument ${i} is not a layer; call the layer function (relu(), not relu)`, {
        index: i,
      });
  });
  return Object.freeze({ kind: 'serial', layers: Object.freeze([...layers]) });
}
