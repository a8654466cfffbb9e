/** Layers models as ONNX files. */
import { malformed, within } from './failures.js';
import { knownRange } from './known-networks.js';
import { LayerSettings } from './layer-settings.js';
import type { Layer, LayersModel, Result } from './layers-model.js';
import { convertLayer } from './layers-ops.js';
import { NetworkWriter } from './network-writer.js';
import type { Constant, Extents, Value } from './values.js';

type Weights = ReadonlyMap<string, Constant>;

/**
 * The weight of a layer: `LAYER/NAME`, which Keras may put into the scopes of models and of the layer itself, and end
 * with `:0`.
 */
export function findWeight(weights: Weights, layer: string, name: string): Constant | undefined {
  const plain = weights.get(`${layer}/${name}`);
  if (plain !== undefined) return plain;
  for (const [key, weight] of weights) {
    const parts = key.replace(/:\d+$/, '').split('/');
    if (parts.at(-1) === name && parts.slice(0, -1).includes(layer)) return weight;
  }
  return undefined;
}

const keyOf = ({ layer, use, index }: Result): string => JSON.stringify([layer, use, index]);

/**
 * By which numbers others refer to a use of a layer. A model within a model was used once when it was made, which
 * counts and is not written down.
 */
function numbersOf({ inner }: Layer, use: number): number[] {
  if (inner === undefined) return [use];
  return use === 0 ? [0, 1] : [use + 1];
}

/** Converts the layers of one model, and of those within it. */
class Conversion {
  readonly #w: NetworkWriter;
  readonly #weights: Weights;

  constructor(w: NetworkWriter, weights: Weights) {
    this.#w = w;
    this.#weights = weights;
  }

  /** @returns the outputs of the model */
  run(model: LayersModel, inputs: readonly Value[]): Value[] {
    const known = new Map<string, Value>();
    model.inputs.forEach((input, i) => {
      if (inputs[i] !== undefined) known.set(keyOf(input), inputs[i]);
    });
    const find = (result: Result): Value | undefined => known.get(keyOf(result));
    // A layer may be listed before what it is used on.
    let waiting = model.layers
      .filter(({ kind }) => kind !== 'InputLayer')
      .flatMap((layer) => layer.uses.map((_, use) => ({ layer, use })));
    while (waiting.length > 0) {
      const later = waiting.filter(({ layer, use }) => {
        const values = layer.uses[use]?.map(find) ?? [];
        if (values.some((value) => value === undefined)) return true;
        this.#convert(layer, values as Value[]).forEach((value, index) => {
          for (const number of numbersOf(layer, use)) {
            known.set(keyOf({ layer: layer.name, use: number, index }), value);
          }
        });
        return false;
      });
      if (later.length === waiting.length) {
        throw malformed(`layer ${later[0]?.layer.name} is used on what no layer makes`);
      }
      waiting = later;
    }
    return model.outputs.map((output) => {
      const value = find(output);
      if (value === undefined) throw malformed(`no layer makes the output ${output.layer}`);
      return value;
    });
  }

  #convert(layer: Layer, inputs: readonly Value[]): Value[] {
    if (layer.inner !== undefined) return this.run(layer.inner, inputs);
    const { kind, name } = layer;
    const settings = new LayerSettings(layer);
    const weight = (of: string) => findWeight(this.#weights, name, of);
    return [
      within(settings.what, () => convertLayer({ w: this.#w, kind, settings, inputs, weight })),
    ];
  }
}

/** The shape that the picture has, as the model declares it. */
function pictureShape(model: LayersModel): Extents {
  if (model.inputs.length !== 1 || model.outputs.length !== 1) {
    throw malformed(
      `the model has ${model.inputs.length} inputs and ${model.outputs.length} outputs: one picture in and one out are wanted`,
    );
  }
  const input = model.layers.find(({ name }) => name === model.inputs[0]?.layer);
  const shape = input?.inner ? pictureShape(input.inner) : input?.config.batch_input_shape;
  if (Array.isArray(shape)) return shape;
  throw malformed(
    'the model does not say what shape its input has: give its first layer an inputShape (build_input_shape in Keras)',
  );
}

/**
 * @returns the bytes of an ONNX file
 * @throws TesseraError `ERR_MODEL_FORMAT`, `ERR_MODEL_OP`; the message names the layer.
 */
export function layersToOnnx(model: LayersModel, weights: Weights): Uint8Array<ArrayBuffer> {
  const w = new NetworkWriter(pictureShape(model));
  const range = knownRange(model)?.join(',');
  if (range !== undefined) {
    w.onnx.metadata('tessera.input_range', range).metadata('tessera.output_range', range);
  }
  const [output] = new Conversion(w, weights).run(model, [w.picture]);
  return w.finish(output as Value);
}
