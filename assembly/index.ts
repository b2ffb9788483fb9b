export { coefficients_f32, coefficients_f64 } from './lanes';
export { pack_rows_f32, pack_rows_f64, tile_f32, tile_f64 } from './tile';
export { gemm_f32, gemm_f64, linalg_work_bytes } from './gemm';
export * from './norms';
export { potrf_f32, potrf_f64 } from './potrf';
export { potrs_f32, potrs_f64 } from './potrs';
export { syevd_f32, syevd_f64, syevd_info, syevd_step, syevd_work_bytes } from './syevd';
export { symv_f32, symv_f64 } from './symv';
export { syrk_f32, syrk_f64 } from './syrk';
export { trsm_f32, trsm_f64 } from './trsm';
export { planes_f32, planes_f64 } from './planes';
export * from './plane-samples';
export { combine_f64, products_f64, rectify_f64, scale_rows_f64 } from './units';
export { normals_f32, normals_f64, wide_normals, random_words } from './random';
export * from './panels';
export { pointwise_f32, pointwise_f64 } from './pointwise';

/** Where an instance's workspace may start. */
const heapBase: usize = __heap_base;
export { heapBase as __heap_base };
