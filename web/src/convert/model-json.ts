/** TensorFlow.js models: a model.json, or what it holds, and the weights. */

import type { WeightSpec } from '../types.js';
import { malformed, unsupported } from './failures.js';
import { readGraphModel } from './graph-model.js';
import { graphToOnnx } from './graph-to-onnx.js';
import { readLayersModel } from './layers-model.js';
import { layersToOnnx } from './layers-to-onnx.js';
import { concatenated, readWeights } from './shards.js';
import type { Constant } from './values.js';

/** What a model.json says of its weights: groups of tensors, each in some files one after the other. */
export interface WeightsGroup {
  paths: readonly string[];
  weights: readonly WeightSpec[];
}

/** The content of a model.json, as far as it is read. */
export interface ModelJson {
  modelTopology: unknown;
  weightsManifest: readonly WeightsGroup[];
  format?: unknown;
  signature?: unknown;
  userDefinedMetadata?: unknown;
}

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isGroup = (value: unknown): value is WeightsGroup =>
  isObject(value) &&
  Array.isArray(value.paths) &&
  value.paths.every((path) => typeof path === 'string') &&
  Array.isArray(value.weights);

/**
 * Reads a model.json.
 *
 * @throws TesseraError `ERR_MODEL_FORMAT`.
 */
export function parseModelJson(text: string): ModelJson {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw malformed('the file begins as JSON and is cut off or damaged; download it again');
  }
  if (!isObject(json) || !isObject(json.modelTopology)) {
    throw malformed(
      'this is a JSON file without a modelTopology, so no TensorFlow.js model; open its address in a browser to see what it is',
    );
  }
  const manifest = json.weightsManifest ?? [];
  if (!Array.isArray(manifest) || !manifest.every(isGroup)) {
    throw malformed('model.json does not say which files hold its weights (weightsManifest)');
  }
  return { ...json, modelTopology: json.modelTopology, weightsManifest: manifest };
}

/** The topology of either format as an ONNX file. */
export function topologyToOnnx(
  topology: unknown,
  weights: ReadonlyMap<string, Constant>,
  { signature }: { signature?: unknown } = {},
): Uint8Array<ArrayBuffer> {
  const isGraph = isObject(topology) && Array.isArray(topology.node);
  if (isGraph) return graphToOnnx(readGraphModel(topology, signature), weights);
  return layersToOnnx(readLayersModel(topology), weights);
}

/**
 * Converts a model.json.
 *
 * @param shard - the bytes of a file that it names
 * @throws TesseraError `ERR_MODEL_FORMAT`, `ERR_MODEL_OP`.
 */
export function modelJsonToOnnx(
  json: ModelJson,
  shard: (name: string) => Uint8Array,
): Uint8Array<ArrayBuffer> {
  const weights = json.weightsManifest.flatMap((group) =>
    readWeights(group.weights, concatenated(group.paths.map(shard))),
  );
  if (weights.length === 0) {
    throw unsupported(
      'the model has no weights in files',
      'save it with tfjs.converters or model.save()',
    );
  }
  return topologyToOnnx(json.modelTopology, new Map(weights), json);
}
