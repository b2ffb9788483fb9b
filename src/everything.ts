/** All that functions bring when they are called: for networks that come as data, and programs that run the package as it is. */
import { bringActivations } from './activations/bring';
import { bringEigen } from './backends/parts';
import { bringGraphs } from './graphs';

let isBrought = false;

export function bringEverything(): void {
  if (isBrought) return;
  isBrought = true;
  bringActivations();
  bringGraphs();
  bringEigen();
}
