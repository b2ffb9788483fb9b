/**
 * Makes test/fixtures/bits.json, the hashes that every runtime must give. Usage: npx tsx test/reference/bits.ts
 * Make it again only where the bits are meant to change, and say so in CHANGELOG.md: results saved before differ in their last digits.
 */
import { writeFileSync } from 'node:fs';
import { BITS_BUILDS, BITS_CASES } from '../conformance/bits';

const engines = Object.entries(BITS_BUILDS).map(([build, open]) => [build, open()] as const);
const hashes = BITS_CASES.map(({ name, hash }) => [name, Object.fromEntries(engines.map(([build, engine]) => [build, hash(engine)]))]);
writeFileSync(new URL('../fixtures/bits.json', import.meta.url), `${JSON.stringify(Object.fromEntries(hashes), null, 2)}\n`);
