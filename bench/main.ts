/** npm run bench: every routine of the core, the transforms, whole kernels and predictions against their peers, threads against one. */
import { activations } from './activations.bench';
import { runSections, type Section } from './bench';
import { convolutions } from './convolution.bench';
import { finite } from './finite.bench';
import { kernels } from './kernel.bench';
import { parseOptions } from './options';
import { predictions } from './predict.bench';
import { random } from './random.bench';
import { routines } from './routines.bench';
import { scaling } from './scaling.bench';
import { transforms } from './transforms.bench';

const SECTIONS: Readonly<Record<string, Section>> = {
  routines,
  transforms,
  activations,
  kernel: kernels,
  convolution: convolutions,
  predict: predictions,
  finite,
  random,
  scaling,
};

await runSections('bench', parseOptions(process.argv.slice(2), 'bench', Object.keys(SECTIONS)), SECTIONS, true);
