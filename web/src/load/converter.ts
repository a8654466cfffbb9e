/** Networks of other formats: recognized here, converted by a module that is loaded for them alone. */
import type { ForeignFiles } from '../convert/index.js';
import type { NamedBytes } from '../types.js';

// More of a file is not looked at: a model.json has one of its names near the front.
const HEAD_BYTES = 4096;

/** What FlatBuffers files of TensorFlow Lite have at their fifth byte. */
const TFLITE = 'TFL3';

/**
 * Makes an ONNX file of a network, wherever that is done.
 *
 * @throws TesseraError `ERR_MODEL_FORMAT`, `ERR_MODEL_OP`, `ERR_LOAD`.
 */
export type Convert = (network: ForeignFiles) => Promise<Uint8Array>;

/** A network that is to be converted. */
export interface ForeignModel {
  /** The files beside it that hold its weights, as it names them. */
  readonly names: readonly string[];
  withFiles(files: readonly NamedBytes[]): ForeignFiles;
}

function isTflite(bytes: Uint8Array): boolean {
  return String.fromCharCode(...bytes.subarray(4, 8)) === TFLITE;
}

function isModelJson(bytes: Uint8Array): boolean {
  const head = new TextDecoder().decode(bytes.subarray(0, HEAD_BYTES)).trimStart();
  return head.startsWith('{') && /"(modelTopology|weightsManifest)"/.test(head);
}

/** The files that a model.json names; what is wrong with it is told by whoever converts it. */
function shardNames(bytes: Uint8Array): string[] {
  try {
    const { weightsManifest } = JSON.parse(new TextDecoder().decode(bytes));
    const groups = weightsManifest as { paths: string[] }[];
    return [...new Set(groups.flatMap(({ paths }) => paths.map(String)))];
  } catch {
    return [];
  }
}

/** Recognizes a network that is no ONNX file but can be converted. */
export function openForeign(bytes: Uint8Array): ForeignModel | undefined {
  if (isTflite(bytes)) return { names: [], withFiles: () => ({ format: 'tflite', bytes }) };
  if (!isModelJson(bytes)) return undefined;
  return {
    names: shardNames(bytes),
    withFiles: (files) => ({ format: 'model.json', bytes, files }),
  };
}
