/** The baseline: ridge regression on the pixels, with an intercept. */
import type { NDArray } from 'infinite-width';
import { matmul, solve, syrk } from 'infinite-width/linalg';
import { CLASSES, type Digits, PIXELS } from './data';

/** Pixels and a constant. */
const FEATURES = PIXELS + 1;

/** Normal equations that grow row by row, so that a learning curve costs no more than its last point. */
export class LinearRegression {
  private readonly gram = new Float64Array(FEATURES * FEATURES);
  private readonly moments = new Float64Array(FEATURES * CLASSES);
  private count = 0;

  /** @param ridge in units of the mean diagonal of the Gram matrix */
  constructor(
    private readonly train: Digits,
    private readonly ridge: number,
  ) {}

  /** Predictions for `test` after the first n training digits, [m, 10]. n never falls. */
  predict(n: number, test: Digits): NDArray {
    const [from, rows] = [this.count, n - this.count];
    const x = withConstant(this.train, from, rows);
    syrk('lower', 't', FEATURES, rows, 1, x.data, FEATURES, 1, this.gram, FEATURES);
    const y = { data: Float64Array.from(this.train.y.data.subarray(from * CLASSES, n * CLASSES)), shape: [rows, CLASSES] };
    matmul(x, y, { transA: true }).data.forEach((value: number, i: number) => {
      this.moments[i] += value;
    });
    this.count = n;
    const weights = solve(this.regularized(), { data: this.moments, shape: [FEATURES, CLASSES] });
    return matmul(withConstant(test, 0, test.labels.length), weights);
  }

  /** The intercept is not penalised. */
  private regularized(): NDArray {
    const data = this.gram.slice();
    let trace = 0;
    for (let i = 0; i < PIXELS; i++) trace += data[i * (FEATURES + 1)];
    for (let i = 0; i < PIXELS; i++) data[i * (FEATURES + 1)] += (this.ridge * trace) / PIXELS;
    return { data, shape: [FEATURES, FEATURES] };
  }
}

function withConstant({ x }: Digits, from: number, rows: number): NDArray<Float64Array> {
  const data = new Float64Array(rows * FEATURES).fill(1);
  for (let i = 0; i < rows; i++) data.set(x.data.subarray((from + i) * PIXELS, (from + i + 1) * PIXELS), i * FEATURES);
  return { data, shape: [rows, FEATURES] };
}
