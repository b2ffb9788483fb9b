import { describe, expect, it } from 'vitest';
import * as layers from '../../src/layers';
import type { Network } from '../../src/spec';
import { errorOf } from '../error-of';
import { EXAMPLES } from './examples';

const { abRelu, aggregate, avgPool, conv, convLocal, convTranspose, dotGeneral, dropout, elementwise, elementwiseNumerical, elu, erf } =
  layers;
const { exp, expNormalized, fanInConcat, fanOut, gaussian, gelu, globalSelfAttention, hermite, imageResize, index, layerNorm } = layers;
const { leakyRelu, monomial, parallel, polynomial, rbf, rectifiedMonomial, relu, repeat, serial, sin, slice, sumPool } = layers;

/** A value that the types would refuse. */
const wrong = <T>(value: unknown): T => value as T;
/** An object that JSON cannot show. */
const cyclic = () => {
  const object: { self?: object } = {};
  object.self = object;
  return object;
};

const CONVOLUTION = {
  strides: null,
  padding: 'VALID',
  dilation: null,
  groups: 1,
  wStd: 1,
  bStd: null,
  parameterization: 'ntk',
  s: [1, 1],
};

describe('defaults are those of neural-tangents', () => {
  it.each<[Network, object]>([
    [conv(64, [3, 3]), { kind: 'conv', outChan: 64, filterShape: [3, 3], ...CONVOLUTION }],
    [convLocal(64, [3]), { kind: 'convLocal', outChan: 64, filterShape: [3], ...CONVOLUTION }],
    [convTranspose(64, [3]), { kind: 'convTranspose', outChan: 64, filterShape: [3], ...CONVOLUTION }],
    [avgPool([2, 2]), { kind: 'avgPool', windowShape: [2, 2], strides: null, padding: 'VALID', normalizeEdges: false }],
    [sumPool([2]), { kind: 'sumPool', windowShape: [2], strides: null, padding: 'VALID', normalizeEdges: false }],
    [layerNorm(), { kind: 'layerNorm', axis: [-1], eps: 1e-12 }],
    [dropout(0.9), { kind: 'dropout', rate: 0.9, mode: 'train' }],
    [fanInConcat(), { kind: 'fanInConcat', axis: -1 }],
    [aggregate(), { kind: 'aggregate', aggregateAxis: null, implementation: 'DENSE' }],
    [imageResize([-1, 8, 8, -1], 'nearest'), { kind: 'imageResize', shape: [-1, 8, 8, -1], method: 'nearest', antialias: true }],
    [
      globalSelfAttention(1, 2, 3, 4),
      {
        kind: 'globalSelfAttention',
        nChanOut: 1,
        nChanKey: 2,
        nChanVal: 3,
        nHeads: 4,
        linearScaling: true,
        wKeyStd: 1,
        wValueStd: 1,
        wQueryStd: 1,
        wOutStd: 1,
        bStd: null,
        attentionMechanism: 'SOFTMAX',
        posEmbType: 'NONE',
        posEmbPNorm: 2,
        posEmbDecayFn: null,
        nChanPosEmb: null,
        wPosEmbStd: 1,
        valPosEmb: false,
      },
    ],
    [erf(), { kind: 'erf', a: 1, b: 1, c: 0 }],
    [sin(), { kind: 'sin', a: 1, b: 1, c: 0 }],
    [exp(), { kind: 'exp', a: 1, b: 1 }],
    [gaussian(), { kind: 'gaussian', a: 1, b: -1 }],
    [rbf(), { kind: 'rbf', gamma: 1 }],
    [gelu(), { kind: 'gelu', approximate: false }],
    [expNormalized(), { kind: 'expNormalized', gamma: 1, shift: -1, doClip: false }],
    [elu(), { kind: 'elu', alpha: 1 }],
  ])('%o', (layer, data) => {
    expect(layer).toStrictEqual(data);
  });
});

describe('data of layers', () => {
  it('is frozen to the bottom', () => {
    const frozen = (value: unknown): boolean =>
      typeof value !== 'object' || value === null || (Object.isFrozen(value) && Object.values(value).every(frozen));
    for (const [kind, networks] of Object.entries(EXAMPLES)) for (const net of networks) expect([kind, frozen(net)]).toEqual([kind, true]);
  });

  it('does not change with the arrays it was made from', () => {
    const [filterShape, coef, idx] = [[3, 3], [1, 2], [slice(0, 2)]];
    const made = [conv(1, filterShape), polynomial(coef), index(idx)];
    const before = structuredClone(made);
    filterShape[0] = coef[0] = 7;
    idx[0] = slice();
    expect(made).toEqual(before);
  });

  it('is the same for the same network, however it was written', () => {
    expect(conv(1, [3, 3], { strides: [1, 1], dilation: [1, 1] })).toStrictEqual(conv(1, [3, 3]));
    expect(layerNorm({ axis: [-1] })).toStrictEqual(layerNorm());
    expect(imageResize([-1, 4, -1], 'bilinear')).toStrictEqual(imageResize([-1, 4, -1], 'linear'));
    expect(index([0, ':'].slice(1))).toStrictEqual(index(slice()));
    expect(index([':', '::2', '1:-1', '-3:', '...'])).toStrictEqual(index([slice(), slice(null, null, 2), slice(1, -1), slice(-3), '...']));
    expect(Object.is(abRelu(-0, 1).a, 0)).toBe(true);
    expect(polynomial(new Float64Array([1, 2]))).toStrictEqual(polynomial([1, 2]));
    const matrix = { data: new Float32Array([1, 2, 3, 4, 5, 6]), shape: [2, 3] };
    const rows = [
      [1, 2, 3],
      [4, 5, 6],
    ];
    expect(dotGeneral({ lhs: matrix })).toStrictEqual(dotGeneral({ lhs: rows }));
  });

  it('takes undefined for an option that is left out', () => {
    expect(conv(2, [3], { wStd: undefined, groups: undefined, strides: undefined })).toStrictEqual(conv(2, [3]));
    expect(globalSelfAttention(1, 1, 1, 1, { valPosEmb: undefined, bStd: undefined })).toStrictEqual(globalSelfAttention(1, 1, 1, 1));
  });

  it('holds constants with their shapes', () => {
    const none = [
      [[], []],
      [[], []],
    ];
    expect(dotGeneral({ rhs: 2 })).toStrictEqual({
      kind: 'dotGeneral',
      constant: { data: [2], shape: [] },
      side: 'rhs',
      dimensionNumbers: none,
    });
    expect(dotGeneral()).toMatchObject({ constant: { data: [1], shape: [] } });
    expect(dotGeneral({ lhs: [[[1], [2]]] })).toMatchObject({ constant: { data: [1, 2], shape: [1, 2, 1] }, side: 'lhs' });
  });
});

describe('refusals name layer, parameter, value and remedy', () => {
  it.each<[string, () => unknown, RegExp]>([
    ['a width of 0', () => conv(0, [3]), /^conv: outChan must be a positive integer, got 0/],
    ['half a width', () => conv(1.5, [3]), /^conv: outChan .* got 1.5/],
    ['a filter that is a number', () => conv(1, wrong(3)), /^conv: filterShape .* got 3; write \[3, 3\], not 3/],
    ['a filter of length 0', () => conv(1, [3, 0]), /^conv: filterShape must be a positive integer, got 0/],
    ['strides of another rank', () => conv(1, [3, 3], { strides: [2] }), /^conv: strides must be an array of 2, .* got \[2\]/],
    ['dilation of another rank', () => convLocal(1, [3], { dilation: [2, 2] }), /^convLocal: dilation must be an array of 1/],
    [
      'a dilated transpose',
      () => convTranspose(1, [3], wrong({ dilation: [2] })),
      /^convTranspose: there is no option dilation; the options are/,
    ],
    ['groups that do not divide', () => conv(6, [3], { groups: 4 }), /^conv: groups must be a divisor of outChan = 6, got 4/],
    [
      'an unknown padding',
      () => conv(1, [3], { padding: wrong('same') }),
      /^conv: padding must be 'VALID' or 'SAME' or 'CIRCULAR', got "same"/,
    ],
    ['a negative wStd', () => conv(1, [3], { wStd: -1 }), /^conv: wStd .* negative, got -1/],
    ['a bStd that is NaN', () => conv(1, [3], { bStd: Number.NaN }), /^conv: bStd must be a finite number, got NaN/],
    [
      'an unknown parameterization',
      () => conv(1, [3], { parameterization: wrong('mup') }),
      /^conv: parameterization must be 'ntk' or 'standard'/,
    ],
    ['an s of one number', () => conv(1, [3], { s: wrong([1]) }), /^conv: s must be a pair/],
    ['an s of 0', () => conv(1, [3], { s: [1, 0] }), /^conv: s\[1\] must be above 0, got 0/],
    ['an option of Python', () => conv(1, [3], wrong({ W_std: 2 })), /^conv: there is no option W_std; the options are .*wStd/],
    ['options that are a number', () => conv(1, [3], wrong(2)), /^conv: the options must be an object of .* got 2; write \{ strides: … \}/],
    ['a layer for options', () => erf(wrong(relu())), /^erf: the options must be an object of a, b, c, got \{kind:relu\}/],
    ['a window without axes', () => avgPool([]), /^avgPool: windowShape .* use identity\(\)/],
    ['strides of another rank', () => avgPool([2, 2], { strides: [2] }), /^avgPool: strides/],
    ['edges of a sum', () => sumPool([2], wrong({ normalizeEdges: true })), /^sumPool: there is no option normalizeEdges/],
    [
      'edges that are not a flag',
      () => avgPool([2], { normalizeEdges: wrong(1) }),
      /^avgPool: normalizeEdges must be true or false, got 1/,
    ],
    ['axes without channels', () => layerNorm({ axis: [-2, -3] }), /^layerNorm: axis .* got \[-2,-3\]; add -1/],
    ['the sample axis alone', () => layerNorm({ axis: 0 }), /^layerNorm: axis .* got 0; add -1/],
    ['an axis twice', () => layerNorm({ axis: [-1, -1] }), /^layerNorm: axis must be one or more different axes/],
    ['no axis', () => layerNorm({ axis: [] }), /^layerNorm: axis/],
    ['half an axis', () => layerNorm({ axis: 0.5 }), /^layerNorm: axis must be an axis of \[n, …, channels\], an integer, got 0.5/],
    ['an eps of 0', () => layerNorm({ eps: 0 }), /^layerNorm: eps must be above 0, got 0/],
    ['a rate of 0', () => dropout(0), /^dropout: rate must be the probability of keeping .* got 0; to drop a tenth, write 0.9/],
    ['a rate above 1', () => dropout(1.1), /^dropout: rate .* got 1.1/],
    ['an unknown mode', () => dropout(0.5, { mode: wrong('eval') }), /^dropout: mode must be 'train' or 'test', got "eval"/],
    ['a width of attention', () => globalSelfAttention(1, 0, 1, 1), /^globalSelfAttention: nChanKey must be a positive integer, got 0/],
    [
      'an unknown mechanism',
      () => globalSelfAttention(1, 1, 1, 1, { attentionMechanism: wrong('softmax') }),
      /attentionMechanism must be 'SOFTMAX'/,
    ],
    ['an unknown embedding', () => globalSelfAttention(1, 1, 1, 1, { posEmbType: wrong('sum') }), /posEmbType must be 'NONE'/],
    ['a p-norm of 0', () => globalSelfAttention(1, 1, 1, 1, { posEmbPNorm: 0 }), /posEmbPNorm must be above 0/],
    [
      'a decay that is a text',
      () => globalSelfAttention(1, 1, 1, 1, { posEmbDecayFn: wrong('d') }),
      /posEmbDecayFn must be a function, got "d"; JSON/,
    ],
    [
      'embeddings of 0 channels',
      () => globalSelfAttention(1, 1, 1, 1, { nChanPosEmb: 0 }),
      /nChanPosEmb must be a positive integer, got 0/,
    ],
    [
      'an unknown implementation',
      () => aggregate({ implementation: wrong('dense') }),
      /^aggregate: implementation must be 'DENSE' or 'SPARSE'/,
    ],
    ['an axis of a graph', () => aggregate({ aggregateAxis: wrong('1') }), /^aggregate: aggregateAxis .* got "1"/],
    ['two constants', () => dotGeneral({ lhs: 1, rhs: 2 }), /^dotGeneral: the constant must be given once/],
    ['a ragged constant', () => dotGeneral({ lhs: [[1, 2], [3]] }), /^dotGeneral: lhs must be an array whose rows are equally long/],
    ['a constant of text', () => dotGeneral({ rhs: wrong('2') }), /^dotGeneral: rhs must be a finite number, got "2"/],
    ['a constant that is NaN', () => dotGeneral({ rhs: [Number.NaN] }), /^dotGeneral: rhs must be a finite number, got NaN/],
    [
      'too few numbers',
      () => dotGeneral({ lhs: { data: [1], shape: [2] } }),
      /^dotGeneral: lhs must be 2 numbers for the shape \[2\], got 1/,
    ],
    [
      'unequal axes',
      () =>
        dotGeneral({
          lhs: [1],
          dimensionNumbers: wrong([
            [[0], []],
            [[], []],
          ]),
        }),
      /^dotGeneral: dimensionNumbers must be \[\[axes/,
    ],
    [
      'an axis the constant lacks',
      () =>
        dotGeneral({
          lhs: [1],
          dimensionNumbers: [
            [[1], [1]],
            [[], []],
          ],
        }),
      /axes of lhs, whose shape is \[1\], got 1/,
    ],
    [
      'an axis twice',
      () =>
        dotGeneral({
          rhs: [1],
          dimensionNumbers: [
            [[1], [0]],
            [[1], [0]],
          ],
        }),
      /without an axis that stands twice/,
    ],
    ['resized channels', () => imageResize([-1, 4, 4, 3], 'linear'), /^imageResize: shape must be a list that ends in -1/],
    ['a shape with 0', () => imageResize([-1, 0, -1], 'linear'), /^imageResize: shape/],
    ['a cubic', () => imageResize([-1, 4, -1], wrong('cubic')), /^imageResize: method must be 'linear' or 'nearest', got "cubic"; cubic/],
    ["two '...'", () => index(['...', '...']), /^index: idx must be an index with '...' at most once/],
    ['a dropped sample axis', () => index([0, ':']), /^index: idx\[0\] .* got 0; write slice\(i, i \+ 1\)/],
    ['indexed channels', () => index(['...', 0]), /^index: the last entry must be ':', .* got 0/],
    ['half a position', () => index([':', 0.5]), /^index: an entry must be an integer/],
    ['a text that is no slice', () => index(['1,2']), /^index: an entry/],
    ['a step of 0', () => slice(0, 1, 0), /^index: step must be an integer other than 0/],
    ['a slice of texts', () => slice(wrong('1')), /^index: start must be an integer, or null/],
    ['no branches', () => fanOut(0), /^fanOut: num must be a positive integer, got 0/],
    ['an axis', () => fanInConcat({ axis: Number.NaN }), /^fanInConcat: axis .* got NaN/],
    ['an axis without its name', () => fanInConcat(wrong(1)), /^fanInConcat: the options .* write \{ axis: … \}/],
    ['parallel without networks', () => parallel(), /^parallel: .* identity\(\)/],
    ['a layer that was not called', () => serial(wrong(relu)), /^serial: argument 0 is not a layer but the function relu; call/],
    ['a list of layers', () => parallel(wrong([relu()])), /^parallel: argument 0 .* spread the list: parallel\(...layers\)/],
    ['repeat of nothing', () => repeat(wrong(3), 3), /^repeat: argument 0 is not a layer but 3/],
    ['a negative number of repeats', () => repeat(relu(), -1), /^repeat: n must be an integer from 0 on, got -1/],
    ['a slope of text', () => leakyRelu(wrong('0.1')), /^leakyRelu: alpha must be a finite number, got "0.1"/],
    ['a slope in an object', () => leakyRelu(wrong({ alpha: 1 })), /^leakyRelu: alpha must be a finite number/],
    ['a slope without a prototype', () => leakyRelu(wrong(Object.create(null))), /^leakyRelu: alpha must be a finite number, got \{\}/],
    ['a width that holds itself', () => conv(wrong(cyclic()), [3]), /^conv: outChan must be a positive integer, got \[object Object\]/],
    ['an infinite scale', () => sin({ b: Number.POSITIVE_INFINITY }), /^sin: b must be a finite number, got Infinity/],
    ['a negative gamma', () => rbf({ gamma: -1 }), /^rbf: gamma must be 0 or more, got -1/],
    ['a flag of 0', () => gelu({ approximate: wrong(0) }), /^gelu: approximate must be true or false, got 0/],
    ['a negative degree', () => monomial(-1), /^monomial: degree must be an integer from 0 on, got -1/],
    ['half a degree', () => rectifiedMonomial(0.5), /^rectifiedMonomial: degree .* got 0.5/],
    ['no degree', () => hermite(wrong(undefined)), /^hermite: degree .* got undefined/],
    ['no coefficients', () => polynomial([]), /^polynomial: coef .* at least one, got \[\]/],
    ['a coefficient that is NaN', () => polynomial([1, Number.NaN]), /^polynomial: coef\[1\] must be a finite number, got NaN/],
    ['an activation without a dual', () => elementwise({ fn: Math.sin }), /^elementwise: nngpFn .* use elementwiseNumerical/],
    [
      'a derivative that is none',
      () => elementwise({ nngpFn: (k) => k, dNngpFn: wrong(1) }),
      /^elementwise: dNngpFn must be a function, got 1/,
    ],
    ['no function', () => elementwiseNumerical(wrong(null), 25), /^elementwiseNumerical: fn must be a function/],
    ['no degree', () => elementwiseNumerical(Math.sin, 0), /^elementwiseNumerical: deg must be a positive integer, got 0/],
  ])('%s', (_name, act, message) => {
    const error = errorOf(act);
    expect(error.code).toBe('ERR_ARGUMENT');
    expect(error.message).toMatch(message);
  });
});

describe('the exports', () => {
  it('have every name of neural_tangents.stax', () => {
    const stax =
      'serial parallel repeat Aggregate AvgPool Conv ConvLocal ConvTranspose Dense Identity Index Slice DotGeneral Dropout Flatten GlobalAvgPool ' +
      'GlobalSelfAttention GlobalSumPool ImageResize LayerNorm SumPool FanInConcat FanInProd FanInSum FanOut ABRelu Abs Cos Elementwise ' +
      'ElementwiseNumerical Erf Exp ExpNormalized Gabor Gaussian Gelu Hermite LeakyRelu Monomial Polynomial Rbf RectifiedMonomial Relu ' +
      'Sigmoid_like Sign Sin';
    const camel = (name: string) =>
      name
        .replace(/^AB/, 'Ab')
        .replace(/^./, (first) => first.toLowerCase())
        .replace(/_(.)/, (_all, letter: string) => letter.toUpperCase());
    const beyond = ['tanh', 'sigmoid', 'softplus', 'silu', 'elu', 'selu'];
    expect(Object.keys(layers).sort()).toEqual([...stax.split(' ').map(camel), ...beyond].sort());
  });
});
