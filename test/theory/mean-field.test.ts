import { describe, expect, test } from 'vitest';
import {
  AbortError,
  type ActivationLayer,
  abs,
  cos,
  elementwise,
  elu,
  erf,
  exp,
  gelu,
  leakyRelu,
  monomial,
  type Progress,
  parseNetwork,
  polynomial,
  relu,
  selu,
  sigmoid,
  sign,
  silu,
  sin,
  softplus,
  tanh,
} from '../../src';
import { dualOf } from '../../src/duals/dual';
import { type MeanField, meanField, phaseDiagram, phaseDiagramSync } from '../../src/theory';
import { fixture } from '../fixtures';

interface Point {
  readonly kind: string;
  readonly wStd: number;
  readonly bStd: number;
  readonly qStar: number;
  readonly chi1: number;
  readonly cStar: number;
  readonly chiC: number;
  /** null: a kink. */
  readonly curvature: number | null;
}

const layers: Readonly<Record<string, ActivationLayer>> = {
  tanh: tanh(),
  sigmoid: sigmoid(),
  softplus: softplus(),
  silu: silu(),
  gelu: gelu(),
  erf: erf(),
  sin: sin(),
  cos: cos(),
  elu: elu(),
  selu: selu(),
};
const root = (variance: number): number => Math.sqrt(variance);
const off = (actual: number, expected: number): number => Math.abs(actual / expected - 1);
const near = (actual: number, expected: number, tolerance: number): void => expect(off(actual, expected)).toBeLessThan(tolerance);

describe('meanField', () => {
  test.each(fixture<{ points: Point[] }>('theory/mean-field.json').points)(
    '$kind, wStd $wStd, bStd $bStd: quadrature of the definitions',
    (point) => {
      const { wStd, bStd } = point;
      const field = meanField(layers[point.kind], { wStd, bStd });
      near(field.qStar, point.qStar, 1e-11);
      near(field.chi1, point.chi1, 1e-11);
      near(field.cStar, point.cStar, 1e-10);
      near(field.chiC, point.chiC, 1e-11);
      if (point.curvature === null) expect(field.curvature).toBe(Infinity);
      else near(field.curvature, point.curvature, 2e-9);
    },
  );

  test('erf: golden points of the three lengths', () => {
    const table: readonly (readonly number[])[] = [
      [1.25, 0.05, 0.4351656991, 0.9613739044, 1, 0.9613739044, 25.385951, 25.385951, Infinity],
      [1.5, 0.05, 0.6017531671, 1.0347001296, 0.820530088, 0.9695519413, 29.315494, 32.34024, 15.376836],
      [1, 0.18, 0.5208751077, 0.7250836494, 1, 0.7250836494, 3.110727, 3.110727, Infinity],
      [1.5, 0.18, 0.8201205549, 0.9231133441, 1, 0.9231133441, 12.499492, 12.499492, Infinity],
      [2, 0.18, 1.167550171, 1.0694017717, 0.8370745229, 0.9423505353, 14.903263, 16.841267, 7.906554],
      [2.5, 0.18, 1.5422265021, 1.188840753, 0.6162605397, 0.8804784717, 5.781059, 7.856089, 3.330353],
      [3, 0.18, 1.9337868985, 1.2923979177, 0.4769485631, 0.8479766986, 3.898645, 6.064203, 2.373034],
    ];
    for (const [w, b, q, chi1, c, chiC, xi1, xiC, xiStar] of table) {
      const field = meanField(erf(), { wStd: root(w), bStd: root(b) });
      near(field.qStar, q, 2e-10);
      near(field.chi1, chi1, 2e-10);
      near(field.cStar, c, 2e-10);
      near(field.chiC, chiC, 2e-10);
      near(field.xi1, xi1, 3e-7);
      near(field.xiC, xiC, 3e-7);
      if (xiStar === Infinity) expect(field.xiStar).toBe(Infinity);
      else near(field.xiStar, xiStar, 3e-7);
      expect(field.phase).toBe(chi1 < 1 ? 'ordered' : 'chaotic');
    }
  });

  test('tanh: golden points', () => {
    const table: readonly (readonly number[])[] = [
      [1, 0.19359252, 0.75903165, 1, 0.75903165],
      [1.5, 0.4180372, 0.93863627, 1, 0.93863627],
      [2.5, 1.06395838, 1.1335157, 0.44680423, 0.91871677],
      [3, 1.42800846, 1.20893442, 0.29931764, 0.89540472],
    ];
    for (const [w, q, chi1, c, chiC] of table) {
      const field = meanField(tanh(), { wStd: root(w), bStd: root(0.05) });
      near(field.qStar, q, 2e-8);
      near(field.chi1, chi1, 2e-8);
      near(field.cStar, c, 3e-8);
      near(field.chiC, chiC, 2e-8);
    }
  });

  test('erf: χ₁, χ_c and C″(1) in closed form', () => {
    for (const w of [0.5, 1, 1.5, 2, 4, 25])
      for (const b of [0.01, 0.2, 3]) {
        const { qStar: q, cStar: c, chi1, chiC, curvature } = meanField(erf(), { wStd: root(w), bStd: root(b) });
        near(q, w * (2 / Math.PI) * Math.asin((2 * q) / (1 + 2 * q)) + b, 1e-13);
        near(chi1, ((4 / Math.PI) * w) / Math.sqrt(1 + 4 * q), 1e-13);
        near(chiC, ((4 / Math.PI) * w) / Math.sqrt((1 + 2 * q) ** 2 - (2 * q * c) ** 2), 1e-12);
        near(curvature, (chi1 * 4 * q * q) / (1 + 4 * q), 1e-9);
      }
  });

  test.each([
    ['erf', erf(), 3, 0.18],
    ['tanh', tanh(), 3, 0.05],
    ['sin', sin(), 4, 0.1],
    ['tanh without bias', tanh(), 3, 0],
    ['sigmoid', sigmoid(), 200, 0.01],
  ] as const)('%s: iterating the kernel from anywhere arrives at q* and c*', (_, layer, w, b) => {
    const dual = dualOf(layer);
    const { qStar, cStar, chiC, xiC } = meanField(layer, { wStd: root(w), bStd: root(b) });
    let [q, k] = [0.3, 0.2];
    for (let l = 0; l < 30 * xiC; l++) {
      k = w * dual.nngp(k, q, q, 2 * (q - k)) + b;
      q = w * dual.variance(q) + b;
    }
    near(q, qStar, 1e-11);
    expect(Math.abs(k / q - cStar)).toBeLessThan(1e-10);
    expect(chiC).toBeLessThan(1);
  });

  test('relu: q* = σ_b²/(1 − a), χ₁ = a, correlations always tend to 1', () => {
    const at = (w: number, b: number) => meanField(relu(), { wStd: root(w), bStd: root(b) });
    for (const w of [0.2, 1, 1.9]) {
      near(at(w, 0.3).qStar, 0.3 / (1 - w / 2), 1e-13);
      near(at(w, 0.3).chi1, w / 2, 1e-14);
      expect(at(w, 0.3)).toMatchObject({ cStar: 1, xiStar: Infinity, curvature: Infinity, phase: 'ordered' });
      expect(at(w, 0)).toMatchObject({ qStar: 0, cStar: 1, phase: 'ordered' });
      near(at(w, 0).xi1, 1 / Math.abs(Math.log(w / 2)), 1e-12);
    }
    expect(at(2, 0)).toMatchObject({ qStar: 1, cStar: 1, xi1: Infinity, phase: 'critical' });
    expect(meanField(relu(), { wStd: Math.SQRT2, q0: 7 }).qStar).toBe(7);
    expect(at(2, 0.1)).toMatchObject({ qStar: Infinity, cStar: 1, phase: 'critical' });
    for (const b of [0, 0.1]) {
      expect(at(3, b)).toMatchObject({ qStar: Infinity, cStar: 1, xiC: Infinity, xiStar: Infinity, phase: 'chaotic' });
      near(at(3, b).chi1, 1.5, 1e-13);
    }
  });

  test('the rectified family and what behaves like it at large variance', () => {
    near(meanField(leakyRelu(0.5), { wStd: 1, bStd: 1 }).qStar, 1 / (1 - 0.625), 1e-13);
    near(meanField(abs(), { wStd: 0.5, bStd: 1 }).qStar, 4 / 3, 1e-13);
    expect(meanField(leakyRelu(1), { wStd: 0.5, bStd: 1 })).toMatchObject({ curvature: 0, phase: 'ordered' });
    for (const layer of [gelu(), softplus()]) {
      const field = meanField(layer, { wStd: 2, bStd: 0.3 });
      expect(field).toMatchObject({ qStar: Infinity, cStar: 1, xiC: Infinity, phase: 'chaotic' });
      near(field.chi1, 2, 1e-9);
    }
  });

  test('without bias a vanishing variance has the χ₁ of the slope at 0', () => {
    for (const [layer, slope] of [
      [tanh(), 1],
      [erf(), 2 / Math.sqrt(Math.PI)],
      [sin({ a: 0.5, b: 3 }), 1.5],
      [gelu(), 0.5],
    ] as const) {
      const field = meanField(layer, { wStd: 0.7 / slope });
      expect(field).toMatchObject({ qStar: 0, cStar: 1, phase: 'ordered' });
      near(field.chi1, 0.49, 1e-9);
    }
    expect(meanField(monomial(2), { wStd: 0.5 })).toMatchObject({ qStar: 0, phase: 'ordered' });
  });

  test('sign: correlations never reach 1, gradients have no length', () => {
    const w = 2;
    const field = meanField(sign(), { wStd: root(w), bStd: 0.5 });
    expect(field).toMatchObject({ chi1: Infinity, xi1: 0, curvature: Infinity, phase: 'chaotic' });
    near(field.qStar, 2.25, 1e-15);
    near((w * (2 / Math.PI) * Math.asin(field.cStar) + 0.25) / 2.25, field.cStar, 1e-12);
    near(field.chiC, (w * (2 / Math.PI)) / 2.25 / Math.sqrt(1 - field.cStar ** 2), 1e-8);
  });

  test('just beyond the critical line c* leaves 1 as 2(χ₁ − 1)/C″(1)', () => {
    for (const epsilon of [1e-3, 1e-5]) {
      const { cStar, chi1, chiC, curvature, phase } = meanField(erf(), { wStd: root(1.37583901 * (1 + epsilon)), bStd: root(0.05) });
      expect(phase).toBe('chaotic');
      near(1 - cStar, (2 * (chi1 - 1)) / curvature, 10 * epsilon);
      near(1 - chiC, chi1 - 1, 10 * epsilon);
    }
  });

  test("a user's own dual counts like any other", () => {
    const own = elementwise({ nngpFn: (k, q1, q2) => (2 / Math.PI) * Math.asin((2 * k) / Math.sqrt((1 + 2 * q1) * (1 + 2 * q2))) });
    const options = { wStd: 1.6, bStd: 0.4 };
    const [a, b] = [meanField(own, options), meanField(erf(), options)];
    near(a.qStar, b.qStar, 1e-13);
    near(a.chi1, b.chi1, 2e-9);
    near(a.cStar, b.cStar, 1e-11);
  });

  test('refuses what has no answer, naming the argument', () => {
    const bad = (layer: ActivationLayer, options: object) => () => meanField(layer, { wStd: 1, ...options });
    expect(bad(tanh(), { wStd: -1 })).toThrow(/wStd.*negative.*ERR_ARGUMENT/);
    expect(bad(parseNetwork({ kind: 'identity' }) as ActivationLayer, {})).toThrow(
      /must be an activation layer.*write relu\(\).*ERR_ARGUMENT/,
    );
    expect(bad(tanh(), { wStd: undefined })).toThrow(/wStd/);
    expect(bad(tanh(), { bStd: Infinity })).toThrow(/bStd/);
    expect(bad(tanh(), { q0: 0 })).toThrow(/q0.*variance/);
    expect(bad(tanh(), { sigma: 0 })).toThrow(/no option sigma/);
    expect(bad(monomial(2), { wStd: 2 })).toThrow(/monomial.*grows faster than geometrically.*smaller wStd.*ERR_ARGUMENT/);
    expect(bad(elementwise({ nngpFn: (k) => k, dNngpFn: () => Number.NaN }), { wStd: 0.5, bStd: 1 })).toThrow(
      /not a number.*smaller wStd.*ERR_NON_FINITE/,
    );
    expect(bad(exp(), { wStd: 3 })).toThrow(/grows faster/);
    expect(bad(polynomial([0, 0, 1]), { wStd: 1 / Math.sqrt(3) })).toThrow(/does not settle/);
  });
});

describe('phaseDiagram', () => {
  const [wStd, bStd] = [
    [0, 0.8, 1.2, 2.5],
    [0, 0.1, 0.6],
  ];

  test('is meanField at every point, rows wStd, columns bStd', async () => {
    const diagram = await phaseDiagram(erf(), { wStd, bStd });
    expect(diagram.chi1.shape).toEqual([4, 3]);
    wStd.forEach((w, i) => {
      bStd.forEach((b, j) => {
        const field: MeanField = meanField(erf(), { wStd: w, bStd: b });
        for (const name of ['qStar', 'cStar', 'chi1', 'chiC', 'xi1', 'xiC', 'xiStar'] as const)
          expect(diagram[name].data[i * 3 + j]).toBe(field[name]);
        expect(diagram.phase[i][j]).toBe(field.phase);
      });
    });
    expect(phaseDiagramSync(erf(), { wStd, bStd })).toEqual(diagram);
  });

  test('reports progress, and stops at a signal', async () => {
    const many = { wStd: Array.from({ length: 40 }, (_, i) => i / 20), bStd: Array.from({ length: 40 }, (_, i) => i / 40) };
    const steps: Progress[] = [];
    const diagram = await phaseDiagram(erf(), { ...many, onProgress: (step) => void steps.push(step) });
    expect(steps.map(({ done }) => done)).toEqual([0, 256, 512, 768, 1024, 1280, 1536]);
    expect(new Set(diagram.phase.flat())).toEqual(new Set(['ordered', 'chaotic']));
    const abort = new AbortController();
    let last = 0;
    const onProgress = ({ done }: Progress) => {
      last = done;
      if (done >= 512) abort.abort();
    };
    await expect(phaseDiagram(erf(), { ...many, signal: abort.signal, onProgress })).rejects.toThrow(AbortError);
    expect(last).toBe(512);
    expect(() => phaseDiagramSync(erf(), { ...many, signal: abort.signal })).toThrow(AbortError);
  });

  test('an empty axis is an empty diagram; what cannot be computed names its point', async () => {
    expect((await phaseDiagram(erf(), { wStd: [], bStd: [1] })).qStar).toEqual({ data: new Float64Array(0), shape: [0, 1] });
    await expect(phaseDiagram(monomial(2), { wStd: [0.5, 2], bStd: [0] })).rejects.toThrow(/wStd 2, bStd 0/);
    await expect(phaseDiagram(erf(), { wStd: [1, -1], bStd: [0] })).rejects.toThrow(/wStd\[1\]/);
    await expect(phaseDiagram(erf(), JSON.parse('{"wStd":1,"bStd":[0]}'))).rejects.toThrow(/wStd must be an array/);
  });
});
