import { bitsConformance } from '../conformance/bits';
import table from '../fixtures/bits.json';

bitsConformance(table);
