/** Predictions of infinitely wide networks. */
import '../whole';

export * from './main';
