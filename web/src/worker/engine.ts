import { describe, TesseraError, toErrorCode } from '../errors.js';
import { enlarged } from '../tiling/plan.js';
import type { NamedBytes } from '../types.js';
import { networkRows, writeAlpha } from './alpha-rows.js';
import { allocate, checkStatus, withBytes } from './memory.js';
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
    this.#info = forThreads(this.#model.info(), threads);
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
    // The lean core has nothing to say.
    return this.#module.rangeDoubts?.(this.#model, mostMultiplications) ?? [];
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
    const { width, height, alpha, rows } = shape;
    this.#shape = undefined;
    checkStatus(this.#session.prepare(this.#model, width, height, alpha, this.#threads, rows));
    this.#shape = shape;
  }

  /**
   * Upscales one tile of `shape.width * shape.height` RGBA pixels, or the next rows of a strip, and
   * returns a part of the result, as it is or reduced, in `spare` if that has the right length,
   * otherwise in a new buffer.
   *
   * @param pause - called between portions of the work with the finished share; what it throws ends
   * the tile
   */
  async run(
    { shape, begins, pixels, alphaRows, take, spare }: Omit<TileWork, 'type'>,
    pause: (done: number) => Promise<void>,
  ): Promise<ArrayBuffer> {
    this.prepare(shape);
    if (begins) this.#session.restart();
    const source = new Uint8Array(pixels);
    if ('from' in take) {
      await this.#pass(source, 0, new Portion(), pause);
      return this.#reduce(take, spare);
    }
    const result = makeResult(take, spare);
    const rows = alphaRows === undefined ? source : networkRows(this.#module, source, alphaRows);
    await this.#crop(rows, shape.width, take, result, pause);
    if (alphaRows !== undefined) writeAlpha(this.#module, source, alphaRows, result);
    return result.buffer;
  }

  /** Runs until the crop is made: one pass of a tile, or as many passes of rows as it takes. */
  async #crop(
    source: Uint8Array,
    width: number,
    crop: Crop,
    result: Uint8Array,
    pause: (done: number) => Promise<void>,
  ): Promise<void> {
    const { scale, margin } = this.#info;
    const rowBytes = enlarged(width - 2 * margin, scale) * BYTES_PER_PIXEL;
    const portion = new Portion();
    let taken = 0;
    for (let made = 0; made < crop.y + crop.height; ) {
      taken += await this.#pass(source, taken, portion, pause);
      made += this.#copyOut(result, crop, made, rowBytes);
    }
  }

  /**
   * Takes a tile, or the rows of one pass, and runs it.
   *
   * @returns how many bytes of `source` it took
   */
  async #pass(
    source: Uint8Array,
    from: number,
    portion: Portion,
    pause: (done: number) => Promise<void>,
  ): Promise<number> {
    const bytes = this.#session.inputBytes();
    this.#takeIn(source, from, bytes);
    await this.#runOnce(portion, (done) => pause((from + done * bytes) / source.length));
    return bytes;
  }

  #reduce({ from, to }: Reduction, spare: ArrayBuffer | undefined): ArrayBuffer {
    const module = this.#module;
    const result = makeResult(to, spare);
    const target = allocate(module, result.length);
    try {
      checkStatus(module.resizePart(this.#session.outputPointer(), from, target, to));
      result.set(module.HEAPU8.subarray(target, target + result.length));
      return result.buffer;
    } finally {
      module.release(target);
    }
  }

  #takeIn(source: Uint8Array, from: number, bytes: number): void {
    if (from + bytes > source.length) {
      throw new TesseraError(
        'ERR_INTERNAL',
        `${source.length} bytes are too few: the session takes ${bytes} after ${from}`,
      );
    }
    this.#module.HEAPU8.set(source.subarray(from, from + bytes), this.#session.inputPointer());
  }

  /** There may be many passes of rows in a portion. */
  async #runOnce(portion: Portion, pause: (done: number) => Promise<void>): Promise<void> {
    let done = 0;
    while (done < 1) {
      if (portion.rest <= 0) {
        await pause(done);
        portion.begin();
      }
      const finished = this.#session.runFor(portion.rest);
      checkStatus(finished.status);
      done = finished.done;
    }
  }

  /**
   * Copies what of the crop the session has just made.
   *
   * @param before - rows that it made before
   * @returns how many it made
   */
  #copyOut(result: Uint8Array, crop: Crop, before: number, sourceBytes: number): number {
    const rows = this.#session.outputBytes() / sourceBytes;
    const heap = this.#module.HEAPU8;
    const rowBytes = crop.width * BYTES_PER_PIXEL;
    const end = Math.min(before + rows, crop.y + crop.height);
    for (let y = Math.max(before, crop.y); y < end; y++) {
      const row = this.#session.outputPointer() + (y - before) * sourceBytes;
      const start = row + crop.x * BYTES_PER_PIXEL;
      result.set(heap.subarray(start, start + rowBytes), (y - crop.y) * rowBytes);
    }
    return rows;
  }
}

/** Each thread takes as many rows of a pass as one alone would. */
function forThreads(facts: ModelFacts, threads: number): ModelFacts {
  const { rowFlow } = facts;
  if (rowFlow === null) return facts;
  return { ...facts, rowFlow: { ...rowFlow, rows: rowFlow.rows * threads } };
}

/** What is left of the time until the next pause. */
class Portion {
  #begun = performance.now();

  get rest(): number {
    return PORTION_MS - (performance.now() - this.#begun);
  }

  begin(): void {
    this.#begun = performance.now();
  }
}

function makeResult(crop: Crop, spare: ArrayBuffer | undefined): Uint8Array<ArrayBuffer> {
  const bytes = crop.width * crop.height * BYTES_PER_PIXEL;
  return new Uint8Array(spare?.byteLength === bytes ? spare : new ArrayBuffer(bytes));
}

function sameShape(a: SessionShape, b: SessionShape): boolean {
  return a.width === b.width && a.height === b.height && a.alpha === b.alpha && a.rows === b.rows;
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
