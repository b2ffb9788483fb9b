/** All that layer functions bring (activations/bring.ts, graphs.ts): for networks that come as data. */
import { bringActivations } from './activations/bring';
import { bringGraphs } from './graphs';

export function bringEverything(): void {
  bringActivations();
  bringGraphs();
}
