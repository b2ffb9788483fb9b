/** The layers that only the graph engine has: what each makes of a value. */
import { notBrought } from '../errors';
import { applyConcat, applyFanIn } from './branches';
import { applyAttention, applyConv } from './parameterized';
import {
  applyAggregate,
  applyDotGeneral,
  applyDropout,
  applyGlobalPool,
  applyIndex,
  applyLayerNorm,
  applyPool,
  applyResize,
} from './spatial';
import { type Builder, branches, checkCount, nameOf, type PlacedLayer, placedAs, single, tensorsOf, type Value } from './state';

/** @throws ERR_UNSUPPORTED for a kind that is none of them */
export function applyLayer(builder: Builder, value: Value, placed: PlacedLayer): Value {
  const { layer } = placed;
  const one = () => single(value, placed);
  switch (layer.kind) {
    case 'fanOut':
      checkCount(layer.num * tensorsOf(value).length, nameOf(placed), 'branches');
      return Array.from({ length: layer.num }, () => value);
    case 'fanInSum':
    case 'fanInProd':
      return applyFanIn(builder, branches(value, placed), placed);
    case 'fanInConcat':
      return applyConcat(builder, branches(value, placed), placedAs(placed, layer));
    case 'conv':
    case 'convLocal':
    case 'convTranspose':
      return applyConv(builder, one(), placedAs(placed, layer));
    case 'globalSelfAttention':
      return applyAttention(builder, one(), placedAs(placed, layer));
    case 'avgPool':
    case 'sumPool':
      return applyPool(builder, one(), placedAs(placed, layer));
    case 'globalAvgPool':
    case 'globalSumPool':
      return applyGlobalPool(builder, one(), placed);
    case 'layerNorm':
      return applyLayerNorm(builder, one(), placedAs(placed, layer));
    case 'dropout':
      return applyDropout(builder, one(), placedAs(placed, layer));
    case 'aggregate':
      return applyAggregate(builder, one(), placedAs(placed, layer));
    case 'imageResize':
      return applyResize(builder, one(), placedAs(placed, layer));
    case 'index':
      return applyIndex(builder, one(), placedAs(placed, layer));
    case 'dotGeneral':
      return applyDotGeneral(builder, one(), placedAs(placed, layer));
    default:
      throw notBrought(nameOf(placed));
  }
}
