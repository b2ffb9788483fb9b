/** Kernels of chains of layers on feature vectors, and the linear algebra of regression with them. */
export { pack_rows_f32, pack_rows_f64, tile_f32, tile_f64 } from './tile';
export { gemm_f32, gemm_f64 } from './gemm';
export * from './norms';
export { potrf_f32, potrf_f64 } from './potrf';
export { potrs_f32, potrs_f64 } from './potrs';
export { symv_f32, symv_f64 } from './symv';
export { syrk_f32, syrk_f64 } from './syrk';
export { trsm_f32, trsm_f64 } from './trsm';
