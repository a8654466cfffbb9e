/** Writes a TensorFlow network as ONNX nodes: pictures have their channels second wherever that is possible. */
import { malformed } from './failures.js';
import { type AttributeValue, OnnxBuilder, type TensorData, tensor } from './onnx-builder.js';
import {
  axisOf,
  type Computed,
  type Constant,
  type Extents,
  permuted,
  real,
  type Value,
} from './values.js';

const OPSET = 17;
const PRODUCER = 'tessera convert';

/** The place of each of TensorFlow's axes in ONNX's order, and the other way. */
export const TO_SECOND = [0, 3, 1, 2] as const;
export const TO_LAST = [0, 2, 3, 1] as const;

export interface NodeShape {
  shape: Extents;
  /** False where it is left out. */
  channelsSecond?: boolean;
  integer?: boolean;
}

const isPicture = ({ shape }: Pick<Value, 'shape'>): boolean => shape.length === 4;

/** One ONNX file while it is written. */
export class NetworkWriter {
  readonly onnx: OnnxBuilder;
  readonly picture: Computed;
  readonly #stored = new Map<Value, Map<string, string>>();

  /** @param shape - of the picture, in TensorFlow's order; null is any extent */
  constructor(shape: Extents) {
    const [, height, width, channels] = shape;
    if (shape.length !== 4 || typeof channels !== 'number' || channels < 1) {
      throw malformed(
        `its input has the shape [${shape.join(', ')}]: a picture with channels last is wanted ` +
          '(batch, height, width, channels)',
      );
    }
    const inputShape = [1, channels, height ?? 'height', width ?? 'width'];
    this.onnx = new OnnxBuilder({ inputShape, opset: OPSET, producer: PRODUCER });
    this.picture = {
      ...{ kind: 'computed', name: this.onnx.input, integer: false },
      ...{ shape: [1, ...shape.slice(1)], channelsSecond: true },
    };
  }

  /** Adds a node of one output. */
  node(
    op: string,
    inputs: (string | TensorData)[],
    attributes: Record<string, AttributeValue>,
    { shape, channelsSecond = false, integer = false }: NodeShape,
  ): Computed {
    const name = this.onnx.node(op, inputs, attributes);
    return { kind: 'computed', name, shape, channelsSecond, integer };
  }

  /** Adds a node of one input that leaves axes as they are. */
  pointwise(op: string, x: Value, attributes: Record<string, AttributeValue> = {}): Computed {
    const input = this.computed(x);
    return this.node(op, [input.name], attributes, input);
  }

  /** A constant becomes a value like any other. */
  computed(value: Value): Computed {
    if (value.kind === 'computed') return value;
    const name = this.once(value, 'as it is', () => this.onnx.constant(tensorOf(value)));
    return {
      kind: 'computed',
      name,
      ...{ shape: value.shape, integer: value.integer },
      channelsSecond: false,
    };
  }

  /**
   * Stores a constant once in each form, however often it is used: a file cannot grow to many times what it was made of.
   *
   * @returns the name in the ONNX file
   */
  once(source: Value, form: string, store: () => string): string {
    const forms = this.#stored.get(source) ?? new Map<string, string>();
    this.#stored.set(source, forms);
    const name = forms.get(form) ?? store();
    forms.set(form, name);
    return name;
  }

  /** The value with its channels second. */
  second(value: Value): Computed {
    if (!isPicture(value))
      throw malformed(`a picture of four axes is wanted, not of ${value.shape.length}`);
    if (value.kind === 'constant') {
      return {
        ...this.computed(permuted(real(value), TO_SECOND)),
        shape: value.shape,
        channelsSecond: true,
      };
    }
    if (value.channelsSecond) return value;
    return this.node(
      'Transpose',
      [value.name],
      { perm: [...TO_SECOND] },
      { ...value, channelsSecond: true },
    );
  }

  /** The value with its axes as TensorFlow has them. */
  last(value: Value): Computed {
    const input = this.computed(value);
    if (!input.channelsSecond) return input;
    return this.node(
      'Transpose',
      [input.name],
      { perm: [...TO_LAST] },
      { ...input, channelsSecond: false },
    );
  }

  /** The bytes of the file. */
  finish(output: Value): Uint8Array<ArrayBuffer> {
    if (output.kind === 'constant' || !isPicture(output)) {
      throw malformed('its output is no picture (batch, height, width, channels)');
    }
    return this.onnx.build(this.second(output).name);
  }
}

/** The axis in the ONNX file, of one in TensorFlow's order that may be counted from the end. */
export function onnxAxis(value: Computed, axis: number, what: string): number {
  const own = axisOf(axis, value.shape.length, what);
  return value.channelsSecond ? (TO_LAST[own] as number) : own;
}

/** As the ONNX file has it: whole numbers in 64 bits. */
export function tensorOf(value: Constant): TensorData {
  const { shape, values } = real(value);
  if (value.integer) return { shape: [...shape], type: 'int64', values };
  return tensor([...shape], values);
}
