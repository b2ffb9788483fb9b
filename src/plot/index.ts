/** Charts as SVG text, in browsers and Node. */
export { type LineChart, type LineSeries, lineChart } from './line-chart';
export type { ScaleKind } from './scale';
