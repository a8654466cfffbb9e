// Writes models of TensorFlow.js's layers format as float ONNX files: the layers that UpscalerJS's
// models consist of, and no others.

import { OnnxBuilder, tensor } from '../../../tests/web/support/onnx-builder.ts';
import type { KerasLayer, LayersModel, Weights } from './layers-model.ts';

export interface ConvertedNetwork {
  file: Uint8Array<ArrayBuffer>;
  scale: number;
  /** Of all convolutions, per input pixel. */
  multiplicationsPerPixel: number;
  /** Input pixels that a result depends on, to each side. */
  overlap: number;
}

/** A layer's result. */
interface Value {
  name: string;
  channels: number;
  /** Its extent in relation to the picture's. */
  magnification: number;
  /** Input pixels seen to each side; a fraction where pixels are smaller than the input's. */
  reach: number;
}

/** @throws TypeError unless the layer has this setting, or leaves it out. */
function expect({ name, config }: KerasLayer, key: string, ...allowed: unknown[]): void {
  const found = JSON.stringify(config[key]);
  if (found === undefined || allowed.some((value) => JSON.stringify(value) === found)) return;
  throw new TypeError(`layer ${name} has ${key} ${found}, which is not converted`);
}

/** From row, column, input, output to output, input, row, column. */
export function toOihw({ shape, values }: Weights): number[] {
  const [rows, columns, inputs, outputs] = shape as [number, number, number, number];
  const taps = rows * columns;
  return Array.from({ length: values.length }, (_, i) => {
    const tap = i % taps;
    const input = Math.floor(i / taps) % inputs;
    const output = Math.floor(i / (taps * inputs));
    return values[(tap * inputs + input) * outputs + output] as number;
  });
}

/** Writes layer by layer; names of layers lead to their results. */
class Converter {
  readonly #builder = new OnnxBuilder();
  readonly #values = new Map<string, Value>();
  readonly #weights: ReadonlyMap<string, Weights>;
  #multiplications = 0;

  constructor(weights: ReadonlyMap<string, Weights>, range: readonly [number, number]) {
    this.#weights = weights;
    const text = range.join(',');
    this.#builder.metadata('tessera.input_range', text).metadata('tessera.output_range', text);
  }

  readonly #handlers: Record<string, (layer: KerasLayer) => Value> = {
    InputLayer: (layer) => this.#input(layer),
    Conv2D: (layer) => this.#conv(layer),
    Activation: (layer) => this.#activate(this.#only(layer), layer),
    Concatenate: (layer) => this.#concatenate(layer),
    Add: (layer) => this.#add(layer),
    UpSampling2D: (layer) => this.#enlarge(layer),
  };

  convert(layer: KerasLayer): void {
    const handle = this.#handlers[layer.class_name];
    if (handle === undefined) {
      throw new TypeError(`layer ${layer.name} is a ${layer.class_name}, which is not converted`);
    }
    this.#values.set(layer.name, handle(layer));
  }

  finish(output: string): ConvertedNetwork {
    const { name, channels, magnification, reach } = this.#value(output, 'the output');
    if (channels !== 3) throw new TypeError(`the result has ${channels} channels, not three`);
    return {
      file: this.#builder.build(name),
      scale: magnification,
      multiplicationsPerPixel: this.#multiplications,
      overlap: Math.ceil(reach),
    };
  }

  #value(name: string, reader: string): Value {
    const found = this.#values.get(name);
    if (found === undefined) throw new TypeError(`${reader} takes ${name}, which comes later`);
    return found;
  }

  #all({ name, inputs }: KerasLayer): Value[] {
    const values = inputs.map((input) => this.#value(input, `layer ${name}`));
    if (values.length === 0) throw new TypeError(`layer ${name} takes nothing`);
    return values;
  }

  #only(layer: KerasLayer): Value {
    const [value, second] = this.#all(layer) as [Value, Value?];
    if (second !== undefined) throw new TypeError(`layer ${layer.name} takes more than one value`);
    return value;
  }

  #constant(name: string): Weights {
    const found = this.#weights.get(name);
    if (found === undefined) throw new TypeError(`there are no weights ${name}`);
    return found;
  }

  #input(layer: KerasLayer): Value {
    expect(layer, 'batch_input_shape', [null, null, null, 3]);
    return { name: this.#builder.input, channels: 3, magnification: 1, reach: 0 };
  }

  #conv(layer: KerasLayer): Value {
    const input = this.#only(layer);
    const kernel = this.#constant(`${layer.name}/kernel`);
    const [rows, columns, channels, outputs] = kernel.shape as [number, number, number, number];
    if (rows !== columns || rows % 2 === 0 || channels !== input.channels) {
      throw new TypeError(`layer ${layer.name} has a kernel of ${kernel.shape.join('x')}`);
    }
    expect(layer, 'data_format', 'channels_last');
    expect(layer, 'strides', [1, 1]);
    expect(layer, 'dilation_rate', [1, 1]);
    expect(layer, 'groups', 1);
    // Without padding the extent shrinks, unless a pixel sees itself only.
    expect(layer, 'padding', 'same', ...(rows === 1 ? ['valid'] : []));
    const weights = tensor([outputs, channels, rows, columns], toOihw(kernel));
    const bias =
      layer.config.use_bias === false ? [] : [this.#constant(`${layer.name}/bias`).values];
    const pad = (rows - 1) / 2;
    const name = this.#builder.node(
      'Conv',
      [input.name, weights, ...bias.map((values) => tensor([outputs], [...values]))],
      { kernel_shape: [rows, columns], pads: [pad, pad, pad, pad] },
    );
    this.#multiplications += kernel.values.length * input.magnification ** 2;
    const reach = input.reach + pad / input.magnification;
    return this.#activate({ ...input, name, reach, channels: outputs }, layer);
  }

  #activate(value: Value, layer: KerasLayer): Value {
    expect(layer, 'activation', 'linear', 'relu');
    if (layer.config.activation !== 'relu') return value;
    return { ...value, name: this.#builder.node('Relu', [value.name]) };
  }

  /** What is joined must be of one extent; the result sees as far as any of it. */
  #join(layer: KerasLayer): { values: Value[]; joined: Value } {
    const values = this.#all(layer);
    const first = values[0] as Value;
    if (values.some(({ magnification }) => magnification !== first.magnification)) {
      throw new TypeError(`layer ${layer.name} takes values of different extents`);
    }
    const reach = Math.max(...values.map((value) => value.reach));
    return { values, joined: { ...first, reach } };
  }

  #concatenate(layer: KerasLayer): Value {
    expect(layer, 'axis', 3, -1);
    const { values, joined } = this.#join(layer);
    const names = values.map(({ name }) => name);
    const channels = values.reduce((sum, value) => sum + value.channels, 0);
    return { ...joined, channels, name: this.#builder.node('Concat', names, { axis: 1 }) };
  }

  #add(layer: KerasLayer): Value {
    const { values, joined } = this.#join(layer);
    if (values.some(({ channels }) => channels !== joined.channels)) {
      throw new TypeError(`layer ${layer.name} adds values of different channels`);
    }
    const name = values
      .map((value) => value.name)
      .reduce((sum, next) => this.#builder.node('Add', [sum, next]));
    return { ...joined, name };
  }

  #enlarge(layer: KerasLayer): Value {
    expect(layer, 'data_format', 'channels_last');
    expect(layer, 'interpolation', 'nearest');
    const input = this.#only(layer);
    const [rows, columns] = layer.config.size as [number, number];
    if (rows !== columns) throw new TypeError(`layer ${layer.name} enlarges by ${rows}x${columns}`);
    const name = this.#builder.node('Resize', [input.name, '', tensor([4], [1, 1, rows, rows])], {
      mode: 'nearest',
      coordinate_transformation_mode: 'asymmetric',
      nearest_mode: 'floor',
    });
    return { ...input, name, magnification: input.magnification * rows };
  }
}

/**
 * @param range - what bytes 0 and 255 are to the network, before and after
 * @throws TypeError with the layer's name for a layer or a setting that is not known here.
 */
export function layersToOnnx(
  { layers, output, weights }: LayersModel,
  range: readonly [number, number],
): ConvertedNetwork {
  const converter = new Converter(weights, range);
  for (const layer of layers) converter.convert(layer);
  return converter.finish(output);
}
