/** Converts networks of other formats to ONNX. A bundle of its own, which is loaded for such a network only. */

import type { ModelArtifacts } from '../types.js';
import { malformed } from './failures.js';
import { topologyToOnnx } from './model-json.js';
import { concatenated, readWeights } from './shards.js';

export { modelJsonToOnnx, parseModelJson, shardNames } from './model-json.js';
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
