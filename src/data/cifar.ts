/** The binary version of CIFAR-10 (Krizhevsky 2009): records of a label byte and three planes of 32 × 32 bytes, red, green and blue. */
import { allocate, type NDArray } from '../ndarray';
import { type Bytes, countElements, malformed, type ReadOptions, readLimits, toBytes } from './bytes';
import { plainBytes } from './gzip';

const PLANE = 32 * 32;
const CHANNELS = 3;
const RECORD = 1 + CHANNELS * PLANE;
const CLASSES = 10;

export interface Cifar10 {
  /** [n, 32, 32, 3], channels last, values 0 to 255. */
  readonly images: NDArray;
  /** [n], values 0 (airplane) to 9 (truck). */
  readonly labels: NDArray;
}

/**
 * Reads one of CIFAR-10's `*.bin` files, gzipped or not, as float64 or as `dtype`.
 * @throws ERR_FORMAT for a length that is no multiple of 3,073 or a label above 9; ERR_OUT_OF_MEMORY above `maxBytes`
 */
export function readCifar10(bytes: Bytes, options?: ReadOptions): Cifar10 {
  const { maxBytes, dtype = 'float64' } = readLimits(options);
  const source = 'CIFAR-10 file';
  const file = plainBytes(toBytes(bytes), maxBytes);
  const n = Math.floor(file.length / RECORD);
  if (n === 0 || file.length % RECORD !== 0)
    throw malformed(source, n * RECORD, `records of ${RECORD} bytes`, `${file.length - n * RECORD} bytes`);
  const shape = [n, 32, 32, CHANNELS];
  const images = allocate(dtype, countElements(shape, dtype, maxBytes, source), source);
  const labels = allocate(dtype, n, source);
  for (let record = 0; record < n; record++) {
    const start = record * RECORD;
    if (file[start] >= CLASSES) throw malformed(source, start, `a label from 0 to ${CLASSES - 1}`, String(file[start]));
    labels[record] = file[start];
    for (let channel = 0; channel < CHANNELS; channel++) {
      const plane = start + 1 + channel * PLANE;
      const to = record * CHANNELS * PLANE + channel;
      for (let pixel = 0; pixel < PLANE; pixel++) images[to + CHANNELS * pixel] = file[plane + pixel];
    }
  }
  return { images: { data: images, shape }, labels: { data: labels, shape: [n] } };
}
