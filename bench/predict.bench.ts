/** Regression as a user runs it: fit and predict, beside the parts that they are made of. */
import { kernelSync } from '../src/kernel';
import { relu } from '../src/layers/elementwise';
import { fitSync } from '../src/predict/index';
import type { Bench } from './bench';
import { array, normal, positiveDefinite } from './data';
import { byName, type Contestant, race, timed } from './harness';
import { DEPTH, FEATURES, ofItsParts } from './kernel.bench';
import { B_STD, deepNetwork } from './networks';
import { DTYPES } from './transforms.bench';

const OUTPUTS = 10;
const DIAG_REG = 1e-2;

export async function predictions({ options, report, engines }: Bench): Promise<void> {
  const [n, m] = options.quick ? [128, 32] : options.full ? [4000, 1000] : [2000, 500];
  report.note(
    `NTK of ${DEPTH} ReLU layers, ${n} training and ${m} test points of ${FEATURES} features, ${OUTPUTS} outputs, diagReg ${DIAG_REG}`,
  );
  for (const dtype of DTYPES)
    for (const { name, context } of engines) {
      const [x, y, test] = [normal(dtype, n, FEATURES, 31), normal(dtype, n, OUTPUTS, 32), normal(dtype, m, FEATURES, 33)];
      const net = deepNetwork(relu(), DEPTH, B_STD);
      const settings = { kernel: 'ntk', diagReg: DIAG_REG, engine: context } as const;
      const model = fitSync(net, x, y, settings);
      const { linalg } = context.backend;
      const definite = positiveDefinite(dtype, n, 34);
      const factor = definite.slice();
      const right = y.data.slice();
      const mean = array(dtype, m * OUTPUTS);
      const cross = array(dtype, m * n);
      const contestants: Contestant[] = [
        { name: 'fit', ours: true, time: timed(() => fitSync(net, x, y, settings)) },
        { name: 'predict', ours: true, time: timed(() => model.predictSync(test)) },
        { name: 'training kernel', time: timed(() => kernelSync(net, x, { get: 'ntk', engine: context })) },
        {
          name: 'potrf',
          time: timed(
            () => linalg.potrf('lower', n, factor, n),
            () => factor.set(definite),
          ),
        },
        {
          name: 'potrs',
          time: timed(
            () => linalg.potrs('lower', n, OUTPUTS, factor, n, right, OUTPUTS),
            () => right.set(y.data),
          ),
        },
        { name: 'test kernel', time: timed(() => kernelSync(net, test, x, { get: 'ntk', engine: context })) },
        { name: 'product', time: timed(() => linalg.gemm('n', 'n', m, OUTPUTS, n, 1, cross, n, y.data, OUTPUTS, 0, mean, OUTPUTS)) },
      ];
      const rows = await race(contestants, options, (text) => report.note(text));
      const parts = (...names: string[]) => names.map((part) => byName(rows, part));
      report.compare(ofItsParts(`fit ${n} ${dtype}, ${name}`, byName(rows, 'fit'), parts('training kernel', 'potrf', 'potrs')));
      report.compare(ofItsParts(`predict ${m} of ${n} ${dtype}, ${name}`, byName(rows, 'predict'), parts('test kernel', 'product')));
    }
}
