/** All that functions bring when they are called: for networks that come as data, and programs that run the package as it is. */
import { bringActivations } from './activations/bring';
import { bringEigen } from './backends/parts';
import { bringGraphs } from './graphs';

export function bringEverything(): void {
  bringActivations();
  bringGraphs();
  bringEigen();
}
