/** Networks that may have been written by hand. */
import { notBrought } from '../errors';
import type { Network } from '../spec';

/** parseNetwork, where it is brought. */
let parser: ((net: Network) => Network) | null = null;
export function useParser(parse: (net: Network) => Network): void {
  parser = parse;
}

/** What reads networks from text. @param what is read, for the message @throws ERR_UNSUPPORTED in a bundle that has nothing that does */
export function parserFor(what: string): (net: Network) => Network {
  if (parser) return parser;
  throw notBrought(what);
}

/** The network as the layer functions make it. @throws ERR_ARGUMENT as parseNetwork; ERR_UNSUPPORTED for data in a bundle without parseNetwork */
export function canonical(net: Network): Network {
  if (parser) return parser(net);
  if (isMade(net)) return net;
  throw notBrought('a network that its functions have not made');
}

/** Every layer is frozen, as those that the functions make. */
function isMade(net: Network): boolean {
  if (!Object.isFrozen(net)) return false;
  if (net.kind === 'serial' || net.kind === 'parallel') return net.layers.every(isMade);
  return net.kind !== 'repeat' || isMade(net.layer);
}
