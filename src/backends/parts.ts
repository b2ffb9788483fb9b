/** Parts of the core beside the one for chains (assembly/*-part.ts): in a bundle whose functions bring them. */
import * as eigen from '../../build/eigen.js';
import * as finite from '../../build/finite.js';
import * as planes from '../../build/planes.js';
import { addPart } from './core';
import { eigensystem } from './js-eigen';
import { useEigensystem } from './js-linalg';

/** syevd, in JavaScript too. */
export function bringEigen(): void {
  addPart('eigen', eigen);
  useEigensystem(eigensystem);
}

export const bringPlanes = (): void => addPart('planes', planes);
export const bringFinite = (): void => addPart('finite', finite);
