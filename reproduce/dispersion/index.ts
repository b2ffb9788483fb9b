/** Seleznova & Kutyniok 2022: how random the NTK of a network of finite width is at initialization. */
import { PAPER_B } from '../networks';
import type { Reproduction } from '../reproduction';
import { closedFormPart } from './closed-form';
import { collapsePart } from './collapse';
import { depthPart } from './depth';
import { offDiagonalPart } from './off-diagonal';

export const dispersion: Reproduction = {
  name: 'dispersion',
  title: 'Dispersion of the NTK at initialization',
  summary: 'E[Θ²]/E[Θ]² against depth and width in three phases (Seleznova & Kutyniok 2022)',
  paper: PAPER_B,
  parts: [depthPart, collapsePart, closedFormPart, offDiagonalPart],
};
