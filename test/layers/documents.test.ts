import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { layers as documented, documents, stale } from '../../scripts/docs.mjs';
import * as layers from '../../src/layers';

const root = new URL('../../', import.meta.url);

/** Layers made with nothing but what they require, by the functions that take options. */
const PLAIN: Readonly<Record<string, object>> = {
  aggregate: layers.aggregate(),
  avgPool: layers.avgPool([2]),
  conv: layers.conv(1, [2]),
  convLocal: layers.convLocal(1, [2]),
  convTranspose: layers.convTranspose(1, [2]),
  cos: layers.cos(),
  dense: layers.dense(1),
  dotGeneral: { ...layers.dotGeneral(), lhs: null, rhs: null },
  dropout: layers.dropout(1),
  elementwise: layers.elementwise({ nngpFn: (k) => k }),
  elementwiseNumerical: layers.elementwiseNumerical(Math.sin, 1),
  elu: layers.elu(),
  erf: layers.erf(),
  exp: layers.exp(),
  expNormalized: layers.expNormalized(),
  fanInConcat: layers.fanInConcat(),
  gaussian: layers.gaussian(),
  gelu: layers.gelu(),
  globalSelfAttention: layers.globalSelfAttention(1, 1, 1, 1),
  imageResize: layers.imageResize([-1, -1], 'linear'),
  layerNorm: { ...layers.layerNorm(), axis: -1 },
  rbf: layers.rbf(),
  sin: layers.sin(),
  sumPool: layers.sumPool([2]),
};

describe('the generated documents', () => {
  it('are what `node scripts/docs.mjs` writes', () => {
    expect(stale()).toEqual([]);
  });

  it('have a page for every layer function, and say what it is in neural-tangents', () => {
    const functions = Object.keys(layers).filter((name) => name !== 'slice');
    expect([...documents().keys()].filter((path) => /^layers\/(?!README)/.test(path)).sort()).toEqual(
      functions.map((name) => `layers/${name}.md`).sort(),
    );
    for (const { name, tags } of documented().filter(({ name }) => name !== 'slice'))
      if (tags.reference !== 'none') expect(tags.reference.replace(/[._]|stax/g, '').toLowerCase()).toBe(name.toLowerCase());
  });

  it.each(
    documented()
      .map(({ name, parameters }) => [name, parameters.flatMap(({ options }) => options)] as const)
      .filter(([, options]) => options.length > 0),
  )('give the defaults of %s that it has', (name, options) => {
    const made = Object.entries(PLAIN[name] ?? {});
    for (const option of options) {
      if (option.text.endsWith('Required.')) continue;
      const value = made.find(([field]) => field === option.name)?.[1];
      expect([option.name, option.default.replaceAll("'", '"').replaceAll(' ', '')]).toEqual([
        option.name,
        typeof value === 'number' ? String(value) : JSON.stringify(value),
      ]);
    }
  });
});

describe('coming-from-neural-tangents', () => {
  const text = readFileSync(new URL('docs/coming-from-neural-tangents.md', root), 'utf8');

  it('names every public name of neural_tangents', () => {
    const names =
      'batch monte_carlo_kernel_fn empirical_kernel_fn empirical_nngp_fn empirical_ntk_fn empirical_ntk_vp_fn linearize taylor_expand NtkImplementation ' +
      'Kernel gradient_descent_mse gradient_descent gradient_descent_mse_ensemble gp_inference max_learning_rate ODEState Gaussian empirical_ntk_fn_tf ' +
      'get_apply_fn_and_params serial parallel repeat Aggregate AvgPool Conv ConvLocal ConvTranspose Dense Identity Index Slice DotGeneral Dropout ' +
      'Flatten GlobalAvgPool GlobalSelfAttention GlobalSumPool ImageResize LayerNorm SumPool FanInConcat FanInProd FanInSum FanOut ABRelu Abs Cos ' +
      'Elementwise ElementwiseNumerical Erf Exp ExpNormalized Gabor Gaussian Gelu Hermite LeakyRelu Monomial Polynomial Rbf RectifiedMonomial Relu ' +
      'Sigmoid_like Sign Sin AggregateImplementation AttentionMechanism Padding PositionalEmbedding layer requires supports_masking unmask_fn Bool ' +
      'Diagonal MaskedArray';
    expect(names.split(' ').filter((name) => !new RegExp(`\\b${name}\\b`).test(text))).toEqual([]);
  });
});
