// A quantized (QDQ) super-resolution network as a list of layers: what the files for other runtimes
// are written from, so that all of them hold the same numbers.

import { meanSlope, type OnnxFile, type OnnxNode, type OnnxTensor } from './onnx-file.ts';

/** How uint8 codes stand for real numbers: real = scale * (code - zeroPoint). */
export interface Codes {
  scale: number;
  zeroPoint: number;
}

/** A value on its way through the network. Layer `i` makes tensor `i + 1`; 0 is the picture. */
export interface Tensor {
  channels: number;
  /** Its extent in relation to the picture's. */
  magnification: number;
  /** Where the file rounds it to codes. */
  codes?: Codes;
}

export type Activation =
  | { kind: 'none' }
  | { kind: 'relu' }
  | { kind: 'prelu'; slopes: number[] }
  | { kind: 'leaky'; slope: number };

export interface ConvLayer {
  op: 'conv';
  input: number;
  kernel: number;
  inputs: number;
  outputs: number;
  /** Output channel, input channel, row, column. */
  weights: number[];
  /** Per output channel. */
  weightScales: number[];
  bias: number[];
  biasScales: number[];
  activation: Activation;
  /** The name of what the convolution gives before its activation, in the file. */
  name: string;
}

export type Layer =
  | ConvLayer
  /** In the channel order of ONNX's CRD mode. */
  | { op: 'shuffle'; input: number; factor: number }
  | { op: 'enlarge'; input: number; factor: number }
  | { op: 'add'; inputs: [number, number] };

/** The last tensor is the result, to be clamped to [0, 1]. */
export interface Network {
  layers: Layer[];
  tensors: Tensor[];
  scale: number;
}

interface Parameters {
  values: number[];
  shape: number[];
  scales: number[];
}

/** Reads nodes one by one; names of values lead to tensors. */
class Lifter {
  readonly layers: Layer[] = [];
  readonly tensors: Tensor[] = [];
  readonly #file: OnnxFile;
  readonly #values = new Map<string, number>();
  readonly #parameters = new Map<string, Parameters>();

  constructor(file: OnnxFile) {
    this.#file = file;
    this.#values.set(file.input, 0);
    this.tensors.push({ channels: 3, magnification: 1 });
  }

  readonly #handlers: Record<string, (node: OnnxNode) => void> = {
    QuantizeLinear: (node) => this.#quantize(node),
    DequantizeLinear: (node) => this.#dequantize(node),
    Conv: (node) => this.#conv(node),
    Relu: (node) => this.#activate(node, { kind: 'relu' }),
    PRelu: (node) =>
      this.#activate(node, { kind: 'prelu', slopes: this.#constant(node, 1).values }),
    DepthToSpace: (node) => this.#shuffle(node),
    Resize: (node) => this.#enlarge(node),
    Add: (node) => this.#add(node),
    Clip: (node) => this.#same(node),
  };

  lift(node: OnnxNode): void {
    const handle = this.#handlers[node.op];
    if (handle === undefined) throw new TypeError(`${node.op} is not known to other runtimes`);
    handle(node);
  }

  #constant(node: OnnxNode, index: number): OnnxTensor {
    const found = this.#file.constants.get(node.inputs[index] as string);
    if (found === undefined) throw new TypeError(`${node.op} needs constants`);
    return found;
  }

  #value(node: OnnxNode, index = 0): number {
    const found = this.#values.get(node.inputs[index] as string);
    if (found === undefined) throw new TypeError(`${node.op} has an input that nothing makes`);
    return found;
  }

  #same(node: OnnxNode): void {
    this.#values.set(node.output, this.#value(node));
  }

  #emit(node: OnnxNode, layer: Layer, tensor: Tensor): void {
    this.layers.push(layer);
    this.#values.set(node.output, this.tensors.push(tensor) - 1);
  }

  #quantize(node: OnnxNode): void {
    const [scale] = this.#constant(node, 1).values as [number];
    const [zeroPoint] = this.#constant(node, 2).values as [number];
    (this.tensors[this.#value(node)] as Tensor).codes = { scale, zeroPoint };
    this.#same(node);
  }

  #dequantize(node: OnnxNode): void {
    const constant = this.#file.constants.get(node.inputs[0] as string);
    if (constant === undefined) {
      this.#same(node);
      return;
    }
    const [extent] = constant.shape as [number];
    const { values } = this.#constant(node, 1);
    const scales = Array.from({ length: extent }, (_, i) => (values[i] ?? values[0]) as number);
    this.#parameters.set(node.output, { ...constant, scales });
  }

  #conv(node: OnnxNode): void {
    const input = this.#value(node);
    const weights = this.#parameters.get(node.inputs[1] as string);
    const bias = this.#parameters.get(node.inputs[2] as string);
    if (!weights || !bias) throw new TypeError('a convolution has no quantized weights and bias');
    const [outputs, inputs, kernel] = weights.shape as [number, number, number];
    const { magnification } = this.tensors[input] as Tensor;
    const layer: ConvLayer = {
      ...{ op: 'conv', input, kernel, inputs, outputs, name: node.output },
      ...{ weights: weights.values, weightScales: weights.scales },
      ...{ bias: bias.values, biasScales: bias.scales },
      activation: { kind: 'none' },
    };
    this.#emit(node, layer, { channels: outputs, magnification });
  }

  #activate(node: OnnxNode, activation: Activation): void {
    const layer = this.layers[this.#value(node) - 1];
    if (layer?.op !== 'conv') throw new TypeError(`${node.op} does not follow a convolution`);
    layer.activation = activation;
    this.#same(node);
  }

  #shuffle(node: OnnxNode): void {
    const input = this.#value(node);
    const factor = node.attributes.get('blocksize') as number;
    if (node.attributes.get('mode') !== 'CRD') throw new TypeError('DepthToSpace must be CRD');
    const { channels, magnification, codes } = this.tensors[input] as Tensor;
    const tensor = { channels: channels / factor ** 2, magnification: magnification * factor };
    // Moving codes does not change what they stand for.
    this.#emit(node, { op: 'shuffle', input, factor }, codes ? { ...tensor, codes } : tensor);
  }

  #enlarge(node: OnnxNode): void {
    const input = this.#value(node);
    const factor = this.#constant(node, 2).values.at(-1) as number;
    const { magnification, ...rest } = this.tensors[input] as Tensor;
    const tensor = { ...rest, magnification: magnification * factor };
    this.#emit(node, { op: 'enlarge', input, factor }, tensor);
  }

  #add(node: OnnxNode): void {
    const inputs: [number, number] = [this.#value(node, 0), this.#value(node, 1)];
    const { channels, magnification } = this.tensors[inputs[0]] as Tensor;
    this.#emit(node, { op: 'add', inputs }, { channels, magnification });
  }
}

/** @throws TypeError for a network with other layers than those of {@link Layer}. */
export function liftNetwork(file: OnnxFile): Network {
  const lifter = new Lifter(file);
  for (const node of file.nodes) lifter.lift(node);
  const { layers, tensors } = lifter;
  return { layers, tensors, scale: (tensors.at(-1) as Tensor).magnification };
}

/** One slope per layer in place of one per channel, as `withLeakyRelu` does in the ONNX file. */
export function leaky(network: Network): Network {
  const layers = network.layers.map((layer): Layer => {
    if (layer.op !== 'conv' || layer.activation.kind !== 'prelu') return layer;
    const slope = meanSlope(layer.activation.slopes);
    return { ...layer, activation: { kind: 'leaky', slope } };
  });
  return { ...network, layers };
}

/** True when some layer has a slope per channel. */
export const hasPrelu = ({ layers }: Network): boolean =>
  layers.some((layer) => layer.op === 'conv' && layer.activation.kind === 'prelu');

/**
 * Puts the output channels of convolutions in the order that TensorFlow's depth-to-space wants: all
 * colours of a pixel beside each other, where ONNX's CRD has all pixels of a colour.
 */
export function inDepthColumnRowOrder(network: Network): Network {
  const layers = [...network.layers];
  for (const layer of network.layers) {
    if (layer.op !== 'shuffle') continue;
    const conv = network.layers[layer.input - 1];
    if (conv?.op !== 'conv') throw new TypeError('depth-to-space does not follow a convolution');
    layers[layer.input - 1] = reorderOutputs(conv, layer.factor);
  }
  return { ...network, layers };
}

function reorderOutputs(conv: ConvLayer, factor: number): ConvLayer {
  const block = factor ** 2;
  const colours = conv.outputs / block;
  const order = Array.from(
    { length: conv.outputs },
    (_, i) => (i % colours) * block + Math.floor(i / colours),
  );
  const pick = (values: readonly number[]) => order.map((from) => values[from] as number);
  const each = conv.weights.length / conv.outputs;
  const { activation } = conv;
  return {
    ...conv,
    weights: order.flatMap((from) => conv.weights.slice(from * each, (from + 1) * each)),
    weightScales: pick(conv.weightScales),
    bias: pick(conv.bias),
    biasScales: pick(conv.biasScales),
    activation:
      activation.kind === 'prelu' ? { kind: 'prelu', slopes: pick(activation.slopes) } : activation,
  };
}

/** The weights as numbers, with the layout [output, row, column, input] of TensorFlow Lite. */
export function toOhwi<T extends number>(conv: ConvLayer, values: readonly T[]): T[] {
  const { inputs, outputs, kernel } = conv;
  const area = kernel * kernel;
  const moved: T[] = [];
  for (let o = 0; o < outputs; o++) {
    for (let k = 0; k < area; k++) {
      for (let i = 0; i < inputs; i++) moved.push(values[(o * inputs + i) * area + k] as T);
    }
  }
  return moved;
}

/** Codes times their scales. */
export function realWeights({ weights, weightScales, outputs }: ConvLayer): number[] {
  const each = weights.length / outputs;
  return weights.map((code, i) => code * (weightScales[Math.floor(i / each)] as number));
}

export const realBias = ({ bias, biasScales }: ConvLayer): number[] =>
  bias.map((code, i) => code * (biasScales[i] as number));
