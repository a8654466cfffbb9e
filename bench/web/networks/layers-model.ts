// Reading models of TensorFlow.js's layers format: a model.json and the weights beside it.

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** One layer as the file has it. */
export interface KerasLayer {
  class_name: string;
  name: string;
  config: Record<string, unknown>;
  /** By name: the layers whose results it takes. */
  inputs: string[];
}

export interface Weights {
  shape: number[];
  values: Float32Array;
}

/** One input, one output, layers in an order in which they can be computed. */
export interface LayersModel {
  layers: KerasLayer[];
  output: string;
  /** `<layer>/kernel`, `<layer>/bias` and so on. */
  weights: ReadonlyMap<string, Weights>;
}

// What the files hold, as far as it is used here.
type RawInbound = [layer: string, node: number, tensor: number, ...rest: unknown[]];
interface RawLayer {
  class_name: string;
  name: string;
  config: Record<string, unknown>;
  inbound_nodes: RawInbound[][];
}
interface RawWeight {
  name: string;
  shape: number[];
  dtype: string;
  quantization?: unknown;
}
/** The content of a model.json. */
export interface LayersModelJson {
  format: string;
  modelTopology: {
    model_config: {
      class_name: string;
      config: { layers: RawLayer[]; input_layers: RawInbound[]; output_layers: RawInbound[] };
    };
  };
  weightsManifest: { paths: string[]; weights: RawWeight[] }[];
}

function readLayer({ class_name, name, config, inbound_nodes: nodes }: RawLayer): KerasLayer {
  // A layer with several is used in several places with the same weights.
  if (nodes.length > 1) throw new TypeError(`layer ${name} is used ${nodes.length} times`);
  return { class_name, name, config, inputs: (nodes[0] ?? []).map(([from]) => from) };
}

/** Weights lie one after the other, in the order of the manifest. */
function readWeights(entries: readonly RawWeight[], bytes: Uint8Array): [string, Weights][] {
  let offset = 0;
  return entries.map(({ name, shape, dtype, quantization }) => {
    if (dtype !== 'float32' || quantization !== undefined) {
      throw new TypeError(`weights ${name} are not plain float32, which is all that is read here`);
    }
    const count = shape.reduce((product, extent) => product * extent, 1);
    const end = offset + 4 * count;
    if (end > bytes.length) throw new TypeError(`the file of weights ends before ${name}`);
    // A copy, since floats must begin at a multiple of four bytes; `slice` of a Buffer makes none.
    const values = new Float32Array(new Uint8Array(bytes.subarray(offset, end)).buffer);
    offset = end;
    return [name, { shape, values }];
  });
}

/**
 * @param weights - the files of the manifest, group by group, joined
 * @throws TypeError for what is not a network of layers with one input and one output.
 */
export function parseLayersModel(
  { format, modelTopology, weightsManifest }: LayersModelJson,
  weights: readonly Uint8Array[],
): LayersModel {
  const { class_name: kind, config } = modelTopology.model_config;
  if (format !== 'layers-model' || !['Functional', 'Model'].includes(kind)) {
    throw new TypeError(`a ${format} of class ${kind} is not read here`);
  }
  const { input_layers: inputs, output_layers: outputs } = config;
  if (inputs.length !== 1 || outputs.length !== 1) {
    throw new TypeError(`the model has ${inputs.length} inputs and ${outputs.length} outputs`);
  }
  return {
    layers: config.layers.map(readLayer),
    output: (outputs[0] as RawInbound)[0],
    weights: new Map(
      weightsManifest.flatMap((group, i) => readWeights(group.weights, weights[i] as Uint8Array)),
    ),
  };
}

/** Reads a model.json and the files that it names. */
export function readLayersModel(path: string): LayersModel {
  const json = JSON.parse(readFileSync(path, 'utf8')) as LayersModelJson;
  const read = (name: string) => readFileSync(join(dirname(path), name));
  const groups = json.weightsManifest.map(({ paths }) => Buffer.concat(paths.map(read)));
  return parseLayersModel(json, groups);
}
