/** The surface of the wasm core, as its glue script exposes it. */
import type { ModelInfo } from './types.js';

export interface WasmStatus {
  /** `OK`, or an error code. */
  code: string;
  message: string;
}

export interface WasmModel {
  load(pointer: number, bytes: number): WasmStatus;
  info(): ModelInfo;
  delete(): void;
}

/** One tile shape: RGBA8 in, RGBA8 out, straight alpha. */
export interface WasmSession {
  prepare(
    model: WasmModel,
    width: number,
    height: number,
    alpha: boolean,
    threads: number,
  ): WasmStatus;
  inputPointer(): number;
  inputBytes(): number;
  outputPointer(): number;
  outputBytes(): number;
  memoryBytes(): number;
  run(): WasmStatus;
  /** For tests: the int8 kernels `scalar`, `simd` or `relaxed` from the next prepare() on. */
  forceKernels(name: string): WasmStatus;
  delete(): void;
}

/** Decibels, and a similarity in [-1, 1]; only the status when that is not `OK`. */
export interface ImageComparison {
  status: WasmStatus;
  psnrY: number;
  ssimY: number;
  psnrRgb: number;
}

export interface TesseraModule {
  /** Replaced when the memory grows: read it anew at every use. */
  readonly HEAPU8: Uint8Array;
  /** 0 when memory has run out. */
  allocate(bytes: number): number;
  release(pointer: number): void;
  Model: new () => WasmModel;
  Session: new () => WasmSession;
  resizeBicubic(
    source: number,
    width: number,
    height: number,
    target: number,
    targetWidth: number,
    targetHeight: number,
  ): WasmStatus;
  compareImages(
    first: number,
    second: number,
    width: number,
    height: number,
    border: number,
  ): ImageComparison;
}

/** What the glue script's factory is given. */
export interface ModuleArguments {
  instantiateWasm(
    imports: WebAssembly.Imports,
    done: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void,
  ): object;
  pthreadPoolSize: number;
}

/** The glue script's default export. */
export type ModuleFactory = (args: ModuleArguments) => Promise<TesseraModule>;
