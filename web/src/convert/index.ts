/** Converts networks of other formats to ONNX. A bundle of its own, which is loaded for such a network only. */

import type { ModelArtifacts, NamedBytes } from '../types.js';
import { malformed } from './failures.js';
import { modelJsonToOnnx, parseModelJson, topologyToOnnx } from './model-json.js';
import { concatenated, readWeights } from './shards.js';
import { tfliteToOnnx } from './tflite-to-onnx.js';

export { modelJsonToOnnx, parseModelJson } from './model-json.js';
export { type CleanOptions, cleanOnnx } from './onnx-clean.js';
export { tfliteToOnnx } from './tflite-to-onnx.js';

/** @throws TesseraError `ERR_MODEL_FORMAT`, `ERR_MODEL_OP`. */
export function artifactsToOnnx(artifacts: ModelArtifacts): Uint8Array<ArrayBuffer> {
  const { modelTopology, weightSpecs, weightData } = artifacts;
  if (weightSpecs === undefined || weightData === undefined) {
    throw malformed('the model in memory has no weightSpecs or no weightData: pass both');
  }
  const parts = Array.isArray(weightData) ? weightData : [weightData];
  const bytes = concatenated(parts.map((part) => new Uint8Array(part)));
  return topologyToOnnx(modelTopology, new Map(readWeights(weightSpecs, bytes)), artifacts);
}

/** A network of another format, with all its files. */
export type ForeignFiles =
  | { format: 'tflite'; bytes: Uint8Array }
  | { format: 'model.json'; bytes: Uint8Array; files: readonly NamedBytes[] }
  | { format: 'memory'; artifacts: ModelArtifacts };

/** The last part of a path: what a file that a person chose is called. */
const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/**
 * Converts a network of any of these formats.
 *
 * @throws TesseraError `ERR_MODEL_FORMAT`, `ERR_MODEL_OP`.
 */
export function toOnnx(network: ForeignFiles): Uint8Array<ArrayBuffer> {
  if (network.format === 'tflite') return tfliteToOnnx(network.bytes);
  if (network.format === 'memory') return artifactsToOnnx(network.artifacts);
  const { bytes, files } = network;
  return modelJsonToOnnx(parseModelJson(new TextDecoder().decode(bytes)), (name) => {
    const file = files.find((each) => each.name === name || each.name === baseName(name));
    if (file !== undefined) return file.bytes;
    throw malformed(
      `model.json keeps weights in ${name}, which was not given: give all files of the model together`,
    );
  });
}
