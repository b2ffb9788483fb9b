/** Seleznova & Kutyniok 2022: when the NTK changes during training, and into what. */
import { PAPER_B } from '../networks';
import type { Reproduction } from '../reproduction';
import { blocksPart } from './blocks';
import { changePart } from './change';
import { firstStepPart } from './first-step';

export const training: Reproduction = {
  name: 'training',
  title: 'Change of the NTK in training',
  summary: 'change of the NTK against depth/width in three phases, and its blocks by class (Seleznova & Kutyniok 2022)',
  paper: PAPER_B,
  parts: [firstStepPart, changePart, blocksPart],
};
