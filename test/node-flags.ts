/** Node 20 has relaxed SIMD behind a flag; later versions need none. */
export const NODE_FLAGS: readonly string[] = process.version.startsWith('v20.') ? ['--experimental-wasm-relaxed-simd'] : [];
