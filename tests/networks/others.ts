// PaddlePaddle's and MXNet's exporters.
import type { AttributeValue, ConstantForm, TensorData } from '../web/support/onnx-builder.ts';
import { int64s } from '../web/support/onnx-builder.ts';
import {
  channelsOf,
  type Enlargement,
  Exporter,
  type Extent,
  type Operand,
  type Value,
} from './exporter.ts';

/** paddle2onnx: constants in nodes, biases added by a node of their own. */
export class PaddleExporter extends Exporter {
  protected override get producer(): string {
    return 'PaddlePaddle';
  }

  protected override get constantForm(): ConstantForm {
    return 'node';
  }

  protected override writeConv(
    x: Value,
    constants: TensorData[],
    shape: number[],
    attributes: Record<string, AttributeValue>,
  ): Value {
    const [weights, bias] = constants as [TensorData, TensorData?];
    const sums = super.writeConv(x, [weights], shape, attributes);
    if (bias === undefined) return sums;
    const flat = this.builder.constant(bias);
    const broad = this.write(
      'Reshape',
      [flat, int64s([1, -1, 1, 1])],
      [1, bias.values.length, 1, 1],
    );
    return this.write('Add', [sums, broad], shape);
  }

  protected override modes(
    mode: Enlargement,
    alignCorners = false,
  ): Record<string, AttributeValue> {
    const smooth = alignCorners ? 'align_corners' : 'half_pixel';
    return {
      coordinate_transformation_mode: mode === 'nearest' ? 'asymmetric' : smooth,
      mode,
      ...(mode === 'nearest' ? { nearest_mode: 'floor' } : {}),
    };
  }

  override finish(...outputs: Value[]): Uint8Array<ArrayBuffer> {
    return super.finish(...outputs.map((output) => this.map('Identity', output)));
  }
}

/** mx2onnx: everything is listed as an input, extents are known, shuffles take two reshapes. */
export class MxnetExporter extends Exporter {
  protected override get producer(): string {
    return '';
  }

  protected override get constantForm(): ConstantForm {
    return 'input';
  }

  override pixelShuffle(x: Value, f: number): Value {
    const [, channels, height, width] = x.shape as [number, number, number, number];
    const outputs = channels / f ** 2;
    const first = this.reshape(
      x,
      [0, -1, f * f, height, width],
      [1, outputs, f * f, height, width],
    );
    const apart = [1, outputs, f, f, height, width];
    const viewed = this.reshape(first, [0, 0, f, f, height, width], apart);
    const moved = this.transpose(viewed, [0, 1, 4, 2, 5, 3]);
    const shape = [1, outputs, height * f, width * f];
    return this.reshape(moved, [0, 0, height * f, width * f], shape);
  }

  /** Slopes in one row, which a node reshapes. */
  override prelu(x: Value, { shared = false } = {}): Value {
    const count = shared ? 1 : channelsOf(x);
    const slopes: Operand = this.builder.constant(this.randoms([count], 0.15, 0.2));
    const extents: Extent[] = [1, -1, 1, 1];
    const broad = this.reshape({ name: slopes, shape: [count] }, extents, [1, count, 1, 1]);
    return this.write('PRelu', [x, broad], x.shape);
  }
}
