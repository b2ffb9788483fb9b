/**
 * infinite-width: neural networks of infinite width as kernels.
 *
 * ```ts
 * import { dense, fit, relu, serial } from 'infinite-width';
 *
 * const net = serial(dense(512, { wStd: Math.SQRT2, bStd: 0.1 }), relu(), dense(1));
 * const model = await fit(net, [[0, 0], [0, 1], [1, 0], [1, 1]], [-1, 1, 1, -1]);
 * const { mean } = await model.predict([[0.1, 0.9]]);
 * ```
 */
import './whole';

export * from './main';
