import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InfiniteWidthError } from '../src/errors';
import { globalSelfAttention } from '../src/layers/attention';
import { dense } from '../src/layers/dense';
import { dotGeneral } from '../src/layers/dot-general';
import { abRelu, abs, erf, leakyRelu, polynomial, relu, sigmoidLike } from '../src/layers/elementwise';
import { parseNetwork } from '../src/layers/parse';
import { flatten, identity, serial } from '../src/layers/structure';
import { canonicalJson, hash, type Network } from '../src/spec';
import { EXAMPLES } from './layers/examples';

const net = serial(
  flatten(),
  dense(5, { wStd: 1.5, bStd: 0.1 }),
  serial(relu(), dense(3, { parameterization: 'standard', s: [1, 2] })),
  erf({ a: 2 }),
);

const codeOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    return error instanceof InfiniteWidthError ? error.code : String(error);
  }
  return 'no error';
};

describe('networks as data', () => {
  it('are frozen to the bottom', () => {
    const frozen = (value: unknown): boolean =>
      typeof value !== 'object' || value === null || (Object.isFrozen(value) && Object.values(value).every(frozen));
    for (const layer of [net, dense(1), relu(), abs(), sigmoidLike(), identity(), flatten(), leakyRelu(0.1), abRelu(1, 2), erf()])
      expect(frozen(layer)).toBe(true);
  });

  it('have one canonical text whatever the order of their keys', () => {
    const shuffled = JSON.parse(canonicalJson(dense(4, { wStd: 2 })), (_key, value) =>
      value && typeof value === 'object' && !Array.isArray(value) ? Object.fromEntries(Object.entries(value).reverse()) : value,
    ) as Network;
    expect(canonicalJson(shuffled)).toBe(canonicalJson(dense(4, { wStd: 2 })));
    expect(canonicalJson(dense(4, { wStd: 2 }))).toBe(
      '{"bStd":null,"kind":"dense","outDim":4,"parameterization":"ntk","s":[1,1],"wStd":2}',
    );
  });

  it('survive JSON and structuredClone, hash included', () => {
    expect(parseNetwork(canonicalJson(net))).toEqual(net);
    expect(hash(parseNetwork(structuredClone(net)))).toBe(hash(net));
  });

  it('hash to the SHA-256 of that text', async () => {
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(canonicalJson(net)));
    expect(hash(net)).toBe(Buffer.from(digest).toString('hex'));
    expect(hash(serial(relu()))).not.toBe(hash(serial(abs())));
  });

  it('keep an absent bias apart from one of standard deviation 0', () => {
    expect(dense(1).bStd).toBe(null);
    expect(dense(1, { bStd: 0 }).bStd).toBe(0);
    expect(hash(dense(1))).not.toBe(hash(dense(1, { bStd: 0 })));
  });

  it.each([
    ['a negative wStd', () => dense(1, { wStd: -1 })],
    ['a wStd that is not finite', () => dense(1, { wStd: Number.NaN })],
    ['a negative bStd', () => dense(1, { bStd: -0.1 })],
    ['a width that is not a positive integer', () => dense(0)],
    ['an unknown parameterization', () => dense(1, { parameterization: 'mup' as 'ntk' })],
    ['an s of the wrong length', () => dense(1, { s: [1] as unknown as [number, number] })],
    ['a layer function that was not called', () => serial(relu as unknown as Network)],
    ['a slope that is not a number', () => leakyRelu('0.1' as unknown as number)],
    ['an unknown layer in JSON', () => parseNetwork('{"kind":"softmax"}')],
    ['a convolution without its filter', () => parseNetwork('{"kind":"conv","outChan":1}')],
    ['an unknown field', () => parseNetwork('{"kind":"relu","slope":1}')],
    ['an unknown field of a layer with options', () => parseNetwork('{"kind":"dense","outDim":1,"wstd":2}')],
    ['an unknown side', () => parseNetwork('{"kind":"dotGeneral","constant":{"data":[1],"shape":[]},"side":"left"}')],
    ['a sum that normalises edges', () => parseNetwork('{"kind":"sumPool","windowShape":[2],"normalizeEdges":true}')],
    ['an activation whose functions JSON has dropped', () => parseNetwork('{"kind":"elementwise","fn":null}')],
    ['branches that are no list', () => parseNetwork('{"kind":"parallel","layers":{}}')],
    ['a repeat of nothing', () => parseNetwork('{"kind":"repeat","n":3}')],
    ['null', () => parseNetwork('null')],
    ['text that is not JSON', () => parseNetwork('relu')],
    ['a serial without layers', () => parseNetwork('{"kind":"serial"}')],
    ['a prototype for a layer', () => parseNetwork('{"kind":"toString"}')],
  ])('refuses %s', (_name, act) => {
    expect(codeOf(act)).toBe('ERR_ARGUMENT');
  });
});

describe('JSON of every kind', () => {
  const hasFunction = (net: Network) => Object.values(net).some((value) => typeof value === 'function');
  const networks = Object.entries(EXAMPLES).flatMap(([kind, nets]) => nets.map((net, i) => [`${kind} ${i}`, net] as const));

  it.each(networks.filter(([, net]) => !hasFunction(net)))('%s comes back to the bit', (_name, net) => {
    const text = canonicalJson(net);
    const back = parseNetwork(text);
    expect(back).toStrictEqual(net);
    expect(canonicalJson(back)).toBe(text);
    expect(hash(parseNetwork(structuredClone(net)))).toBe(hash(net));
  });

  it.each(networks.filter(([, net]) => hasFunction(net)))('%s has none, for it holds a function', (_name, net) => {
    for (const act of [() => canonicalJson(net), () => hash(serial(net)), () => canonicalJson(serial(dense(1), net))])
      expect(codeOf(act)).toBe('ERR_UNSUPPORTED');
    expect(parseNetwork(net)).toStrictEqual(net);
  });

  it('says which function of which layer', () => {
    const net = serial(dense(1), globalSelfAttention(1, 1, 1, 1, { posEmbType: 'SUM', posEmbDecayFn: (d) => 1 / (1 + d) }));
    expect(() => canonicalJson(net)).toThrow(/^globalSelfAttention: posEmbDecayFn is a function, which JSON cannot hold/);
  });

  it('keeps every double', () => {
    const double = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(double, double, double, (a, b, c) => {
        const nets = [erf({ a, b, c }), polynomial([a, b, c]), dotGeneral({ lhs: [a, b, c] }), abRelu(a, b)];
        for (const net of nets) expect(parseNetwork(canonicalJson(net))).toStrictEqual(net);
      }),
    );
  });
});
