/** Networks from data as a bundle reads them that holds chains alone: this suite must not bring every layer. */
import { describe, expect, it } from 'vitest';
import { canonical } from '../../src/layers/canonical';
import { dense } from '../../src/layers/dense';
import { serial } from '../../src/layers/structure';
import type { Network } from '../../src/spec';
import { errorOf } from '../error-of';

describe('a network in a bundle', () => {
  it.each([null, undefined, 5, 'relu', dense])('that is %s is refused by name', (net) => {
    expect(errorOf(() => canonical(net as unknown as Network))).toMatchObject({
      code: 'ERR_ARGUMENT',
      message: expect.stringContaining('which is no layer'),
    });
  });

  it('is taken as it is where layer functions made it', () => {
    const net = serial(dense(3), dense(1));
    expect(canonical(net)).toBe(net);
  });
});
