// The layers of random quantized networks.

import { randomTensor } from './layers.ts';
import { type AttributeValue, float, type OnnxBuilder, tensor } from './onnx-builder.ts';
import type { Quantizer } from './qdq.ts';
import type { Random } from './random.ts';

/** A value of the network: an image with many channels. */
export interface Feature {
  name: string;
  channels: number;
}

/** How a network is put together; drawn once. */
export interface NetworkStyle {
  /**
   * `each`: a quantizer after every operator, as ONNX Runtime's own quantizer places them.
   * `chain`: one after a convolution, its activation and the sum that follow it.
   */
  placement: 'each' | 'chain';
  /** Leaves some layers floating. */
  islands: boolean;
}

export interface ConvOptions {
  kernel?: number;
  stride?: number;
  dilation?: number;
  groups?: number;
  /** How much larger than its input the output is, about. */
  gain?: number;
}

/** `prelu` has one slope, `prelus` one per channel. */
export type Activation = 'none' | 'relu' | 'clip' | 'leaky' | 'prelu' | 'prelus';

const ACTIVATIONS: readonly Activation[] = [
  ...(['none', 'relu', 'clip', 'leaky', 'prelu', 'prelus'] as const),
];

/** Writes a network's layers one after another. */
export class Sketch {
  /** Whether some layer was left floating. */
  hasIslands = false;
  /** What was written, for messages. */
  readonly parts: string[] = [];

  constructor(
    readonly builder: OnnxBuilder,
    readonly random: Random,
    readonly quantizer: Quantizer,
    readonly style: NetworkStyle,
  ) {}

  /** Puts a value into 8 bits. */
  quantize(name: string): string {
    return this.quantizeAlike([name])[0] as string;
  }

  /** Puts values into 8 bits with the same parameters. */
  quantizeAlike(names: string[]): string[] {
    if (this.#leftOut()) return names;
    return this.quantizer.group(names);
  }

  /** Where only the placement after each operator has a quantizer. */
  quantizeBetween(name: string): string {
    return this.style.placement === 'each' ? this.quantize(name) : name;
  }

  /** A convolution that keeps the extent (or divides it by the stride). Not quantized after. */
  conv(input: Feature, channels: number, options: ConvOptions = {}): Feature {
    const { kernel = 3, stride = 1, dilation = 1, groups = 1, gain = 1 } = options;
    const { builder, random } = this;
    const shape = [channels, input.channels / groups, kernel, kernel];
    const fanIn = (input.channels / groups) * kernel * kernel;
    const weights = randomTensor(random, shape, gain * Math.sqrt(3 / fanIn));
    const bias = randomTensor(random, [channels], 0.2 * gain);
    const parameters = this.#leftOut()
      ? [weights, bias]
      : this.quantizer.weights(input.name, weights, bias);
    const pad = (dilation * (kernel - 1)) / 2;
    // Stride 2 with an odd kernel: the even extent halves with these pads too.
    const name = builder.node('Conv', [input.name, ...parameters], {
      kernel_shape: [kernel, kernel],
      strides: [stride, stride],
      dilations: [dilation, dilation],
      group: groups,
      pads: [pad, pad, pad, pad],
    });
    const special = [groups > 1 && `g${groups}`, stride > 1 && 's2', dilation > 1 && 'd2'];
    const kind = [`conv${kernel}x${kernel}`, ...special.filter(Boolean)].join('.');
    this.parts.push(`${kind}(${input.channels}>${channels})`);
    return { name, channels };
  }

  /** An activation, not quantized after. */
  activate({ name, channels }: Feature, activation = this.random.pick(ACTIVATIONS)): Feature {
    const { builder: b, random } = this;
    if (activation === 'none') return { name, channels };
    this.parts.push(activation);
    // Quantizing what follows a Relu anyway gains nothing: no exporter does.
    const clips = activation === 'relu' || activation === 'clip';
    const input = clips ? name : this.quantizeBetween(name);
    const slopes = (count: number) => tensor([count, 1, 1], random.floats(count).map(slope));
    const write = {
      relu: () => b.node('Relu', [input]),
      clip: () => b.node('Clip', [input, tensor([], [-0.4]), tensor([], [1.2])]),
      leaky: () => b.node('LeakyRelu', [input], { alpha: float(random.pick([0.01, 0.2, 1.3])) }),
      prelu: () => b.node('PRelu', [input, slopes(1)]),
      prelus: () => b.node('PRelu', [input, slopes(channels)]),
    };
    return { name: write[activation](), channels };
  }

  /** Convolution, activation, quantizer: the usual layer. */
  layer(input: Feature, channels: number, options: ConvOptions = {}): Feature {
    const { name } = this.activate(this.conv(input, channels, options));
    return { name: this.quantize(name), channels };
  }

  /** Any other node, not quantized after. */
  node(op: string, inputs: string[], attributes: Record<string, AttributeValue> = {}): string {
    this.parts.push(typeof attributes.mode === 'string' ? `${op}.${attributes.mode}` : op);
    return this.builder.node(op, inputs, attributes);
  }

  /** A node that only moves values: its output is quantized as its input is. */
  move(
    op: string,
    [first, ...others]: [string, ...string[]],
    attributes: Record<string, AttributeValue>,
  ): string {
    const output = this.node(op, [first, ...others], attributes);
    this.quantizer.moved(first, output);
    return output;
  }

  enlarge(name: string, scale: number, mode: 'nearest' | 'linear'): string {
    const scales = this.builder.constant(tensor([4], [1, 1, scale, scale]));
    if (mode === 'linear') {
      return this.node('Resize', [name, '', scales], {
        mode,
        coordinate_transformation_mode: 'half_pixel',
      });
    }
    return this.move('Resize', [name, '', scales], {
      mode,
      coordinate_transformation_mode: 'asymmetric',
      nearest_mode: 'floor',
    });
  }

  shuffle({ name, channels }: Feature, block: number, mode: 'CRD' | 'DCR'): Feature {
    const attributes = { blocksize: block, mode };
    return {
      name: this.move('DepthToSpace', [name], attributes),
      channels: channels / (block * block),
    };
  }

  /** Draws whether to leave the next layer floating. */
  #leftOut(): boolean {
    if (!this.style.islands || this.random.next() > 0.2) return false;
    this.hasIslands = true;
    return true;
  }
}

/** A slope of PRelu from a number in [-1, 1): mostly small, some negative, some above 1. */
function slope(value: number): number {
  return value > 0.8 ? 1.5 : value * 0.6;
}
