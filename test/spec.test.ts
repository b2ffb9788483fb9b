import { describe, expect, it } from 'vitest';
import { InfiniteWidthError } from '../src/errors';
import { dense } from '../src/layers/dense';
import { abRelu, abs, erf, leakyRelu, relu, sigmoidLike } from '../src/layers/elementwise';
import { parseNetwork } from '../src/layers/parse';
import { flatten, identity, serial } from '../src/layers/structure';
import { canonicalJson, hash, type Network } from '../src/spec';

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
    ['an unknown layer in JSON', () => parseNetwork('{"kind":"conv"}')],
    ['text that is not JSON', () => parseNetwork('relu')],
    ['a serial without layers', () => parseNetwork('{"kind":"serial"}')],
    ['a prototype for a layer', () => parseNetwork('{"kind":"toString"}')],
  ])('refuses %s', (_name, act) => {
    expect(codeOf(act)).toBe('ERR_ARGUMENT');
  });
});
