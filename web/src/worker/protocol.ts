/**
 * What the pool and its workers say to each other. A worker answers every request exactly once;
 * while it works on a slow one it also reports progress, which is no answer.
 */

import type { ForeignFiles } from '../convert/index.js';
import type { WireError } from '../errors.js';
import type { Metadata } from '../load/picture-options.js';
import type { ModelChoices, ModelInfo, NamedBytes, PixelSource } from '../types.js';
import type { QuantizeReport, QuantizeSettings } from './quantize-report.js';

/** The tile shape of a session, in input pixels: a tile, or a strip of the image down to its end. */
export interface SessionShape {
  width: number;
  height: number;
  /** Whether transparency is upscaled too; otherwise the result is opaque. */
  alpha: boolean;
  /** Not 0: rows flow through, about so many at a time. */
  rows: number;
}

/** A rectangle of a tile's result, in output pixels. */
export interface Crop {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** A part of a larger picture, in pixels. */
export interface Part extends Crop {
  wholeWidth: number;
  wholeHeight: number;
}

/** How a tile's result is reduced: which part of the network's result it is, and what is wanted. */
export interface Reduction {
  from: Part;
  to: Part;
}

/** What transparency needs that is enlarged beside a network whose rows flow. */
export interface AlphaRows {
  /** Rows of the image before and after those that the network takes. */
  above: number;
  below: number;
  /** Which part of the strip the image's rows are, and of its result what comes back. */
  from: Part;
  to: Part;
}

/** The first request: load your scripts. It is sent while the rest is still being downloaded. */
export interface OpenRequest {
  type: 'open';
  /** Address of the module script that belongs to the wasm file. */
  glueUrl: string;
}

/** The second request: start the core. */
export interface StartRequest {
  type: 'start';
  wasm: WebAssembly.Module;
  threads: number;
}

/** Become able to run a model, beside those that are loaded already. */
export interface LoadRequest {
  type: 'load';
  /** What later requests call it. */
  model: number;
  setup: ModelSetup;
}

/** Forget a model. */
export interface UnloadRequest {
  type: 'unload';
  model: number;
}

/** Make an ONNX file of a network; this needs no core. */
export interface ConvertRequest {
  type: 'convert';
  /** Address of the converter's module. */
  url: string;
  network: ForeignFiles;
}

/** A float network, and how it is to be quantized. */
export interface QuantizeJob {
  setup: ModelSetup;
  settings: QuantizeSettings;
  /** As the network would get them, with extents that it takes. */
  images: readonly PixelSource[];
}

/** What became of it. */
export interface Quantized {
  /** An ONNX file. */
  file: Uint8Array<ArrayBuffer>;
  report: QuantizeReport;
}

/** Quantize a network; the core must be one that can. */
export interface QuantizeRequest extends QuantizeJob {
  type: 'quantize';
}

/** A model's bytes, and all that was said about it. */
export interface ModelSetup {
  bytes: Uint8Array;
  /** Those that hold its weights. */
  files: readonly NamedBytes[];
  /** Over what the file says. */
  metadata: Metadata;
  choices: ModelChoices;
}

/** Say what a model is. */
export interface DescribeWork {
  type: 'describe';
}

/** Get ready for a tile shape. */
export interface PrepareWork {
  type: 'prepare';
  shape: SessionShape;
}

/**
 * Upscale one tile, or the next rows of a strip: RGBA bytes in, a part of the RGBA bytes out. All
 * buffers are transferred.
 */
export interface TileWork {
  type: 'tile';
  shape: SessionShape;
  /** Whether the rows are the first ones of a strip; a tile's always are. */
  begins: boolean;
  pixels: ArrayBuffer;
  /** Set where rows flow and alpha is enlarged beside them. */
  alphaRows?: AlphaRows | undefined;
  /** What comes back of what this request finishes: pixels as they are, or, of a tile, reduced. */
  take: Crop | Reduction;
  /** For the result, of its length: a fresh buffer costs memory that must be cleared. */
  spare?: ArrayBuffer | undefined;
}

/** Decode a file of a picture, so that the page does not have to. */
export interface DecodeWork {
  type: 'decode';
  file: Blob;
}

/** What there is to do for a model, or for a picture that it will get. */
export type Work = DescribeWork | PrepareWork | TileWork | DecodeWork;

/** Work for the model of that number, which is loaded. */
export type WorkRequest = Work & { model: number };

export type WorkerRequest =
  | OpenRequest
  | StartRequest
  | LoadRequest
  | UnloadRequest
  | ConvertRequest
  | QuantizeRequest
  | WorkRequest;

/** Not a request: the tile or picture in work is no longer wanted, and is answered with `ERR_CANCELLED`. */
export interface CancelMessage {
  type: 'cancel';
}

export interface OpenedReply {
  type: 'opened';
}

export interface StartedReply {
  type: 'started';
}

export interface LoadedReply {
  type: 'loaded';
}

export interface UnloadedReply {
  type: 'unloaded';
}

export interface DescribedReply {
  type: 'described';
  model: ModelInfo;
}

export interface PreparedReply {
  type: 'prepared';
  /** The worker's whole wasm memory, in bytes. */
  heapBytes: number;
}

export interface QuantizedReply extends Quantized {
  type: 'quantized';
}

export interface ConvertedReply {
  type: 'converted';
  file: Uint8Array<ArrayBuffer>;
}

/** How far the work on a slow request is. */
export interface ProgressReport {
  type: 'progress';
  /** In (0, 1). */
  done: number;
}

export interface TileReply {
  type: 'tile';
  pixels: ArrayBuffer;
  /** The request's pixels, for the next one: in the worker they would wait for its collector. */
  spent: ArrayBuffer;
}

/** A picture, upright: RGBA bytes. */
export interface DecodedReply {
  type: 'decoded';
  pixels: ArrayBuffer;
  width: number;
  height: number;
}

/** The request failed; the worker can go on. */
export interface FailedReply {
  type: 'failed';
  error: WireError;
}

/** The request failed in a way that leaves the wasm instance in an unknown state. */
export interface PoisonedReply {
  type: 'poisoned';
  code: 'ERR_OUT_OF_MEMORY' | 'ERR_WORKER_CRASHED';
  message: string;
}

/** What comes of each kind of work. */
export interface WorkReplies {
  describe: DescribedReply;
  prepare: PreparedReply;
  tile: TileReply;
  decode: DecodedReply;
}

/** The reply to each kind of request. */
interface Replies extends WorkReplies {
  open: OpenedReply;
  start: StartedReply;
  load: LoadedReply;
  unload: UnloadedReply;
  convert: ConvertedReply;
  quantize: QuantizedReply;
}

/** The reply that a successful request gets. */
export type ReplyTo<R extends { type: keyof Replies }> = Replies[R['type']];

export type WorkerReply = ReplyTo<WorkerRequest> | FailedReply | PoisonedReply;

/** Buffers that move with what came of some work. */
export function transfersOfReply(reply: WorkerReply): ArrayBuffer[] {
  if (reply.type === 'tile') return [reply.pixels, reply.spent];
  if (reply.type === 'decoded') return [reply.pixels];
  return 'file' in reply ? [reply.file.buffer] : [];
}

/** Buffers that move with a request instead of being copied. */
export function transfersOf(request: WorkerRequest | Work): ArrayBuffer[] {
  if (request.type === 'quantize')
    return request.images.map(({ data }) => data.buffer as ArrayBuffer);
  if (request.type !== 'tile') return [];
  const { pixels, spare } = request;
  return spare === undefined ? [pixels] : [pixels, spare];
}
