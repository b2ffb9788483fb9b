/** The whole core: what users serve as a file, and what threads run. Bundles have it in parts. */
export { heapBase as __heap_base } from './heap';
export { coefficients_f32, coefficients_f64 } from './lanes';
export { linalg_work_bytes } from './gemm';
export * from './chains';
export { syevd_f32, syevd_f64, syevd_info, syevd_step, syevd_work_bytes } from './syevd';
export { planes_f32, planes_f64 } from './planes';
export * from './plane-samples';
export * from './finite';
