/** TensorFlow.js's layers format: a Keras model as JSON. */
import { malformed, unsupported } from './failures.js';

/** A result of a layer: which use of it, and which of its results. */
export interface Result {
  layer: string;
  use: number;
  index: number;
}

/** One layer, with what it is used on: once for each use. */
export interface Layer {
  kind: string;
  name: string;
  config: Readonly<Record<string, unknown>>;
  uses: readonly (readonly Result[])[];
  /** Of a layer that is a model itself. */
  inner?: LayersModel;
}

/** Layers in the order in which they can be computed. */
export interface LayersModel {
  layers: readonly Layer[];
  inputs: readonly Result[];
  outputs: readonly Result[];
}

type Json = Readonly<Record<string, unknown>>;

const MODEL_KINDS = ['Functional', 'Model', 'Sequential'];

// Models within models: more is no model, and would end in an overflow of the stack.
const DEEPEST = 32;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function objectOf(value: unknown, what: string): Json {
  if (isObject(value)) return value;
  throw malformed(`${what} is missing in model.json; download or export the model again`);
}

function listOf(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw malformed(`${what} is missing in model.json; download or export the model again`);
}

function readResult(value: unknown): Result {
  const [layer, use, index] = Array.isArray(value) ? value : [];
  if (typeof layer === 'string' && Number.isInteger(use) && Number.isInteger(index)) {
    return { layer, use, index };
  }
  throw malformed('a layer in model.json does not say what it is used on');
}

/** A single one, or a list of them. */
function readResults(value: unknown, what: string): Result[] {
  const list = listOf(value, what);
  return typeof list[0] === 'string' ? [readResult(list)] : list.map(readResult);
}

function readLayer(value: unknown, depth: number): Layer {
  const raw = objectOf(value, 'a layer');
  const config = objectOf(raw.config, 'the config of a layer');
  const name = String(raw.name ?? config.name);
  const kind = String(raw.class_name);
  // Of a layer in a Sequential model nothing is said here: it follows the one before.
  const nodes =
    raw.inbound_nodes === undefined ? [] : listOf(raw.inbound_nodes, `the nodes of ${name}`);
  const uses = nodes.map((node) => {
    if (isObject(node)) {
      throw unsupported(
        `layer ${name} is in the form of Keras 3`,
        'export the model as ONNX from Keras: model.export("model.onnx", format="onnx")',
      );
    }
    return readResults(node, `the nodes of ${name}`);
  });
  const layer = { kind, name, config, uses };
  return MODEL_KINDS.includes(kind) ? { ...layer, inner: readModel(raw, depth + 1) } : layer;
}

/** Layers of a Sequential model, each of which is used on the one before. */
function chained(layers: readonly Layer[], config: Json): LayersModel {
  const [first] = layers;
  if (first === undefined) throw malformed('the model in model.json has no layers');
  const shape = first.config.batch_input_shape ?? config.build_input_shape;
  const starts = first.kind === 'InputLayer';
  const input: Layer = {
    kind: 'InputLayer',
    name: '',
    config: { batch_input_shape: shape },
    uses: [],
  };
  const chain = starts ? [...layers] : [input, ...layers];
  const result = (layer: Layer): Result => ({ layer: layer.name, use: 0, index: 0 });
  return {
    layers: chain.map((layer, i) => ({
      ...layer,
      uses: i === 0 ? [] : [[result(chain[i - 1] as Layer)]],
    })),
    inputs: [result(chain[0] as Layer)],
    outputs: [result(chain.at(-1) as Layer)],
  };
}

function readModel(value: unknown, depth: number): LayersModel {
  if (depth > DEEPEST) throw malformed('models lie within models too deep in model.json');
  const { class_name: kind, config } = objectOf(value, 'the model');
  if (!MODEL_KINDS.includes(String(kind))) throw unsupported(`the model is of class ${kind}`);
  const object = isObject(config) ? config : {};
  const layers = listOf(Array.isArray(config) ? config : object.layers, 'the list of layers').map(
    (layer) => readLayer(layer, depth),
  );
  if (kind === 'Sequential') return chained(layers, object);
  return {
    layers,
    inputs: readResults(object.input_layers, 'the list of inputs'),
    outputs: readResults(object.output_layers, 'the list of outputs'),
  };
}

/**
 * Reads the `modelTopology` of a layers model.
 *
 * @throws TesseraError `ERR_MODEL_FORMAT`, `ERR_MODEL_OP`.
 */
export function readLayersModel(topology: unknown): LayersModel {
  const raw = objectOf(topology, 'modelTopology');
  // Models that TensorFlow.js saved lie there themselves, those of Keras one level below.
  return readModel(raw.model_config ?? raw, 0);
}
