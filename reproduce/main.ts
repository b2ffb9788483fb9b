/**
 * `npm run reproduce -- NAME`: headline results of papers, measured on real handwritten digits beside what is expected.
 * Usage: tsx reproduce/main.ts dispersion | standard-parameterization | training [--quick] [--seed N] [--out FOLDER]
 */
import { runProcess } from '../src/cli/program';
import { program } from './program';

await runProcess(program);
