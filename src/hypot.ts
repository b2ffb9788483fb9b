/** √(a² + b²) in operations that every engine rounds alike; the last bit of Math.hypot differs between engines. Within 2 ulp. */
export function hypot(a: number, b: number): number {
  const largest = Math.max(Math.abs(a), Math.abs(b));
  if (largest === 0 || largest === Infinity) return largest;
  const [x, y] = [a / largest, b / largest];
  return Math.sqrt(x * x + y * y) * largest;
}
