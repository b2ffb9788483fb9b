/** One of the parts of the core that bundles have (docs/design/0015-what-you-import.md). */
export { heapBase as __heap_base } from './heap';
export { coefficients_f32, coefficients_f64 } from './lanes';
export { syevd_f32, syevd_f64, syevd_info, syevd_step, syevd_work_bytes } from './syevd';
