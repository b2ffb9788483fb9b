/** Networks of finite width. */
export { combine_f64, products_f64, rectify_f64, scale_rows_f64 } from './units';
export { normals_f32, normals_f64, wide_normals, random_words } from './random';
export * from './panels';
export { pointwise_f32, pointwise_f64 } from './pointwise';
