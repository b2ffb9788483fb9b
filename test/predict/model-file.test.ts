import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dense, relu, serial } from '../../src';
import { fitSync, load } from '../../src/predict';
import { canonicalJson, hash } from '../../src/spec';
import { failure, randomArray } from './support';

const net = serial(dense(1, { bStd: 0.1 }), relu(), dense(1));
const x = randomArray(1, [10, 3], 'float32');
const model = fitSync(net, x, randomArray(2, [10, 2]), { diagReg: 1e-3, kernel: 'nngp' });
const file = model.save();

type Header = Record<string, unknown> & {
  payload: Record<string, unknown> & { arrays: Record<'xTrain' | 'alpha', Record<string, unknown>> };
};

const headerLength = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset).getUint32(8, true);
const headerOf = (bytes: Uint8Array) => JSON.parse(new TextDecoder().decode(bytes.subarray(64, 64 + headerLength(bytes)))) as Header;

/** A file with both hashes right, whatever its header says. */
function forge(change: (header: Header) => void, payload = file.slice(64 + headerLength(file)), text?: string): Uint8Array {
  const header = headerOf(file);
  header.payload.sha256 = bytesToHex(sha256(payload));
  change(header);
  const json = utf8ToBytes(text ?? JSON.stringify(header));
  const padded = new Uint8Array(Math.ceil(json.length / 64) * 64).fill(0x20);
  padded.set(json);
  const bytes = new Uint8Array(64 + padded.length + payload.length);
  bytes.set(file.subarray(0, 8));
  new DataView(bytes.buffer).setUint32(8, padded.length, true);
  bytes.set(sha256(padded), 16);
  bytes.set(padded, 64);
  bytes.set(payload, 64 + padded.length);
  return bytes;
}

describe('the file', () => {
  it('describes itself', () => {
    const header = headerOf(file);
    const start = 64 + headerLength(file);
    expect(new TextDecoder().decode(file.subarray(0, 8))).toBe('IWMODEL1');
    expect(header).toStrictEqual({
      format: 1,
      library: 'infinite-width',
      network: JSON.parse(canonicalJson(net)),
      networkHash: hash(net),
      kernel: 'nngp',
      dtype: 'float64',
      diagReg: 1e-3,
      diagRegAbsoluteScale: false,
      vector: false,
      payload: {
        bytes: file.length - start,
        sha256: bytesToHex(sha256(file.subarray(start))),
        arrays: { xTrain: { dtype: 'float32', shape: [10, 3], offset: 0 }, alpha: { dtype: 'float64', shape: [2, 10], offset: 128 } },
      },
    });
    expect(start % 64).toBe(0);
    const inputs = new DataView(file.buffer, start, 120);
    expect(Array.from(x.data, (_, i) => inputs.getFloat32(4 * i, true))).toStrictEqual([...x.data]);
  });

  it('is read from a buffer, and from a view at an odd offset, and shares no memory with the model', () => {
    const xTest = randomArray(3, [4, 3]);
    const expected = model.predictSync(xTest);
    const shifted = new Uint8Array(file.length + 3).subarray(3);
    shifted.set(file);
    const loaded = load(shifted);
    shifted.fill(255);
    expect(loaded.predictSync(xTest)).toStrictEqual(expected);
    expect(load(file.slice().buffer).predictSync(xTest)).toStrictEqual(expected);
    expect(load(forge(() => {})).predictSync(xTest)).toStrictEqual(expected);
  });
});

describe('a damaged file gives ERR_FORMAT', () => {
  const refuse = async (bytes: Uint8Array, message: RegExp) => {
    const error = await failure(() => load(bytes));
    expect(error.code).toBe('ERR_FORMAT');
    expect(error.message).toMatch(message);
  };

  it('cut short anywhere', async () => {
    for (let length = 0; length < file.length; length++)
      expect((await failure(() => load(file.subarray(0, length)))).code).toBe('ERR_FORMAT');
  });

  it('with any one bit changed', async () => {
    for (let i = 0; i < file.length; i++) {
      const bytes = file.slice();
      bytes[i] ^= 1 << (i % 8);
      expect((await failure(() => load(bytes))).code).toBe('ERR_FORMAT');
    }
  });

  it('with bytes at its end', () => refuse(Uint8Array.from([...file, 0]), /bytes follow the header/));
  it('of random bytes after the magic', () =>
    fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (tail) => {
        const bytes = Uint8Array.from([...file.subarray(0, 8), ...tail]);
        expect((await failure(() => load(bytes))).code).toBe('ERR_FORMAT');
      }),
    ));

  it('of another kind, or a later version', async () => {
    await refuse(utf8ToBytes('PK\x03\x04 a zip file'), /'IWMODEL1' is expected/);
    await refuse(utf8ToBytes('IWMODEL2'), /format 2.*reads format 1/);
    await refuse(
      forge((header) => (header.format = 2)),
      /format 2.*reads format 1/,
    );
  });

  it.each<[string, (header: Header) => void, RegExp]>([
    ['an unknown kernel', (h) => (h.kernel = 'rbf'), /kernel/],
    ['no dtype', (h) => delete h.dtype, /dtype/],
    ['a dtype that alpha does not have', (h) => (h.dtype = 'float32'), /disagree/],
    ['a negative diagReg', (h) => (h.diagReg = -1), /regularizer/],
    ['a diagReg that is null', (h) => (h.diagReg = null), /diagReg/],
    ['another network', (h) => (h.network = JSON.parse(canonicalJson(serial(dense(1), relu(), dense(1))))), /hash/],
    ['a layer that is none', (h) => (h.network = { kind: '__proto__' }), /network/],
    [
      'layers without end',
      (h) => (h.network = { kind: 'repeat', n: 1e4, layer: { kind: 'repeat', n: 1e4, layer: { kind: 'identity' } } }),
      /layers; at most/,
    ],
    ['repeats of nothing', (h) => (h.network = { kind: 'repeat', n: 1e9, layer: { kind: 'serial', layers: [] } }), /layers; at most/],
    ['branches without end', (h) => (h.network = { kind: 'fanOut', num: 1e9 }), /branches; at most/],
    ['a network that does not take the inputs', (h) => ([h.network, h.networkHash] = [{ kind: 'relu' }, hash(relu())]), /not Gaussian/],
    ['an enormous array', (h) => (h.payload.arrays.xTrain.shape = [10, 2 ** 40]), /do not fill/],
    ['an array beyond all numbers', (h) => (h.payload.arrays.xTrain.shape = [10, 2 ** 53 - 1, 2 ** 53 - 1]), /do not fill/],
    ['an empty array', (h) => (h.payload.arrays.xTrain.shape = [0, 3]), /payload/],
    ['half a row', (h) => (h.payload.arrays.xTrain.shape = [10, 1.5]), /payload/],
    ['an offset outside', (h) => (h.payload.arrays.alpha.offset = 2 ** 40), /do not fill/],
    ['overlapping arrays', (h) => (h.payload.arrays.alpha.offset = 0), /do not fill/],
    ['a misaligned array', (h) => (h.payload.arrays.alpha.offset = 120), /do not fill/],
    ['other numbers of samples', (h) => (h.payload.arrays.alpha.shape = [4, 5]), /disagree/],
    ['two outputs of a vector', (h) => (h.vector = true), /disagree/],
    ['more bytes than there are', (h) => (h.payload.bytes = 2 ** 50), /declares/],
    ['a payload that is an array', (h) => (h.payload = [] as never), /payload/],
  ])('that declares %s', (_what, change, message) => refuse(forge(change), message));

  it('whose header is no object, no JSON, or nested without end', async () => {
    const payload = file.slice(64 + headerLength(file));
    await refuse(
      forge(() => {}, payload, '[]'),
      /not an object/,
    );
    await refuse(
      forge(() => {}, payload, '{'),
      /not JSON/,
    );
    const depth = 20_000;
    const deep = `${'{"kind":"serial","layers":['.repeat(depth)}${']}'.repeat(depth)}`;
    const text = JSON.stringify({ ...headerOf(file), network: 0 }).replace('"network":0', `"network":${deep}`);
    await refuse(
      forge(() => {}, payload, text),
      /network|JSON/,
    );
  });

  it('whose payload has more than the arrays', () => {
    const payload = new Uint8Array(file.length - 64 - headerLength(file) + 64);
    return refuse(
      forge((header) => (header.payload.bytes = payload.length), payload),
      /do not fill/,
    );
  });

  it('that holds numbers that are not finite', () => {
    const payload = file.slice(64 + headerLength(file));
    new DataView(payload.buffer).setFloat64(128 + 8, Number.NaN, true);
    return refuse(
      forge(() => {}, payload),
      /alpha is not finite/,
    );
  });

  it('but what is no file gives ERR_ARGUMENT', async () => {
    expect((await failure(() => load('IWMODEL1' as never))).code).toBe('ERR_ARGUMENT');
  });
});
