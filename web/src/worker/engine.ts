import { describe, TesseraError, toErrorCode } from '../errors.js';
import { enlarged } from '../tiling/plan.js';
import type { NamedBytes } from '../types.js';
import type { Crop, ModelSetup, Reduction, SessionShape, TileWork } from './protocol.js';
import type {
  ModelFacts,
  ModuleFactory,
  TesseraModule,
  WasmModel,
  WasmSession,
  WasmStatus,
} from './wasm-module.js';

const BYTES_PER_PIXEL = 4;
// Of a slow tile, between two looks at whether it is still wanted. Most tiles are done sooner.
const PORTION_MS = 40;

/** @throws TesseraError unless the status is OK. */
export function checkStatus(status: WasmStatus): void {
  if (status.code !== 'OK') throw new TesseraError(toErrorCode(status.code), status.message);
}

/** Starts a wasm instance from an already compiled module. */
export function instantiate(
  factory: ModuleFactory,
  wasm: WebAssembly.Module,
  threads: number,
): Promise<TesseraModule> {
  return new Promise((resolve, reject) => {
    factory({
      // The glue only takes a success callback, so a failure is passed around it.
      instantiateWasm(imports, done) {
        WebAssembly.instantiate(wasm, imports).then((instance) => done(instance, wasm), reject);
        return {};
      },
      pthreadPoolSize: threads,
    }).then(resolve, reject);
  });
}

/**
 * Loads the script that belongs to a wasm file.
 *
 * @throws TesseraError `ERR_LOAD`.
 */
export async function importFactory(glueUrl: string): Promise<ModuleFactory> {
  try {
    const glue: { default: ModuleFactory } = await import(
      /* @vite-ignore */ /* webpackIgnore: true */ glueUrl
    );
    if (typeof glue.default === 'function') return glue.default;
    throw new TypeError(
      "it exports nothing, as after a bundler has changed it: put the package's dist/ folder on the " +
        'server as it is, and pass its address as baseUrl',
    );
  } catch (cause) {
    throw new TesseraError(
      'ERR_LOAD',
      `cannot load the script ${glueUrl}: ${describe(cause)}; it must be served as JavaScript`,
      { cause, details: { url: glueUrl } },
    );
  }
}

/**
 * Reads a model.
 *
 * @throws TesseraError with `details.obstacles`, all that stands in the way.
 */
export function readModel(module: TesseraModule, model: WasmModel, setup: ModelSetup): void {
  const { bytes, files, metadata, choices } = setup;
  for (const [key, value] of Object.entries(metadata)) model.setMetadata(key, value);
  if (choices.output !== undefined) model.setOutput(choices.output);
  for (const [name, value] of Object.entries(choices.inputs ?? {})) {
    model.setInput(name, typeof value === 'number' ? [value] : value);
  }
  const load = (rest: readonly NamedBytes[]): WasmStatus => {
    const [file, ...others] = rest;
    if (file === undefined) return withBytes(module, bytes, (at) => model.load(at, bytes.length));
    return withBytes(module, file.bytes, (at) => {
      model.addFile(file.name, at, file.bytes.length);
      return load(others);
    });
  };
  const { code, message } = load(files);
  if (code === 'OK') return;
  throw new TesseraError(toErrorCode(code), message, {
    details: { obstacles: model.obstacles() },
  });
}

/** One model in a wasm instance. */
export class Engine {
  readonly #module: TesseraModule;
  readonly #model: WasmModel;
  readonly #threads: number;
  readonly #info: ModelFacts;
  readonly #session: WasmSession;
  /** What the session is ready for. */
  #shape: SessionShape | undefined;

  /** @throws TesseraError when the model cannot be read or run; `details.obstacles` lists why. */
  constructor(module: TesseraModule, model: ModelSetup, threads: number) {
    this.#module = module;
    this.#threads = threads;
    this.#model = new module.Model();
    try {
      readModel(module, this.#model, model);
    } catch (error) {
      this.#model.delete();
      throw error;
    }
    this.#info = this.#model.info();
    this.#session = new module.Session();
  }

  /** Gives its memory back to the instance, for other models. It cannot be used any more. */
  dispose(): void {
    this.#session.delete();
    this.#model.delete();
  }

  /** What the model file says, less {@link warnings}. */
  get facts(): ModelFacts {
    return this.#info;
  }

  /**
   * Lets the network run a few flat pictures and tells what that says about its ranges.
   *
   * @param mostMultiplications - for one picture; networks that need more are not run
   */
  warnings(mostMultiplications: number): string[] {
    return this.#model.warnings(mostMultiplications);
  }

  /** The whole wasm memory, in bytes. */
  get heapBytes(): number {
    return this.#module.HEAPU8.length;
  }

  /**
   * Makes the session ready for a shape. There is one session, since preparing it costs about a
   * twentieth of a tile's time, and a second one would double the memory.
   */
  prepare(shape: SessionShape): void {
    if (this.#shape !== undefined && sameShape(shape, this.#shape)) return;
    const { width, height, alpha } = shape;
    this.#shape = undefined;
    checkStatus(this.#session.prepare(this.#model, width, height, alpha, this.#threads));
    this.#shape = shape;
  }

  /**
   * Upscales one tile of `shape.width * shape.height` RGBA pixels and returns a part of the result,
   * as it is or reduced, in `spare` if that has the right length, otherwise in a new buffer.
   *
   * @param pause - called between portions of the work with the finished share; what it throws ends
   * the tile
   */
  async run(
    { shape, pixels, take, spare }: Omit<TileWork, 'type'>,
    pause: (done: number) => Promise<void>,
  ): Promise<ArrayBuffer> {
    this.prepare(shape);
    const session = this.#session;
    if (pixels.byteLength !== session.inputBytes()) {
      throw new TesseraError(
        'ERR_INTERNAL',
        `a tile of ${pixels.byteLength} bytes does not fill ${session.inputBytes()}`,
      );
    }
    session.restart();
    this.#module.HEAPU8.set(new Uint8Array(pixels), session.inputPointer());
    for (;;) {
      const { status, done } = session.runFor(PORTION_MS);
      checkStatus(status);
      if (done === 1) break;
      await pause(done);
    }
    const output = session.outputPointer();
    if ('from' in take) return this.#reduce(output, take, spare);
    const { scale, margin } = this.#info;
    return this.#copyOut(output, enlarged(shape.width - 2 * margin, scale), take, spare);
  }

  #reduce(pointer: number, { from, to }: Reduction, spare: ArrayBuffer | undefined): ArrayBuffer {
    const module = this.#module;
    const target = allocate(module, to.width * to.height * BYTES_PER_PIXEL);
    try {
      checkStatus(module.resizePart(pointer, from, target, to));
      const all = { x: 0, y: 0, width: to.width, height: to.height };
      return this.#copyOut(target, to.width, all, spare);
    } finally {
      module.release(target);
    }
  }

  #copyOut(
    pointer: number,
    outputWidth: number,
    crop: Crop,
    spare: ArrayBuffer | undefined,
  ): ArrayBuffer {
    const rowBytes = crop.width * BYTES_PER_PIXEL;
    const bytes = rowBytes * crop.height;
    const result = new Uint8Array(spare?.byteLength === bytes ? spare : new ArrayBuffer(bytes));
    const heap = this.#module.HEAPU8;
    for (let y = 0; y < crop.height; y++) {
      const start = pointer + ((crop.y + y) * outputWidth + crop.x) * BYTES_PER_PIXEL;
      result.set(heap.subarray(start, start + rowBytes), y * rowBytes);
    }
    return result.buffer;
  }
}

function sameShape(a: SessionShape, b: SessionShape): boolean {
  return a.width === b.width && a.height === b.height && a.alpha === b.alpha;
}

/**
 * Copies bytes into wasm memory for the length of one call.
 *
 * @throws TesseraError `ERR_OUT_OF_MEMORY`.
 */
export function withBytes<T>(
  module: TesseraModule,
  bytes: Uint8Array | Uint8ClampedArray,
  use: (pointer: number) => T,
): T {
  const pointer = allocate(module, bytes.length);
  try {
    module.HEAPU8.set(bytes, pointer);
    return use(pointer);
  } finally {
    module.release(pointer);
  }
}

/**
 * @returns the address of `bytes` bytes of wasm memory.
 * @throws TesseraError `ERR_OUT_OF_MEMORY`.
 */
export function allocate(module: TesseraModule, bytes: number): number {
  const pointer = module.allocate(bytes);
  if (pointer === 0) {
    throw new TesseraError('ERR_OUT_OF_MEMORY', `wasm memory has no room for ${bytes} bytes`, {
      details: { bytes },
    });
  }
  return pointer;
}

/** The message of an allocation that failed somewhere inside. */
export const NO_ROOM =
  'wasm memory has no room for what the network needs; close other pages, or use fewer workers or a smaller tileSize';

/**
 * Whether wasm stopped for want of memory. The core throws one thing only, where no status can be
 * returned: that an allocation failed.
 */
export function isOutOfMemory(error: unknown): boolean {
  return (
    error instanceof RangeError ||
    (typeof WebAssembly.Exception === 'function' && error instanceof WebAssembly.Exception)
  );
}

/** What a thrown value of the wasm runtime means to a caller. */
export function toEngineError(error: unknown): TesseraError {
  if (error instanceof TesseraError) return error;
  if (!isOutOfMemory(error)) {
    return new TesseraError('ERR_INTERNAL', describe(error), { cause: error });
  }
  return new TesseraError('ERR_OUT_OF_MEMORY', NO_ROOM, { cause: error });
}
