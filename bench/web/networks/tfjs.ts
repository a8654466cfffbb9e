// Networks for TensorFlow.js: a list of layers as JSON, and their weights as one block of floats.

import {
  inDepthColumnRowOrder,
  type Layer,
  type Network,
  realBias,
  realWeights,
} from './layers.ts';

/** Where numbers lie in the block of floats. */
interface Slice {
  offset: number;
  length: number;
}

export type TfjsLayer =
  | {
      op: 'conv';
      input: number;
      /** Of the weights: rows, columns, inputs, outputs. */
      shape: [number, number, number, number];
      weights: Slice;
      bias: Slice;
      activation: 'linear' | 'relu' | 'prelu' | 'leakyrelu';
      slopes?: Slice;
      slope?: number;
    }
  | Exclude<Layer, { op: 'conv' }>;

export interface TfjsNetwork {
  layers: TfjsLayer[];
  scale: number;
  floats: Float32Array<ArrayBuffer>;
}

/** The layers as bench/web/page/subjects/tfjs.mjs reads them. */
export function writeTfjs(network: Network): TfjsNetwork {
  const values: number[] = [];
  const store = (numbers: readonly number[]): Slice => {
    const offset = values.length;
    for (const number of numbers) values.push(number);
    return { offset, length: numbers.length };
  };
  const layers = inDepthColumnRowOrder(network).layers.map((layer): TfjsLayer => {
    if (layer.op !== 'conv') return layer;
    const { input, kernel, inputs, outputs, activation } = layer;
    return {
      ...{ op: 'conv', input, shape: [kernel, kernel, inputs, outputs] },
      weights: store(toHwio(realWeights(layer), outputs, inputs, kernel * kernel)),
      bias: store(realBias(layer)),
      activation: ({ none: 'linear', relu: 'relu', prelu: 'prelu', leaky: 'leakyrelu' } as const)[
        activation.kind
      ],
      ...(activation.kind === 'prelu' ? { slopes: store(activation.slopes) } : {}),
      ...(activation.kind === 'leaky' ? { slope: activation.slope } : {}),
    };
  });
  return { layers, scale: network.scale, floats: Float32Array.from(values) };
}

function toHwio(values: readonly number[], outputs: number, inputs: number, area: number) {
  const moved: number[] = [];
  for (let k = 0; k < area; k++) {
    for (let i = 0; i < inputs; i++) {
      for (let o = 0; o < outputs; o++) {
        moved.push(values[(o * inputs + i) * area + k] as number);
      }
    }
  }
  return moved;
}
