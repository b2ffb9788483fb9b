/**
 * Against neural-tangents in float64. The kernels have condition numbers up to 425, so errors of 425 roundings are due. A covariance
 * is what is left of the prior: its error is relative to that.
 */
import { describe, expect, it } from 'vitest';
import { kernelSync } from '../../src/kernel';
import {
  type GaussianName,
  gpInference,
  gpInferenceSync,
  gradientDescentMse,
  gradientDescentMseEnsemble,
  gradientDescentMseEnsembleSync,
  gradientDescentMseSync,
} from '../../src/predict';
import { cases, engines, largestOf, relativeError } from './support';

const TOLERANCE = 1e-13;
/** Kernels are computed here, too. The reference's NTK diagonal of the mixed network is off by 8e-9 (acos of a rounded correlation). */
const ensembleTolerance = (name: string): number => (name.startsWith('mixed') ? 1e-8 : 1e-12);
const NAMES: readonly GaussianName[] = ['nngp', 'ntk', 'ntkgp'];

describe.each(engines)('%s', (_engine, engine) => {
  describe.each(cases)('$name', (c) => {
    it.each(c.gpInference)('gpInference, diagReg $diagReg, absolute $diagRegAbsoluteScale', async (expected) => {
      const predict = gpInference(c.kTrainTrain, c.yTrain, { ...expected, engine });
      const on = {
        test: await predict({ get: NAMES, kTestTrain: c.kTestTrain, kTestTest: c.kTestTest }),
        train: await predict({ get: NAMES, kTestTest: true }),
        trainAsTest: await predict({ get: NAMES, kTestTrain: c.kTrainTrain, kTestTest: c.kTrainTrain }),
      };
      for (const set of ['test', 'train', 'trainAsTest'] as const)
        for (const name of NAMES) {
          expect(relativeError(on[set][name].mean, expected[set][name].mean)).toBeLessThan(TOLERANCE);
          const prior = largestOf((set === 'test' ? c.kTestTest : c.kTrainTrain)[name === 'ntkgp' ? 'ntk' : 'nngp']);
          expect(relativeError(on[set][name].covariance, expected[set][name].covariance, prior)).toBeLessThan(TOLERANCE);
        }
    });

    it.each(c.gradientDescentMse)('gradientDescentMse, diagReg $diagReg', async ({ fxTrain0, fxTest0, fxTrain, fxTest, ...options }) => {
      const request = { fxTrain0, fxTest0, kTestTrain: fxTest0 === null ? null : c.kTestTrain.ntk };
      const result = await gradientDescentMse(c.kTrainTrain.ntk, c.yTrain, { ...options, engine })(Infinity, request);
      expect(Object.keys(result).sort()).toStrictEqual([...(fxTest ? ['fxTest'] : []), ...(fxTrain ? ['fxTrain'] : [])]);
      if (fxTrain) expect(relativeError(result.fxTrain, fxTrain)).toBe(0);
      if (fxTest) expect(relativeError(result.fxTest, fxTest)).toBeLessThan(TOLERANCE);
      expect(gradientDescentMseSync(c.kTrainTrain.ntk, c.yTrain, { ...options, engine })(undefined, request)).toStrictEqual(result);
    });

    it.each(c.gradientDescentMseEnsemble)('gradientDescentMseEnsemble on $on, diagReg $diagReg', async (expected) => {
      const { on, nngp, ntk, ...options } = expected;
      const request = { xTest: on === 'test' ? c.xTest : null, computeCov: true };
      const result = await gradientDescentMseEnsemble(c.network, c.xTrain, c.yTrain, { ...options, engine })(request);
      for (const [actual, known] of [
        [result.nngp, nngp],
        [result.ntk, ntk],
      ] as const) {
        expect(relativeError(actual.mean, known.mean)).toBeLessThan(ensembleTolerance(c.name));
        expect(relativeError(actual.covariance, known.covariance)).toBeLessThan(ensembleTolerance(c.name));
      }
      expect(gradientDescentMseEnsembleSync(c.network, c.xTrain, c.yTrain, { ...options, engine })(request)).toStrictEqual(result);
    });

    it('the ensemble is gpInference on the kernels of the network', async () => {
      const k = (x1: number[][], x2: number[][] | null) => kernelSync(c.network, x1, x2, { engine });
      const request = { kTestTrain: k(c.xTest, c.xTrain), kTestTest: k(c.xTest, null) };
      const direct = gpInferenceSync(k(c.xTrain, null), c.yTrain, { diagReg: 1e-3, engine })({ ...request });
      const ensemble = gradientDescentMseEnsemble(c.network, c.xTrain, c.yTrain, { diagReg: 1e-3, engine });
      expect(await ensemble({ xTest: c.xTest, computeCov: true })).toStrictEqual(direct);
    });
  });
});
