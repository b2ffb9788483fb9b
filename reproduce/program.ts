/** All reproductions as one program. */
import type { Program } from '../src/cli/program';
import { commandOf } from './command';
import { dispersion } from './dispersion';
import type { Reproduction } from './reproduction';
import { standardParameterization } from './standard-parameterization';
import { training } from './training';

export const reproductions: readonly Reproduction[] = [dispersion, standardParameterization, training];

export const program: Program = {
  name: 'npm run reproduce --',
  summary: 'headline results of papers on finite and infinite width, measured on real digits',
  commands: reproductions.map(commandOf),
};
