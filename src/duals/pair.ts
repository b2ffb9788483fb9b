/**
 * Lane algebra with the state of a pair: A names a place where ρ, m or t stands (an address in the core, a slot of an object in
 * JavaScript, a name in WGSL).
 */
import { Lanes } from './lanes';

export interface PairLanes<V, A> extends Lanes<V> {
  load(at: A): V;
  store(at: A, value: V): void;
}
