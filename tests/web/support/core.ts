// The real wasm module in this process, for tests of the network alone.
import { readFile } from 'node:fs/promises';
import { type FloatImage, fromNhwc, toNhwc } from './onnxruntime.ts';
import { hasTransparency, type Pixels } from './pixels.ts';

const wasmFolder = new URL('../../../dist/wasm/', import.meta.url);

interface Status {
  code: string;
  message: string;
}

interface TensorDescription {
  pointer: number;
  height: number;
  width: number;
  channels: number;
}

export interface CoreModelInfo {
  scale: number;
  overlap: number;
  overlapWithAlpha: number;
  sizeMultiple: number;
  smallest: number;
  margin: number;
  border: number;
  exact: boolean;
  multiplicationsPerPixel: number;
  nodes: { name: string; op: string; runs: 'int8' | 'float' | 'fused' }[];
}

interface CoreModel {
  load(pointer: number, bytes: number): Status;
  setInput(name: string, values: readonly number[]): void;
  addFile(name: string, pointer: number, bytes: number): void;
  info(): CoreModelInfo;
  delete(): void;
}

interface CoreFloatSession {
  prepare(model: CoreModel, width: number, height: number, threads: number): Status;
  run(): Status;
  input(): TensorDescription;
  output(): TensorDescription;
  delete(): void;
}

interface CoreSession {
  forceKernels(name: string): Status;
  prepare(
    model: CoreModel,
    width: number,
    height: number,
    alpha: boolean,
    threads: number,
    rows: number,
  ): Status;
  run(): Status;
  inputPointer(): number;
  outputPointer(): number;
  outputBytes(): number;
  delete(): void;
}

export interface CoreModule {
  HEAPU8: Uint8Array<ArrayBuffer>;
  allocate(bytes: number): number;
  release(pointer: number): void;
  Model: new () => CoreModel;
  FloatSession: new () => CoreFloatSession;
  Session: new () => CoreSession;
}

/** An error status of the core, as an exception. */
export class CoreError extends Error {
  readonly code: string;

  constructor({ code, message }: Status) {
    super(message);
    this.code = code;
  }
}

function check(status: Status): void {
  if (status.code !== 'OK') throw new CoreError(status);
}

/** Loads dist/wasm/tessera-<variant>. */
export async function loadCore(variant = 'simd'): Promise<CoreModule> {
  const glue = await import(new URL(`tessera-${variant}.mjs`, wasmFolder).href);
  const wasmBinary = await readFile(new URL(`tessera-${variant}.wasm`, wasmFolder));
  return glue.default({
    instantiateWasm(imports: WebAssembly.Imports, done: (instance: WebAssembly.Instance) => void) {
      WebAssembly.instantiate(wasmBinary, imports).then(({ instance }) => done(instance));
      return {};
    },
  });
}

/** What a model file leaves open. */
export interface ModelParts {
  externalData?: Readonly<Record<string, Uint8Array>>;
  inputs?: Readonly<Record<string, number>> | undefined;
}

/** Loads a model file; throws CoreError with the core's code. Call delete() on the result. */
export function loadModel(
  core: CoreModule,
  file: Uint8Array,
  { externalData = {}, inputs = {} }: ModelParts = {},
): CoreModel {
  const model = new core.Model();
  const pointers: number[] = [];
  const copyIn = (bytes: Uint8Array) => {
    const pointer = core.allocate(bytes.length);
    pointers.push(pointer);
    core.HEAPU8.set(bytes, pointer);
    return pointer;
  };
  try {
    for (const [name, value] of Object.entries(inputs)) model.setInput(name, [value]);
    for (const [name, bytes] of Object.entries(externalData)) {
      model.addFile(name, copyIn(bytes), bytes.length);
    }
    check(model.load(copyIn(file), file.length));
    return model;
  } catch (error) {
    model.delete();
    throw error;
  } finally {
    for (const pointer of pointers) core.release(pointer);
  }
}

function floats(core: CoreModule, { pointer, height, width, channels }: TensorDescription) {
  return new Float32Array(core.HEAPU8.buffer, pointer, height * width * channels);
}

/** Runs the network on an NCHW image, untiled. */
export function runNetwork(
  core: CoreModule,
  file: Uint8Array,
  image: FloatImage,
  parts: ModelParts = {},
): FloatImage {
  const model = loadModel(core, file, parts);
  const session = new core.FloatSession();
  try {
    const [, height, width] = image.shape;
    check(session.prepare(model, width, height, 1));
    floats(core, session.input()).set(toNhwc(image));
    check(session.run());
    const output = session.output();
    return fromNhwc(floats(core, output).slice(), output.height, output.width, output.channels);
  } finally {
    session.delete();
    model.delete();
  }
}

/** Names of 8-bit kernels; '' chooses the fastest. */
export type KernelName = '' | 'scalar' | 'simd' | 'relaxed' | 'relaxed-saturating';

/** Upscales a picture whose extents the network can take, as one tile. */
export function runPicture(
  core: CoreModule,
  file: Uint8Array,
  picture: Pixels,
  kernels: KernelName = '',
): Pixels {
  const model = loadModel(core, file);
  const session = new core.Session();
  try {
    const { width, height, data } = picture;
    check(session.forceKernels(kernels));
    check(session.prepare(model, width, height, hasTransparency(picture), 1, 0));
    core.HEAPU8.set(data, session.inputPointer());
    check(session.run());
    const start = session.outputPointer();
    const bytes = core.HEAPU8.slice(start, start + session.outputBytes());
    const scale = model.info().scale;
    return {
      width: width * scale,
      height: height * scale,
      data: new Uint8ClampedArray(bytes.buffer),
    };
  } finally {
    session.delete();
    model.delete();
  }
}
