import { pathToFileURL } from 'node:url';
import { isModelName } from '../src/load/model-source.js';
import type { ModelSource } from '../src/types.js';

// A letter alone is a drive of Windows.
const HAS_SCHEME = /^[a-z][a-z0-9+.-]+:/i;

/** A model's source with paths as addresses: programs name their files by paths. */
export function fileAddress(model: ModelSource | undefined): ModelSource | undefined {
  if (typeof model !== 'string' || isModelName(model) || HAS_SCHEME.test(model)) return model;
  return pathToFileURL(model).href;
}
