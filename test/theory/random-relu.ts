/** Θ(x, x) of random fully connected ReLU networks with trained biases, weight by weight. */

export interface RandomNetworks {
  readonly widths: readonly number[];
  readonly wStd: number;
  readonly bStd: number;
  readonly standard: boolean;
  readonly squaredNorm: number;
  readonly samples: number;
  readonly seed: number;
}

/** Standard normals, two at a time, from mulberry32. */
function normals(seed: number): () => number {
  let state = seed;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  let spare: number | undefined;
  return () => {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
}

/** Mean, its standard error, second moment, its standard error. */
export function sampleMoments(networks: RandomNetworks): { mean: [number, number]; secondMoment: [number, number] } {
  const next = normals(networks.seed);
  const n = networks.samples;
  let [m1, m2, m4] = [0, 0, 0];
  for (let sample = 0; sample < n; sample++) {
    const theta = randomNtk(networks, next);
    m1 += theta / n;
    m2 += theta ** 2 / n;
    m4 += theta ** 4 / n;
  }
  return { mean: [m1, Math.sqrt((m2 - m1 * m1) / n)], secondMoment: [m2, Math.sqrt((m4 - m2 * m2) / n)] };
}

function squares(values: Float64Array): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i] * values[i];
  return total;
}

/** out[i] = max(0, Σ w[i, j] x[j] + bStd · normal) */
function forward(w: Float64Array, x: Float64Array, out: Float64Array, bStd: number, next: () => number): void {
  for (let i = 0; i < out.length; i++) {
    let h = bStd === 0 ? 0 : bStd * next();
    for (let j = 0; j < x.length; j++) h += w[i * x.length + j] * x[j];
    out[i] = Math.max(h, 0);
  }
}

/** Cotangents of the activations below, where these are active. */
function backward(w: Float64Array, above: Float64Array, x: Float64Array): Float64Array {
  const below = new Float64Array(x.length);
  for (let i = 0; i < above.length; i++) for (let j = 0; j < x.length; j++) if (x[j] > 0) below[j] += above[i] * w[i * x.length + j];
  return below;
}

function randomNtk({ widths, wStd, bStd, standard, squaredNorm }: RandomNetworks, next: () => number): number {
  const layers = widths.slice(1).map((width, l) => new Float64Array(width * widths[l]));
  const x = widths.map((width) => new Float64Array(width));
  x[0].fill(Math.sqrt(squaredNorm / widths[0]));
  layers.forEach((w, l) => {
    for (let k = 0; k < w.length; k++) w[k] = (next() * wStd) / Math.sqrt(widths[l]);
    forward(w, x[l], x[l + 1], bStd, next);
  });
  let cotangent: Float64Array = new Float64Array(widths[layers.length]);
  cotangent[0] = 1;
  let theta = 0;
  for (let l = layers.length - 1; l >= 0; l--) {
    const c = standard ? 1 : (wStd * wStd) / widths[l];
    theta += (c * squares(x[l]) + (standard ? 1 : bStd * bStd)) * squares(cotangent);
    cotangent = backward(layers[l], cotangent, x[l]);
  }
  return theta;
}
