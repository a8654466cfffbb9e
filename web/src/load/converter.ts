/** Networks of other formats: recognized here, converted by a module that is loaded for them alone. */
import { describe, TesseraError } from '../errors.js';
import type { ModelArtifacts, NamedBytes } from '../types.js';

type Converter = typeof import('../convert/index.js');

// More of a file is not looked at: a model.json has one of its names near the front.
const HEAD_BYTES = 4096;

/** A network that is to be converted. */
export interface ForeignModel {
  /** The files beside it that hold its weights, as it names them. */
  readonly names: readonly string[];
  /** @throws TesseraError `ERR_MODEL_FORMAT`, `ERR_MODEL_OP`. */
  toOnnx(files: readonly NamedBytes[]): Uint8Array;
}

/** What FlatBuffers files of TensorFlow Lite have at their fifth byte. */
const TFLITE = 'TFL3';

function isTflite(bytes: Uint8Array): boolean {
  return String.fromCharCode(...bytes.subarray(4, 8)) === TFLITE;
}

function isModelJson(bytes: Uint8Array): boolean {
  const head = new TextDecoder().decode(bytes.subarray(0, HEAD_BYTES)).trimStart();
  return head.startsWith('{') && /"(modelTopology|weightsManifest)"/.test(head);
}

/** @throws TesseraError `ERR_LOAD` where the library was deployed without it. */
async function loadConverter(): Promise<Converter> {
  try {
    return await import('../convert/index.js');
  } catch (cause) {
    throw new TesseraError(
      'ERR_LOAD',
      `cannot load convert.mjs, which this model needs, from beside the library (${describe(cause)}): put the package's ` +
        'dist/ folder on the server as it is, or convert the model once with npx tessera convert',
      { cause },
    );
  }
}

/** The last part of a path: what a file that a person chose is called. */
const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/**
 * Recognizes a network that is no ONNX file but can be converted.
 *
 * @throws TesseraError `ERR_MODEL_FORMAT`, `ERR_LOAD`.
 */
export async function openForeign(bytes: Uint8Array): Promise<ForeignModel | undefined> {
  if (isTflite(bytes)) {
    const { tfliteToOnnx } = await loadConverter();
    return { names: [], toOnnx: () => tfliteToOnnx(bytes) };
  }
  if (!isModelJson(bytes)) return undefined;
  const { modelJsonToOnnx, parseModelJson, shardNames } = await loadConverter();
  const json = parseModelJson(new TextDecoder().decode(bytes));
  return {
    names: shardNames(json),
    toOnnx: (files) =>
      modelJsonToOnnx(json, (name) => {
        const file = files.find((each) => each.name === name || each.name === baseName(name));
        if (file !== undefined) return file.bytes;
        throw new TesseraError(
          'ERR_MODEL_FORMAT',
          `model.json keeps weights in ${name}, which was not given: give all files of the model together`,
        );
      }),
  };
}

/**
 * Converts a TensorFlow.js model in memory.
 *
 * @throws TesseraError `ERR_MODEL_FORMAT`, `ERR_MODEL_OP`, `ERR_LOAD`.
 */
export async function convertArtifacts(artifacts: ModelArtifacts): Promise<Uint8Array> {
  const { artifactsToOnnx } = await loadConverter();
  return artifactsToOnnx(artifacts);
}
