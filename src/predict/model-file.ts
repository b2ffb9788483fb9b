/**
 * The file of a model. All numbers are little-endian.
 *
 *   0   'IWMODEL1'
 *   8   uint32: bytes of the header, a multiple of 64
 *  12   uint32: 0
 *  16   SHA-256 of the header
 *  48   16 zero bytes
 *  64   header: JSON in UTF-8, padded with spaces
 *  …    payload: the arrays named in the header, each at a multiple of 64 bytes from its start, padded with zeros
 *
 * The header holds format, library, network (canonical) and networkHash, kernel, dtype, diagReg, diagRegAbsoluteScale, vector, and
 * payload: { bytes, sha256, arrays: { xTrain, alpha: { dtype, shape, offset } } }. The Cholesky factor is not stored: it is n × n
 * where the rest is n × (features + outputs), and is made again from the inputs, to the bit, by the first covariance.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { allocateBytes, toBytes } from '../data/bytes';
import { decodeElements, hostLittleEndian } from '../data/decode';
import { InfiniteWidthError } from '../errors';
import { fromData } from '../layers/canonical';
import { bytesPer, checkFinite, type DType, dtypeOf, type NDArray, showShape, sizeOf } from '../ndarray';
import { canonicalJson, hash, type Network } from '../spec';
import { checkNetwork, regularizer } from './arguments';
import type { ModelState } from './model';

const MAGIC = 'IWMODEL1';
const FORMAT = 1;
const PREAMBLE = 64;
const ALIGN = 64;
/** Headers are a few kilobytes; a network of 100,000 layers is below this. */
const MAX_HEADER = 16 << 20;

const aligned = (bytes: number): number => Math.ceil(bytes / ALIGN) * ALIGN;
const byteLengthOf = ({ dtype, shape }: ArrayEntry): number => sizeOf(shape) * bytesPer(dtype);

interface ArrayEntry {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Bytes from the start of the payload. */
  readonly offset: number;
}

interface Header {
  readonly format: number;
  readonly library: string;
  readonly network: Network;
  readonly networkHash: string;
  readonly kernel: ModelState['kernel'];
  readonly dtype: DType;
  readonly diagReg: number;
  readonly diagRegAbsoluteScale: boolean;
  readonly vector: boolean;
  readonly payload: {
    readonly bytes: number;
    readonly sha256: string;
    readonly arrays: { readonly xTrain: ArrayEntry; readonly alpha: ArrayEntry };
  };
}

/** @throws ERR_OUT_OF_MEMORY */
export function encodeModel(state: ModelState): Uint8Array<ArrayBuffer> {
  const { xTrain, alpha, net, kernel, dtype, diagReg, diagRegAbsoluteScale, vector } = state;
  const inputs = { dtype: dtypeOf(xTrain.data), shape: xTrain.shape, offset: 0 };
  const weights = { dtype, shape: alpha.shape, offset: aligned(xTrain.data.byteLength) };
  const bytes = weights.offset + aligned(alpha.data.byteLength);
  const headerOf = (digest: string): Uint8Array => {
    const payload = { bytes, sha256: digest, arrays: { xTrain: inputs, alpha: weights } };
    const settings = { kernel, dtype, diagReg, diagRegAbsoluteScale, vector };
    const header: Header = {
      format: FORMAT,
      library: 'infinite-width',
      network: JSON.parse(canonicalJson(net)),
      networkHash: hash(net),
      ...settings,
      payload,
    };
    const text = utf8ToBytes(JSON.stringify(header));
    return padded(text, aligned(text.length), 0x20);
  };
  const start = PREAMBLE + headerOf('0'.repeat(64)).length;
  const file = allocateBytes(start + bytes, 'the model file');
  store(file, start + inputs.offset, xTrain);
  store(file, start + weights.offset, alpha);
  const header = headerOf(bytesToHex(sha256(file.subarray(start))));
  file.set(utf8ToBytes(MAGIC));
  new DataView(file.buffer).setUint32(8, header.length, true);
  file.set(sha256(header), 16);
  file.set(header, PREAMBLE);
  return file;
}

function padded(bytes: Uint8Array, length: number, filler: number): Uint8Array {
  const result = new Uint8Array(length).fill(filler);
  result.set(bytes);
  return result;
}

function store(file: Uint8Array, offset: number, { data }: NDArray): void {
  file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
  if (hostLittleEndian) return;
  for (let i = offset; i < offset + data.byteLength; i += data.BYTES_PER_ELEMENT) file.subarray(i, i + data.BYTES_PER_ELEMENT).reverse();
}

/** @throws ERR_FORMAT for a file that is cut short, altered, inconsistent, or of another format; ERR_ARGUMENT for what is not bytes */
export function decodeModel(input: Uint8Array | ArrayBuffer): ModelState {
  const file = toBytes(input);
  const header = readHeader(file);
  const start = PREAMBLE + headerLength(file);
  const { payload } = header;
  checkLayout(header, file.length - start);
  if (bytesToHex(sha256(file.subarray(start))) !== payload.sha256)
    throw broken('the payload does not have the SHA-256 of the header', DAMAGED);
  const network = networkOf(header);
  const read = ({ dtype, shape, offset }: ArrayEntry, name: string): NDArray => {
    const bytes = file.subarray(start + offset, start + offset + byteLengthOf({ dtype, shape, offset }));
    const array = { data: decodeElements(bytes, dtype === 'float32' ? 'f4' : 'f8', true, dtype, name), shape: [...shape] };
    guarded(`${name} is not finite`, () => checkFinite(array, name));
    return array;
  };
  const { kernel, dtype, diagReg, diagRegAbsoluteScale, vector } = header;
  const xTrain = read(payload.arrays.xTrain, 'xTrain');
  const alpha = read(payload.arrays.alpha, 'alpha');
  return { net: network, kernel, dtype, diagReg, diagRegAbsoluteScale, vector, xTrain, alpha };
}

const DAMAGED = 'the file is damaged or was altered: copy it, or save the model, again';
const FOREIGN = 'the file was not written by Model.save';

const broken = (what: string, remedy: string, details: Record<string, unknown> = {}, cause?: unknown): InfiniteWidthError =>
  new InfiniteWidthError('ERR_FORMAT', `model file: ${what}; ${remedy}`, details, cause === undefined ? undefined : { cause });

/** Any failure of `check` as ERR_FORMAT, but for what a bundle does not know. */
function guarded<T>(what: string, check: () => T): T {
  try {
    return check();
  } catch (cause) {
    if (cause instanceof InfiniteWidthError && cause.code === 'ERR_UNSUPPORTED') throw cause;
    throw broken(`${what} (${(cause as Error).message})`, FOREIGN, {}, cause);
  }
}

const headerLength = (file: Uint8Array): number => new DataView(file.buffer, file.byteOffset, file.byteLength).getUint32(8, true);

/** Preamble and header, down to its fields' types. */
function readHeader(file: Uint8Array): Header {
  const magic = String.fromCharCode(...file.subarray(0, 8));
  if (magic !== MAGIC && magic.startsWith('IWMODEL') && magic.length === 8) throw wrongVersion(magic.slice(7));
  if (magic !== MAGIC) throw broken(`it begins with ${JSON.stringify(magic)} where '${MAGIC}' is expected`, FOREIGN);
  if (file.length < PREAMBLE)
    throw broken(`it has ${file.length} bytes, fewer than the ${PREAMBLE} before the header`, DAMAGED, { bytes: file.length });
  const length = headerLength(file);
  if (length % ALIGN !== 0 || length > MAX_HEADER || length > file.length - PREAMBLE)
    throw broken(`it declares a header of ${length} bytes and has ${file.length}`, DAMAGED, { header: length, bytes: file.length });
  const text = file.subarray(PREAMBLE, PREAMBLE + length);
  const zeros = [...file.subarray(12, 16), ...file.subarray(48, PREAMBLE)].every((byte) => byte === 0);
  if (!zeros || bytesToHex(sha256(text)) !== bytesToHex(file.subarray(16, 48)))
    throw broken('the header does not have its SHA-256', DAMAGED);
  const header: unknown = guarded('the header is not JSON', () => JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(text)));
  if (!isRecord(header)) throw broken('the header is not an object', FOREIGN);
  if (header.format !== FORMAT) throw wrongVersion(String(header.format));
  checkFields(header);
  return header as unknown as Header;
}

const wrongVersion = (version: string): InfiniteWidthError =>
  broken(`it is of format ${version.slice(0, 20)}`, `this version reads format ${FORMAT}: use the version that wrote it`, {
    format: version,
  });

type Test = (value: unknown) => boolean;
const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
const oneOf =
  (...values: unknown[]): Test =>
  (value) =>
    values.includes(value);
const isSize: Test = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const isDigest: Test = (value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
const isShape: Test = (value) => Array.isArray(value) && value.length <= 32 && value.every((length) => isSize(length) && length > 0);
const isEntry: Test = (value) =>
  isRecord(value) && oneOf('float32', 'float64')(value.dtype) && isShape(value.shape) && isSize(value.offset);

const FIELDS: Readonly<Record<string, Test>> = {
  library: oneOf('infinite-width'),
  network: isRecord,
  networkHash: isDigest,
  kernel: oneOf('nngp', 'ntk'),
  dtype: oneOf('float32', 'float64'),
  diagReg: (value) => typeof value === 'number',
  diagRegAbsoluteScale: oneOf(true, false),
  vector: oneOf(true, false),
  payload: (value) =>
    isRecord(value) &&
    isSize(value.bytes) &&
    isDigest(value.sha256) &&
    isRecord(value.arrays) &&
    isEntry(value.arrays.xTrain) &&
    isEntry(value.arrays.alpha),
};

function checkFields(header: Record<string, unknown>): void {
  for (const [name, test] of Object.entries(FIELDS))
    if (!Object.hasOwn(header, name) || !test(header[name]))
      throw broken(`the header's ${name} is missing or malformed`, FOREIGN, { field: name });
  guarded('the header has a bad regularizer', () => regularizer(header as { diagReg: number }));
}

/** Shapes against each other, and sizes and offsets against the bytes that are there. */
function checkLayout(header: Header, available: number): void {
  const { bytes, arrays } = header.payload;
  const { xTrain, alpha } = arrays;
  if (bytes !== available)
    throw broken(`${available} bytes follow the header where it declares ${bytes}`, DAMAGED, { declared: bytes, available });
  const shapes = `xTrain ${showShape(xTrain.shape)}, alpha ${showShape(alpha.shape)}`;
  const consistent = xTrain.shape.length >= 2 && alpha.shape.length === 2 && alpha.shape[1] === xTrain.shape[0];
  if (!consistent || (header.vector && alpha.shape[0] !== 1) || alpha.dtype !== header.dtype)
    throw broken(`the arrays disagree: ${shapes}`, FOREIGN, { shapes });
  const ends = [xTrain, alpha].map((entry) => entry.offset + aligned(byteLengthOf(entry)));
  if (xTrain.offset !== 0 || alpha.offset !== ends[0] || ends[1] !== bytes)
    throw broken(`the arrays (${shapes}) do not fill the ${bytes} bytes of the payload`, FOREIGN, { shapes, bytes });
}

function networkOf({ network, networkHash, payload }: Header): Network {
  return guarded('its network cannot be used', () => {
    const net = fromData(network);
    checkNetwork(net, payload.arrays.xTrain.shape);
    if (hash(net) === networkHash) return net;
    throw new Error('it does not have the hash of the header');
  });
}
