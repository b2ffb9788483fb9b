import { type Exact, exactConformance } from '../conformance/exact';
import { goldenConformance } from '../conformance/golden';
import { kernelConformance } from '../conformance/kernels';
import { testContexts } from '../contexts';
import exactSingle from '../fixtures/kernels/exact-f32.json.gz';
import exactDouble from '../fixtures/kernels/exact-f64.json.gz';
import golden from '../fixtures/kernels/golden.json';

/** Ten cases of a fixture, evenly through it: every activation, shallow and deep. */
const ten = (exact: Exact): Exact => ({
  ...exact,
  cases: Array.from({ length: 10 }, (_, i) => exact.cases[Math.floor((i * exact.cases.length) / 10)]),
});

for (const [name, open] of testContexts()) {
  kernelConformance(name, open);
  exactConformance(name, open, 'float64', ten(exactDouble as Exact));
  exactConformance(name, open, 'float32', ten(exactSingle as Exact));
  goldenConformance(name, open, golden);
}
