/**
 * Matrices whose type is known at run time, for work that is not worth one copy of the code per type: `size` is 4 or 8, the bytes of an element.
 * And vectors of doubles.
 */
import { bytes } from './micro';

/** Address of element (i, j). */
@inline
export function place(base: usize, ld: i32, size: i32, i: i32, j: i32): usize {
  return base + (<usize>i * <usize>ld + <usize>j) * <usize>size;
}

export function read(from: usize, size: i32): f64 {
  return size == 4 ? <f64>load<f32>(from) : load<f64>(from);
}

export function write(to: usize, size: i32, value: f64): void {
  if (size == 4) store<f32>(to, <f32>value);
  else store<f64>(to, value);
}

/** Element i of a vector of doubles. */
@inline
export function get(base: usize, i: i32): f64 {
  return load<f64>(base + bytes<f64>(i));
}

@inline
export function set(base: usize, i: i32, value: f64): void {
  store<f64>(base + bytes<f64>(i), value);
}
