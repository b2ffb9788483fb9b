/**
 * Columns of the operands of a product whose terms are summed apart, in order, before they join an entry: the core (KC of assembly/micro.ts) and
 * plain JavaScript round alike.
 */
export const SLAB: i32 = 256;
