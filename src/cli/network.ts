/** Networks on the command line: a JSON file, JSON text, or the short form "dense 512 1.5 0.1; relu; dense 1". */
import type { DenseOptions } from '../layers/dense';
import {
  abRelu,
  abs,
  dense,
  elu,
  erf,
  flatten,
  gabor,
  gelu,
  globalAvgPool,
  identity,
  leakyRelu,
  relu,
  selu,
  serial,
  sigmoid,
  sigmoidLike,
  sign,
  silu,
  softplus,
  tanh,
} from '../layers/index';
import { parseNetwork } from '../layers/parse';
import type { Network, Parameterization } from '../spec';
import { unknown } from './arguments';
import { UsageError } from './errors';
import { isFile, readBytes } from './files';

/** @throws UsageError for a short form that does not parse; ERR_ARGUMENT of the layers; FileError */
export function readNetwork(spec: string): Network {
  const text = spec.trim();
  if (text.startsWith('{') || text.startsWith('[')) return parseNetwork(text);
  if (isFile(spec) || /\.json$/i.test(spec)) return parseNetwork(new TextDecoder().decode(readBytes(spec)));
  return parseShortForm(spec);
}

interface ShortLayer {
  /** Names of the arguments; those from `least` on may be left out. */
  readonly parameters: readonly string[];
  readonly least: number;
  make(...values: number[]): Network;
}

/** Layers that need no numbers. */
const PLAIN = {
  ...{ relu, abs, sigmoidLike, gelu, tanh, sigmoid, softplus, silu, elu, selu, sign, gabor },
  ...{ identity, flatten, globalAvgPool },
};

const plain = (make: () => Network): ShortLayer => ({ parameters: [], least: 0, make });

const denseLike = (parameterization: Parameterization): ShortLayer => ({
  parameters: ['width', 'wStd', 'bStd'],
  least: 1,
  make: (width, wStd, bStd) => dense(width, { wStd, bStd, parameterization } satisfies DenseOptions),
});

const SHORT: Readonly<Record<string, ShortLayer>> = {
  dense: denseLike('ntk'),
  denseStandard: denseLike('standard'),
  ...Object.fromEntries(Object.entries(PLAIN).map(([name, make]) => [name, plain(() => make())])),
  leakyRelu: { parameters: ['alpha'], least: 1, make: (alpha) => leakyRelu(alpha) },
  abRelu: { parameters: ['a', 'b'], least: 2, make: (a, b) => abRelu(a, b) },
  erf: { parameters: ['a', 'b', 'c'], least: 0, make: (a, b, c) => erf({ a, b, c }) },
};

/** What the help says of the short form. */
export const SHORT_FORM_HELP: readonly string[] = [
  'A network is a JSON file, JSON text, or layers with semicolons between them:',
  `  ${Object.entries(SHORT)
    .map(([name, { parameters, least }]) =>
      [name, ...parameters.map((parameter, i) => (i < least ? parameter : `[${parameter}]`))].join(' '),
    )
    .join('; ')}`,
  'dense is in the NTK parameterization, denseStandard in the standard one; without bStd there is no bias.',
];

function parseShortForm(text: string): Network {
  const layers = text.split(';').map((part) => part.trim());
  if (layers.length > 1 && layers[layers.length - 1] === '') layers.pop();
  return serial(...layers.map(parseLayer));
}

function parseLayer(text: string, index: number): Network {
  const [name, ...rest] = text.split(/\s+/);
  if (name === '')
    throw new UsageError(`--net: layer ${index} is empty; write layers like "dense 512 1.4142 0.1; relu; dense 1", or name a .json file`);
  if (!Object.hasOwn(SHORT, name)) throw unknown('layer', name, Object.keys(SHORT));
  const { parameters, least, make } = SHORT[name];
  if (rest.length < least || rest.length > parameters.length) {
    const expected =
      parameters.length === 0 ? 'no numbers' : `${parameters.join(', ')}${least < parameters.length ? ` (at least ${least})` : ''}`;
    throw new UsageError(`--net: layer ${index}, "${text}": ${name} takes ${expected}`);
  }
  return make(...rest.map((word) => parseNumber(word, text, index)));
}

function parseNumber(word: string, text: string, index: number): number {
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(word)) return Number(word);
  throw new UsageError(`--net: layer ${index}, "${text}": "${word}" is not a number`);
}
