import { type Exact, exactConformance } from '../conformance/exact';
import { testContexts } from '../contexts';
import { fixture } from '../fixtures';

const double = fixture<Exact>('kernels/exact-f64.json.gz');
const single = fixture<Exact>('kernels/exact-f32.json.gz');

for (const [name, open] of testContexts()) {
  exactConformance(name, open, 'float64', double);
  exactConformance(name, open, 'float32', single);
}
