// Layers with random weights on top of OnnxBuilder, shared by the parity and tiling tests.
import { type AttributeValue, type OnnxBuilder, type TensorData, tensor } from './onnx-builder.ts';
import type { Random } from './random.ts';

export interface ConvOptions {
  kernel?: number;
  stride?: number;
  dilation?: number;
  groups?: number;
  bias?: boolean;
  /** Extra or overriding ONNX attributes, such as auto_pad. By default pads keep the extent. */
  attributes?: Record<string, AttributeValue>;
}

export function randomTensor(random: Random, shape: number[], scale = 1): TensorData {
  const count = shape.reduce((product, extent) => product * extent, 1);
  return tensor(shape, random.floats(count, scale));
}

/** A convolution with weights scaled so that activations keep their size. Returns the output. */
export function conv(
  builder: OnnxBuilder,
  random: Random,
  input: string,
  inputChannels: number,
  outputChannels: number,
  options: ConvOptions = {},
): string {
  const { kernel = 3, stride = 1, dilation = 1, groups = 1, bias = true } = options;
  const fanIn = (inputChannels / groups) * kernel * kernel;
  const pad = (dilation * (kernel - 1)) / 2;
  const inputs: (string | TensorData)[] = [
    input,
    randomTensor(
      random,
      [outputChannels, inputChannels / groups, kernel, kernel],
      Math.sqrt(3 / fanIn),
    ),
  ];
  if (bias) inputs.push(randomTensor(random, [outputChannels], 0.2));
  return builder.node('Conv', inputs, {
    kernel_shape: [kernel, kernel],
    strides: [stride, stride],
    dilations: [dilation, dilation],
    group: groups,
    ...(options.attributes ?? { pads: [pad, pad, pad, pad] }),
  });
}

export interface QuantizedConvOptions extends Omit<ConvOptions, 'attributes'> {
  /** The scale that `input` is quantized with: the int32 bias has this times the weights'. */
  inputScale: number;
  /** One scale per output channel, or one for all. */
  perChannel?: boolean;
}

/** As conv(), with int8 weights and an int32 bias behind DequantizeLinear. */
export function quantizedConv(
  builder: OnnxBuilder,
  random: Random,
  input: string,
  inputChannels: number,
  outputChannels: number,
  options: QuantizedConvOptions,
): string {
  const { kernel = 3, stride = 1, dilation = 1, groups = 1, bias = true } = options;
  const { inputScale, perChannel = true } = options;
  const fanIn = (inputChannels / groups) * kernel * kernel;
  const pad = (dilation * (kernel - 1)) / 2;
  const largest = Math.sqrt(3 / fanIn);
  const scales = random
    .floats(perChannel ? outputChannels : 1, 0.25)
    .map((deviation) => Math.fround((largest / 127) * (1 + deviation)));
  const inputs = [
    input,
    builder.quantizedWeights({
      shape: [outputChannels, inputChannels / groups, kernel, kernel],
      values: random.codes(outputChannels * fanIn),
      scales,
    }),
  ];
  if (bias) {
    const biasScales = scales.map((scale) => Math.fround(inputScale * scale));
    const values = Array.from({ length: outputChannels }, (_, c) =>
      Math.round(((random.next() - 0.5) * 0.4) / (biasScales[perChannel ? c : 0] as number)),
    );
    inputs.push(builder.quantizedBias(values, biasScales));
  }
  return builder.node('Conv', inputs, {
    kernel_shape: [kernel, kernel],
    strides: [stride, stride],
    dilations: [dilation, dilation],
    group: groups,
    pads: [pad, pad, pad, pad],
  });
}
