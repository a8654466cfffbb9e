/** The surface of the wasm core, as its glue script exposes it. */
import type { ModelInfo } from '../types.js';
import type { Part } from './protocol.js';
import type { QuantizeReport, QuantizeSettings } from './quantize-report.js';

export interface WasmStatus {
  /** `OK`, or an error code. */
  code: string;
  message: string;
}

/** What a model file says and what follows from its graph, without a run of the network. */
export type ModelFacts = Omit<ModelInfo, 'warnings'>;

export interface WasmModel {
  /** Before load(): over what the file's metadata says. */
  setMetadata(key: string, value: string): void;
  /** Before load(): what the file leaves open. */
  setOutput(name: string): void;
  setInput(name: string, elements: readonly number[]): void;
  /** Before load(), until which the bytes must stay: a file that holds weights. */
  addFile(name: string, pointer: number, bytes: number): void;
  load(pointer: number, bytes: number): WasmStatus;
  /** After a load() that failed: all that stands in the way. */
  obstacles(): WasmStatus[];
  info(): ModelFacts;
  delete(): void;
}

/**
 * One tile shape: RGBA8 in, RGBA8 out, straight alpha. Where rows flow, input and output are those of
 * one pass, in memory and in number, and a run is a pass.
 */
export interface WasmSession {
  prepare(
    model: WasmModel,
    width: number,
    height: number,
    alpha: boolean,
    threads: number,
    rows: number,
  ): WasmStatus;
  inputPointer(): number;
  inputBytes(): number;
  outputPointer(): number;
  outputBytes(): number;
  memoryBytes(): number;
  run(): WasmStatus;
  /** Runs for about some milliseconds, whole layers; `done` is the finished share, 1 at the end. */
  runFor(milliseconds: number): { status: WasmStatus; done: number };
  /** Forgets a tile that `runFor` has not finished. */
  restart(): void;
  /** For tests: the int8 kernels `scalar`, `simd` or `relaxed` from the next prepare() on. */
  forceKernels(name: string): WasmStatus;
  delete(): void;
}

/** Makes a quantized network: `create`, `addImage` for each, `finish`, then the file. */
export interface WasmQuantizer {
  create(model: WasmModel, settings: QuantizeSettings & { threads: number }): WasmStatus;
  /** RGBA8. */
  addImage(pointer: number, width: number, height: number): WasmStatus;
  finish(onprogress: (fraction: number) => void): WasmStatus;
  report(): QuantizeReport;
  /** The ONNX file. */
  filePointer(): number;
  fileBytes(): number;
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
  Quantizer: new () => WasmQuantizer;
  resizeBicubic(
    source: number,
    width: number,
    height: number,
    target: number,
    targetWidth: number,
    targetHeight: number,
  ): WasmStatus;
  /** Resizes a part of a picture; what it lacks and needs is an error. */
  resizePart(source: number, from: Part, target: number, to: Part): WasmStatus;
  /** The same of the alpha of RGBA pixels; the target has a byte for each pixel. */
  resizeAlphaPart(source: number, from: Part, target: number, to: Part): WasmStatus;
  /** Gives fully transparent RGBA pixels the colour of visible ones nearby. */
  bleedColor(pixels: number, width: number, height: number): void;
  /** A full core alone has what follows. */
  compareImages(
    first: number,
    second: number,
    width: number,
    height: number,
    border: number,
  ): ImageComparison;
  /** {@link ModelInfo.warnings}, if flat pictures take at most so many multiplications each. */
  rangeDoubts?(model: WasmModel, mostMultiplications: number): string[];
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
