/**
 * Types of WebAssembly for programs that read our declarations without lib.dom, as those for Node do: Node's own types have none.
 * Where the library is there they are its own.
 */
type Wasm = typeof globalThis extends { WebAssembly: infer W } ? W : object;

/** WebAssembly.Module. */
export type WasmModule = Wasm extends { Module: { prototype: infer M } } ? M : object;
/** WebAssembly.Memory. */
export type WasmMemory = Wasm extends { Memory: { prototype: infer M } } ? M : { readonly buffer: ArrayBuffer };
/** BufferSource. */
export type WasmBytes = ArrayBufferView<ArrayBuffer> | ArrayBuffer;
