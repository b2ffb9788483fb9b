/** Where an instance's workspace may start. */
export const heapBase: usize = __heap_base;
