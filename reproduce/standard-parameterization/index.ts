/** Sohl-Dickstein et al. 2020: kernels of networks that are parameterized as they are in practice. */
import type { Reproduction } from '../reproduction';
import { convergencePart } from './convergence';
import { equivalencePart } from './equivalence';
import { finitePart } from './finite';
import { learningRatePart } from './learning-rate';
import { PAPER_A } from './networks';
import { regressionPart } from './regression';

export const standardParameterization: Reproduction = {
  name: 'standard-parameterization',
  title: 'Infinite width in the standard parameterization',
  summary: 'NTK of practical widths: convergence, learning rates, regression (Sohl-Dickstein et al. 2020)',
  paper: PAPER_A,
  parts: [convergencePart, finitePart, learningRatePart, regressionPart, equivalencePart],
};
