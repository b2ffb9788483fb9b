/** Samples one by one: variances at all locations of a node, in doubles, which src/backends/plane-rows.ts follows through a network; tables into lanes. */

/** `count` doubles at `out`, each `factor` times the sum of `size` doubles `gap` bytes apart. */
function sums(from: usize, out: usize, count: i32, size: i32, gap: usize, factor: f64): void {
  const factors = f64x2.splat(factor);
  const end = out + (<usize>count << 3);
  for (const whole = end - 8; out < whole; out += 16, from += 16) {
    let sum = v128.load(from);
    let at = from;
    for (let f = 1; f < size; f++) {
      at += gap;
      sum = f64x2.add(sum, v128.load(at));
    }
    v128.store(out, f64x2.mul(sum, factors));
  }
  if (out == end) return;
  let sum = load<f64>(from);
  for (let f = 1; f < size; f++) {
    from += gap;
    sum += load<f64>(from);
  }
  store<f64>(out, sum * factor);
}

/**
 * Along one axis: `factor` times the sums over windows, of the taps that are inside. `outer` blocks of `from` (then `to`) places of `inner` neighbours
 * each; window o begins at o·stride − low.
 */
export function window_sums(
  values: usize, out: usize, outer: i32, inner: i32, from: i32, to: i32, size: i32, stride: i32, dilation: i32, low: i32, factor: f64,
): void {
  const bytes = <usize>inner << 3;
  const gap = <usize>dilation * bytes;
  // Windows from `first` to `end` have all their taps.
  const reach = from - 1 + low - (size - 1) * dilation;
  const first = min(to, max(0, (low + stride - 1) / stride));
  const end = reach < 0 ? first : max(first, min(to, reach / stride + 1));
  for (let block = 0; block < outer; block++, values += <usize>from * bytes) {
    for (let o = 0; o < to; o++, out += bytes) {
      const start = o * stride - low;
      if (o >= first && o < end) {
        // Of stride 1 they lie side by side.
        const windows = stride == 1 ? end - o : 1;
        sums(values + <usize>start * bytes, out, windows * inner, size, gap, factor);
        o += windows - 1;
        out += <usize>(windows - 1) * bytes;
        continue;
      }
      const skipped = start < 0 ? (dilation - 1 - start) / dilation : 0;
      const taps = min(size, (from - 1 - start + dilation) / dilation) - skipped;
      if (taps > 0) sums(values + <usize>(start + skipped * dilation) * bytes, out, inner, taps, gap, factor);
      else memory.fill(out, 0, bytes);
    }
  }
}

/** out = factor · values + shift */
export function scale_shift(values: usize, out: usize, count: i32, factor: f64, shift: f64): void {
  const factors = f64x2.splat(factor);
  const shifts = f64x2.splat(shift);
  const end = out + (<usize>count << 3);
  for (const whole = end - 8; out < whole; out += 16, values += 16)
    v128.store(out, f64x2.add(f64x2.mul(v128.load(values), factors), shifts));
  if (out < end) store<f64>(out, load<f64>(values) * factor + shift);
}

/** out = √(factor · values) */
export function roots_f32(values: usize, out: usize, count: i32, factor: f64): void {
  for (const end = out + (<usize>count << 2); out < end; out += 4, values += 8) store<f32>(out, <f32>sqrt<f64>(load<f64>(values) * factor));
}
export function roots_f64(values: usize, out: usize, count: i32, factor: f64): void {
  for (const end = out + (<usize>count << 3); out < end; out += 8, values += 8) store<f64>(out, sqrt<f64>(load<f64>(values) * factor));
}

/** Element i of the tables at the four addresses of `tables`, side by side. */
export function weave_f32(tables: usize, out: usize, length: i32): void {
  let a = load<usize>(tables);
  let b = load<usize>(tables, 4);
  let c = load<usize>(tables, 8);
  let d = load<usize>(tables, 12);
  const end = out + (<usize>length << 4);
  for (const whole = out + (<usize>(length & ~3) << 4); out < whole; out += 64, a += 16, b += 16, c += 16, d += 16) {
    const ab = v128.shuffle<i32>(v128.load(a), v128.load(b), 0, 4, 1, 5);
    const cd = v128.shuffle<i32>(v128.load(c), v128.load(d), 0, 4, 1, 5);
    const ab2 = v128.shuffle<i32>(v128.load(a), v128.load(b), 2, 6, 3, 7);
    const cd2 = v128.shuffle<i32>(v128.load(c), v128.load(d), 2, 6, 3, 7);
    v128.store(out, v128.shuffle<i64>(ab, cd, 0, 2));
    v128.store(out, v128.shuffle<i64>(ab, cd, 1, 3), 16);
    v128.store(out, v128.shuffle<i64>(ab2, cd2, 0, 2), 32);
    v128.store(out, v128.shuffle<i64>(ab2, cd2, 1, 3), 48);
  }
  for (; out < end; out += 16, a += 4, b += 4, c += 4, d += 4) {
    store<f32>(out, load<f32>(a));
    store<f32>(out, load<f32>(b), 4);
    store<f32>(out, load<f32>(c), 8);
    store<f32>(out, load<f32>(d), 12);
  }
}

/** The same of two tables. */
export function weave_f64(tables: usize, out: usize, length: i32): void {
  let a = load<usize>(tables);
  let b = load<usize>(tables, 4);
  for (const end = out + (<usize>length << 4); out < end; out += 16, a += 8, b += 8) {
    store<f64>(out, load<f64>(a));
    store<f64>(out, load<f64>(b), 8);
  }
}
