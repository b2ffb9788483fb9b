/** Arrays in and out of files, in browsers and Node: npy, npz, csv, idx and CIFAR-10's binary format, gzipped or not. */
export type { Bytes, ReadOptions } from './bytes';
export { type Cifar10, readCifar10 } from './cifar';
export { type CsvOptions, type CsvTable, readCsv } from './csv';
export { readIdx } from './idx';
export { readNpy, writeNpy } from './npy';
export { readNpz, type WriteNpzOptions, writeNpz } from './npz';
export { type ReadArrayOptions, readArray } from './read';
