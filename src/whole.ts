/**
 * Run once by whoever imports an entry of the package as it is: networks given as data then have all they may name. Bundlers leave this module
 * out, since the package says that it has no side effects, and take what the layer functions bring.
 */
import { bringParser } from './layers/parse';

bringParser();
