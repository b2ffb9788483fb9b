/** The order in which a finite network's layers act, whatever stands for activations. */
import type { TracedLayer } from '../inference/state';
import type { Network } from '../spec';

/** The activations between two layers: one, or one for each branch. */
export type Value<T> = T | readonly Value<T>[];

export abstract class NetworkWalk<T> {
  private next = 0;

  /** @param layers those of the network, as inference traced them */
  constructor(private readonly layers: readonly TracedLayer[]) {}

  walk(net: Network, value: Value<T>): Value<T> {
    switch (net.kind) {
      case 'serial':
        return net.layers.reduce((v: Value<T>, layer) => this.walk(layer, v), value);
      case 'repeat':
        return Array.from({ length: net.n }).reduce((v: Value<T>) => this.walk(net.layer, v), value);
      case 'parallel':
        return net.layers.map((layer, k) => this.walk(layer, (value as readonly Value<T>[])[k]));
      default: {
        const traced = this.layers[this.next++];
        if (net.kind === 'identity') return value;
        if (net.kind === 'fanOut') return Array.from({ length: net.num }, () => value);
        if (net.kind === 'fanInSum' || net.kind === 'fanInProd' || net.kind === 'fanInConcat')
          return this.mask(traced, this.join(traced, value as readonly T[]));
        return this.mask(traced, this.layer(traced, value as T));
      }
    }
  }

  /** A fan-in layer. */
  protected abstract join(traced: TracedLayer, parts: readonly T[]): T;
  /** A layer of one tensor. */
  protected abstract layer(traced: TracedLayer, x: T): T;
  /** A layer's output with zeros for what is masked. */
  protected abstract mask(traced: TracedLayer, x: T): T;
}
