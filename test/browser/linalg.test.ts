import { FEW_SIZES, linalgConformance } from '../conformance/linalg';
import { testContexts } from '../contexts';

for (const [name, open] of testContexts()) {
  const { linalg } = open().backend;
  linalgConformance(name, () => linalg, FEW_SIZES);
}
