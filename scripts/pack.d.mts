/** The bytes that unpack(packed, bytes.length) of src/backends/unpack.ts gives. */
export function pack(bytes: Uint8Array): Uint8Array;
