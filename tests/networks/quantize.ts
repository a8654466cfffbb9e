// The quantizer of the built command line, in this process, on made pictures.
import { readFile } from 'node:fs/promises';
import { quantizeModel } from '../../web/src/worker/quantize.ts';
import type { TesseraModule } from '../../web/src/worker/wasm-module.ts';
import { makePicture } from './pictures.ts';

const wasmFolder = new URL('../../dist/wasm/', import.meta.url);

const CROPS = 16;
const CROP_SIZE = 48;
const THREADS = 2;

let tools: Promise<TesseraModule> | undefined;

async function loadTools(): Promise<TesseraModule> {
  const glue = await import(new URL('tessera-tools.mjs', wasmFolder).href);
  const wasmBinary = await readFile(new URL('tessera-tools.wasm', wasmFolder));
  return glue.default({ wasmBinary, pthreadPoolSize: THREADS });
}

const SETTINGS = {
  weightBits: 7,
  equalize: true,
  compensate: true,
  correctBias: true,
  clipRanges: true,
};

/** The quantized file, made with the command line's own defaults but fewer and smaller crops. */
export async function quantizeFile(file: Uint8Array): Promise<Uint8Array> {
  tools ??= loadTools();
  const images = Array.from({ length: CROPS }, (_, i) =>
    makePicture(CROP_SIZE, CROP_SIZE, 100 + i),
  );
  const setup = { bytes: file, files: [], metadata: {}, choices: {} };
  const job = { setup, settings: SETTINGS, images };
  return quantizeModel(await tools, job, THREADS, () => {}).file;
}
