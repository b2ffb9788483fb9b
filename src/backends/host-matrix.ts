import type { LinearAlgebra } from '../linalg/contract';
import type { TypedArray } from '../ndarray';
import type { WeightMatrix } from './finite';

/** std times an array of the host, row-major with `ld` columns, as weights. */
export function hostMatrix(la: LinearAlgebra, data: TypedArray, rows: number, columns: number, ld = columns, std = 1): WeightMatrix {
  return {
    rows,
    columns,
    multiply(trans, m, alpha, a, c) {
      const [inner, outer] = trans === 'n' ? [rows, columns] : [columns, rows];
      la.gemm('n', trans, m, outer, inner, std * alpha, a, inner, data, ld, 0, c, outer);
    },
    part(row, height, group, groups) {
      const width = columns / groups;
      return hostMatrix(la, data.subarray(row * ld + group * width), height, width, ld, std);
    },
  };
}
