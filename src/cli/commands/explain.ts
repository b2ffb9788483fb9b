import { explain } from '../../explain';
import { choices, required } from '../arguments';
import type { Command, CommandContext } from '../command';
import { dtypeOption } from '../engine-options';
import { UsageError } from '../errors';
import { readNetwork, SHORT_FORM_HELP } from '../network';

/** What a kernel would compute and cost. */
export const explainCommand: Command = {
  name: 'explain',
  summary: 'what a network computes, layer by layer, and what it costs; runs nothing',
  usage: ['infinite-width explain --net NET --shape N,D [options]'],
  options: [
    { name: 'net', value: 'NET', description: 'the network (below)' },
    { name: 'shape', value: 'N,D', description: 'shape of the input, samples first: 1000,784 or 1000,28,28,1' },
    { name: 'get', value: 'LIST', description: 'kernels to count, of nngp,ntk (default: both)' },
    { name: 'dtype', value: 'float32|float64', description: 'precision (default: float64)' },
  ],
  examples: ['infinite-width explain --net "dense 512 1.4142 0.1; relu; dense 1" --shape 6000,784'],
  notes: SHORT_FORM_HELP,
  async run({ options, print }: CommandContext) {
    const net = readNetwork(required(options, 'net'));
    const shape = parseShape(required(options, 'shape'));
    const get = choices(options, 'get', ['nngp', 'ntk'] as const);
    const { text, ...json } = explain(net, shape, { get, dtype: dtypeOption(options) });
    print(text);
    return { json };
  },
};

function parseShape(text: string): number[] {
  const parts = text.split(/[,x×]/);
  const lengths = parts.map((part) => (/^\s*\d+\s*$/.test(part) ? Number(part) : 0));
  if (lengths.every((length) => length > 0 && Number.isSafeInteger(length))) return lengths;
  throw new UsageError(`--shape is positive integers with commas between them, got "${text}"`);
}
