// PyTorch's exporter by torch.export ("dynamo"), the default of today.
import { type AttributeValue, float, int64s } from '../web/support/onnx-builder.ts';
import {
  channelsOf,
  type Enlargement,
  Exporter,
  type Extent,
  heightOf,
  type Operand,
  type Value,
  widthOf,
} from './exporter.ts';

export class DynamoExporter extends Exporter {
  override extent(x: Value, axis: number): Extent {
    if (!this.dynamic) return x.shape[axis] as number;
    const one = this.write('Shape', [x], [1], { start: axis, end: axis + 1 });
    return this.squeeze(one, [0]).name;
  }

  protected override floorDivide(a: string, b: number): string {
    const node = (op: string, ...inputs: string[]) => this.builder.node(op, inputs);
    const divisor = this.builder.constant(this.integer(b));
    const zero = this.builder.constant(this.integer(0));
    const negative = node('Xor', node('Less', a, zero), node('Less', divisor, zero));
    const rest = this.builder.node('Cast', [node('Mod', a, divisor)], { to: 9 });
    const wrong = this.builder.node('Cast', [node('And', negative, rest)], { to: 7 });
    return node('Sub', node('Div', a, divisor), wrong);
  }

  protected override list(extents: readonly Extent[]): Operand {
    if (extents.every((each) => typeof each === 'number')) return int64s(extents as number[]);
    const parts = extents.map((each) => {
      if (typeof each === 'number') {
        return { name: this.builder.constant(int64s([each])), shape: [1] };
      }
      return this.write('Reshape', [each, int64s([-1])], [1], { allowzero: 0 });
    });
    return this.concat(parts, 0);
  }

  override chunk(x: Value, count: number, axis = 1): Value[] {
    const size = (x.shape[axis] as number) / count;
    const names = this.builder.nodeWith('Split', [x.name], {
      attributes: { axis, num_outputs: count },
      outputs: count,
    });
    return names.map((name) => this.piece(x, name, axis, size));
  }

  /** Decomposed before set 20's versions. */
  override pixelShuffle(x: Value, factor: number): Value {
    if (this.opset >= 20) return super.pixelShuffle(x, factor);
    const [, channels, height, width] = x.shape as [number, number, number, number];
    const outputs = channels / factor ** 2;
    const shape = [1, outputs, height * factor, width * factor];
    if (!this.dynamic) return this.shuffleBySizes(x, factor, shape);
    const [h, w] = [this.extent(x, 2), this.extent(x, 3)];
    const apart = [1, outputs, factor, factor, height, width];
    const viewed = this.reshape(x, [1, outputs, factor, factor, h, w], apart);
    const moved = this.transpose(viewed, [0, 1, 4, 2, 5, 3]);
    const [tall, wide] = [this.extentOf('*', h, factor), this.extentOf('*', w, factor)];
    return this.reshape(moved, [1, outputs, tall, wide], shape);
  }

  override pixelUnshuffle(x: Value, f: number): Value {
    const [, channels, height, width] = x.shape as [number, number, number, number];
    const [h, w] = [height / f, width / f];
    const rows = this.extentOf('//', this.extent(x, 2), f);
    const columns = this.extentOf('//', this.extent(x, 3), f);
    const apart = [1, channels, h, f, w, f];
    const viewed = this.reshape(x, [1, channels, rows, f, columns, f], apart);
    const moved = this.transpose(viewed, [0, 1, 3, 5, 2, 4]);
    const deep = channels * f * f;
    return this.reshape(moved, [1, deep, rows, columns], [1, deep, h, w]);
  }

  protected override modes(
    mode: Enlargement,
    alignCorners = false,
  ): Record<string, AttributeValue> {
    return {
      ...super.modes(mode, alignCorners),
      antialias: 0,
      exclude_outside: 0,
      extrapolation_value: float(0),
      keep_aspect_ratio_policy: 'stretch',
    };
  }

  protected override sizes(x: Value, rows: Extent, columns: Extent): Operand {
    const leading = this.write('Shape', [x], [2], { start: 0, end: 2 });
    const list = this.list([rows, columns]);
    const wanted =
      typeof list !== 'string' && 'name' in list
        ? list
        : { name: this.builder.constant(list as never), shape: [2] };
    return this.concat([leading, this.write('Cast', [wanted], [2], { to: 7 })], 0);
  }

  /** Without extents that are not known at the time, pads are constants. */
  protected override padList(pads: readonly Extent[]): Operand {
    const [left, right, top, bottom] = pads as [Extent, Extent, Extent, Extent];
    return this.list([0, 0, top, left, 0, 0, bottom, right]);
  }

  override globalAverage(x: Value): Value {
    return this.reduce('Mean', x, [-1, -2]);
  }

  override reduce(
    op: 'Mean' | 'Sum' | 'Max' | 'Min' | 'L2',
    x: Value,
    axes: number[],
    keep = true,
  ): Value {
    const rank = x.shape.length;
    const at = axes.map((axis) => (axis + rank) % rank);
    const kept = x.shape.map((extent, i) => (at.includes(i) ? 1 : extent));
    const shape = keep ? kept : x.shape.filter((_, i) => !at.includes(i));
    const attributes = { keepdims: keep ? 1 : 0, noop_with_empty_axes: 0 };
    return this.withAxes(`Reduce${op}`, x, axes, 18, shape, attributes);
  }

  override enlarge(
    x: Value,
    factor: number,
    mode: Enlargement = 'nearest',
    alignCorners = false,
  ): Value {
    if (!this.dynamic || mode === 'nearest' || factor < 1)
      return super.enlarge(x, factor, mode, alignCorners);
    const rows = this.extentOf('*', this.extent(x, 2), factor);
    const columns = this.extentOf('*', this.extent(x, 3), factor);
    const size = [heightOf(x) * factor, widthOf(x) * factor] as const;
    return this.resizeTo(x, [rows, columns], size, mode, alignCorners);
  }

  /** Slopes get their axes from a node of their own. */
  override prelu(x: Value, { shared = false } = {}): Value {
    const count = shared ? 1 : channelsOf(x);
    const slopes = this.builder.constant(this.randoms([count], 0.15, 0.2));
    const apart = this.write('Reshape', [slopes, int64s([-1, 1, 1])], [count, 1, 1]);
    return this.write('PRelu', [x, apart], x.shape);
  }
}
