// The quantizer of the built command line, in this process, on made pictures.
import { readFile } from 'node:fs/promises';
import type { TesseraModule, WasmStatus } from '../../web/src/worker/wasm-module.ts';
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

function check({ code, message }: WasmStatus): void {
  if (code !== 'OK') throw new Error(message);
}

function copyIn(module: TesseraModule, bytes: ArrayLike<number>): number {
  const pointer = module.allocate(bytes.length);
  module.HEAPU8.set(bytes, pointer);
  return pointer;
}

/** The quantized file, made with the command line's own defaults but fewer and smaller crops. */
export async function quantizeFile(file: Uint8Array): Promise<Uint8Array> {
  tools ??= loadTools();
  const module = await tools;
  const model = new module.Model();
  const quantizer = new module.Quantizer();
  try {
    const at = copyIn(module, file);
    check(model.load(at, file.length));
    module.release(at);
    const settings = {
      ...{ weightBits: 7, equalize: true, compensate: true, correctBias: true, clipRanges: true },
      threads: THREADS,
    };
    check(quantizer.create(model, settings));
    for (let i = 0; i < CROPS; i++) {
      const { data, width, height } = makePicture(CROP_SIZE, CROP_SIZE, 100 + i);
      const pixels = copyIn(module, data);
      check(quantizer.addImage(pixels, width, height));
      module.release(pixels);
    }
    check(quantizer.finish(() => {}));
    const pointer = quantizer.filePointer();
    return module.HEAPU8.slice(pointer, pointer + quantizer.fileBytes());
  } finally {
    quantizer.delete();
    model.delete();
  }
}
