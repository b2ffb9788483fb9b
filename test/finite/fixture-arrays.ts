/** Arrays and parameters as the fixtures of finite networks hold them. */
import type { NDArray } from '../../src';
import type { Params } from '../../src/finite';

export interface Numbers {
  readonly data: readonly number[];
  readonly shape: readonly number[];
}

export type Entries = readonly Readonly<Record<string, Numbers>>[];

export const array = ({ data, shape }: Numbers): NDArray<Float64Array> => ({ data: Float64Array.from(data), shape });

export const paramsOf = (entries: Entries): Params =>
  entries.map((entry) => Object.fromEntries(Object.entries(entry).map(([name, own]) => [name, array(own)]))) as unknown as Params;
