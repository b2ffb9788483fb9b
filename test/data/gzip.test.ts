import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readIdx, readNpy } from '../../src/data';
import { crc32, gunzip } from '../../src/data/gzip';
import { codeOf, concat, failure, fixture } from './fixtures';

const text = (content: string): Uint8Array => new TextEncoder().encode(content);
/** Does not compress, so that it spans many chunks. */
const noise = (length: number): Uint8Array => {
  let state = 1;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state >>> 24;
  });
};

/** What a file unpacks to; nothing when it is refused. */
function attempt(file: Uint8Array): Uint8Array {
  try {
    return gunzip(file, 1e6);
  } catch (error) {
    expect(error).toMatchObject({ code: 'ERR_FORMAT' });
    return new Uint8Array();
  }
}

describe('crc32', () => {
  it('has the check value of the CRC-32 catalogue, and continues', () => {
    expect(crc32(text('123456789'))).toBe(0xcbf43926);
    expect(crc32(text('6789'), crc32(text('12345')))).toBe(0xcbf43926);
    expect(crc32(new Uint8Array())).toBe(0);
  });
});

describe('gunzip', () => {
  it.each([0, 1, 16_383, 16_384, 16_385, 65_535, 300_000])('unpacks %i bytes, stored and deflated', (length) => {
    for (const content of [noise(length), new Uint8Array(length).fill(65)])
      for (const level of [0, 6] as const) expect(Buffer.compare(gunzip(gzipSync(content, { level }), length), content)).toBe(0);
  });

  it('reads optional header fields and several members', () => {
    const named = concat([31, 139, 8, 0x1c, 0, 0, 0, 0, 0, 3], [2, 0, 9, 9], text('name\0comment\0'), gzipSync(text('x')).subarray(10));
    expect(new TextDecoder().decode(gunzip(named, 100))).toBe('x');
    const members = ['one', '', 'three'].map((content) => gzipSync(text(content)));
    expect(new TextDecoder().decode(gunzip(concat(...members), 100))).toBe('onethree');
    const long = [noise(40_000), noise(50_000)];
    expect(gunzip(concat(...long.map((part) => gzipSync(part))), 90_000)).toStrictEqual(concat(...long));
  });

  it('refuses every truncation, a byte too many, and every flipped bit of the data', () => {
    const content = text('the quick brown fox jumps over the lazy dog '.repeat(5));
    const file = gzipSync(content);
    for (let length = 2; length < file.length; length++) expect(codeOf(() => gunzip(file.subarray(0, length), 1e6))).toBe('ERR_FORMAT');
    for (const tail of [[0], [1, 2, 3], [1, 2, 3, 4], [...file.subarray(0, 12)]])
      expect(codeOf(() => gunzip(concat(file, tail), 1e6))).toBe('ERR_FORMAT');
    let padding = 0;
    for (let bit = 80; bit < 8 * file.length; bit++) {
      const flipped = Uint8Array.from(file);
      flipped[bit >> 3] ^= 1 << (bit & 7);
      if (Buffer.compare(attempt(flipped), content) === 0) padding++;
    }
    expect(padding).toBeLessThan(8);
  });

  it('refuses a damaged member that is not the last', () => {
    const member = gzipSync(text('some text'));
    const damaged = Uint8Array.from(member);
    damaged[member.length - 5] ^= 1;
    expect(failure(() => gunzip(concat(damaged, member), 1e6))).toMatchObject({ code: 'ERR_FORMAT', details: { byte: member.length - 8 } });
  });

  it('stops at maxBytes', () => {
    const file = gzipSync(new Uint8Array(1000));
    expect(gunzip(file, 1000).length).toBe(1000);
    expect(codeOf(() => gunzip(file, 999))).toBe('ERR_OUT_OF_MEMORY');
  });

  it('stops a bomb long before it unfolds', () => {
    const bomb = gzipSync(new Uint8Array(100_000_000), { level: 9 });
    const before = process.memoryUsage().arrayBuffers;
    expect(codeOf(() => readNpy(bomb, { maxBytes: 1 << 20 }))).toBe('ERR_OUT_OF_MEMORY');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100_000_000);
  });

  it('refuses input that goes on without output', () => {
    const header = [31, 139, 8, 0, 0, 0, 0, 0, 0, 255];
    const emptyStoredBlocks = new Array(60_000).fill([0, 0, 0, 255, 255]).flat();
    expect(failure(() => gunzip(concat(header, emptyStoredBlocks), 1e6)).message).toContain('decompress to nothing');
    const emptyMember = [...gzipSync(new Uint8Array())];
    expect(failure(() => gunzip(concat(new Array(20_000).fill(emptyMember).flat()), 1e6)).message).toContain('decompress to nothing');
  });

  it('unpacks once only', () => {
    const twice = gzipSync(fixture('labels-idx1-ubyte.gz'));
    expect(failure(() => readIdx(twice)).details.found).toBe('1f 8b 08 00');
  });
});
