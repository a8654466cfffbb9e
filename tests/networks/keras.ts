// What comes from TensorFlow and Keras: pictures with the channels last, turned round at both ends.
import {
  type AttributeValue,
  type Declaration,
  int64s,
  type TensorData,
  tensor,
} from '../web/support/onnx-builder.ts';
import {
  type Carry,
  type ConvTransposeOptions,
  channelsOf,
  type Enlargement,
  Exporter,
  heightOf,
  type Value,
  widthOf,
} from './exporter.ts';

/** keras2onnx: one operator per layer. */
export class KerasExporter extends Exporter {
  protected override get producer(): string {
    return 'keras2onnx';
  }

  protected override inputShape(channels: number, height: number, width: number) {
    return this.dynamic ? ['N', 'height', 'width', channels] : [1, height, width, channels];
  }

  protected override readImage([channels, height, width]: readonly [number, number, number]) {
    const image = { name: this.builder.input, shape: [1, height, width, channels] };
    return this.transpose(image, [0, 3, 1, 2]);
  }

  override declare(output: Value): Declaration {
    const declared = super.declare(output);
    const [batch, channels, height, width] = declared.shape as [string, string, string, string];
    return { ...declared, shape: [batch, height, width, channels] };
  }

  override finish(...outputs: Value[]): Uint8Array<ArrayBuffer> {
    const turned = outputs.map(({ name, shape }) => ({
      name: this.transpose({ name, shape }, [0, 2, 3, 1]).name,
      shape,
    }));
    return super.finish(...turned);
  }

  protected override writeConv(
    x: Value,
    constants: TensorData[],
    shape: number[],
    { pads, ...attributes }: Record<string, AttributeValue>,
  ): Value {
    const same = (pads as number[]).some((pad) => pad > 0);
    const auto = same ? 'SAME_UPPER' : 'VALID';
    return super.writeConv(x, constants, shape, { ...attributes, auto_pad: auto });
  }

  override shuffleCarry(channels: number): Carry {
    return (output) => output % channels;
  }

  /** tf.nn.depth_to_space: the order of ONNX's default mode. */
  override pixelShuffle(x: Value, factor: number): Value {
    const [, channels, height, width] = x.shape as [number, number, number, number];
    const shape = [1, channels / factor ** 2, height * factor, width * factor];
    return this.write('DepthToSpace', [x], shape, { blocksize: factor });
  }

  override pixelUnshuffle(x: Value, factor: number): Value {
    const [, channels, height, width] = x.shape as [number, number, number, number];
    const shape = [1, channels * factor ** 2, height / factor, width / factor];
    return this.write('SpaceToDepth', [x], shape, { blocksize: factor });
  }
}

/** tf2onnx: the operators of TensorFlow's graph, with their arithmetic. */
export class TensorFlowExporter extends KerasExporter {
  protected override get producer(): string {
    return 'tf2onnx';
  }

  /** Of code that has no PReLU: relu(x) + slope * (x - |x|) / 2. */
  override prelu(x: Value, { shared = false } = {}): Value {
    const count = shared ? 1 : channelsOf(x);
    const slopes = {
      name: this.builder.constant(this.randoms([count], 0.15, 0.2)),
      shape: [count],
    };
    const below = this.sub(x, this.abs(x));
    const broad = this.unsqueeze(slopes, [1, 2]);
    return this.add(this.relu(x), this.mul(this.mul(broad, below), 0.5));
  }

  override clip(x: Value, low: number, high: number): Value {
    const above = this.write('Max', [x, this.scalar(low)], x.shape);
    return this.write('Min', [above, this.scalar(high)], x.shape);
  }

  protected override modes(
    mode: Enlargement,
    alignCorners = false,
  ): Record<string, AttributeValue> {
    if (mode === 'nearest' && this.opset >= 13) {
      return {
        coordinate_transformation_mode: 'half_pixel',
        mode,
        nearest_mode: 'round_prefer_ceil',
      };
    }
    const modes = super.modes(mode, alignCorners);
    const smooth = alignCorners ? 'align_corners' : 'half_pixel';
    return {
      ...modes,
      coordinate_transformation_mode: mode === 'nearest' ? 'asymmetric' : smooth,
    };
  }

  /** tf.image.resize to a multiple of the picture's own shape. */
  override enlarge(
    x: Value,
    factor: number,
    mode: Enlargement = 'nearest',
    alignCorners = false,
  ): Value {
    if (!this.dynamic || this.opset < 11) return super.enlarge(x, factor, mode, alignCorners);
    const [, channels, height, width] = x.shape as [number, number, number, number];
    const all = this.shape(this.transpose(x, [0, 2, 3, 1]));
    const whole = this.write('Cast', [all], [4], { to: 6 });
    const pair = this.write('Slice', [whole, ...[[1], [3], [0]].map(int64s)], [2]);
    const factors: TensorData = { shape: [2], type: 'int32', values: [factor, factor] };
    const wanted = this.write('Cast', [this.write('Mul', [pair, factors], [2])], [2], { to: 7 });
    const leading = this.write('Slice', [this.shape(x), ...[[0], [2], [0]].map(int64s)], [2]);
    const sizes = this.concat([leading, wanted], 0);
    const empty = tensor([0], []);
    const shape = [1, channels, height * factor, width * factor];
    return this.write('Resize', [x, empty, empty, sizes], shape, this.modes(mode, alignCorners));
  }

  /** Conv2DTranspose with padding "same": without pads, then cut to the extent it should have. */
  override convTranspose(x: Value, outputs: number, options: ConvTransposeOptions = {}): Value {
    const { stride = 2 } = options;
    const whole = super.convTranspose(x, outputs, { ...options, pad: 0, outputPadding: 0 });
    const shape = [1, outputs, heightOf(x) * stride, widthOf(x) * stride];
    const last = [[2], [4], [0]].map(int64s);
    const have = this.write('Slice', [this.shape(whole), ...last], [2]);
    const small = this.write('Slice', [this.shape(x), ...last], [2]);
    const wanted = this.write('Mul', [small, int64s([stride, stride])], [2]);
    const extra = this.write('Sub', [have, wanted], [2]);
    const start = this.write('Div', [extra, int64s([2, 2])], [2]);
    const end = this.write('Add', [start, wanted], [2]);
    return this.write('Slice', [whole, start, end, int64s([2, 3])], shape);
  }
}
