/**
 * What the pool and its workers say to each other. A worker answers every request exactly once;
 * while it works on a slow one it also reports progress, which is no answer.
 */
import type { WireError } from '../errors.js';
import type { Metadata } from '../load/picture-options.js';
import type { ModelChoices, ModelInfo, NamedBytes } from '../types.js';

/** The tile shape of a session, in input pixels. */
export interface SessionShape {
  width: number;
  height: number;
  /** Whether transparency is upscaled too; otherwise the result is opaque. */
  alpha: boolean;
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

/** The first request: load your scripts. It is sent while the rest is still being downloaded. */
export interface OpenRequest {
  type: 'open';
  /** Address of the module script that belongs to the wasm file. */
  glueUrl: string;
}

/** The second request: become able to run the model. */
export interface LoadRequest {
  type: 'load';
  wasm: WebAssembly.Module;
  model: ModelSetup;
  threads: number;
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

/** Get ready for a tile shape. */
export interface PrepareRequest {
  type: 'prepare';
  shape: SessionShape;
}

/** Upscale one tile: RGBA bytes in, a part of the RGBA bytes out. All buffers are transferred. */
export interface TileRequest {
  type: 'tile';
  shape: SessionShape;
  pixels: ArrayBuffer;
  /** What comes back: pixels as they are, or reduced. */
  take: Crop | Reduction;
  /** For the result, if it has the right length: a fresh buffer costs memory that must be cleared. */
  spare?: ArrayBuffer | undefined;
}

export type WorkerRequest = OpenRequest | LoadRequest | PrepareRequest | TileRequest;

/** Not a request: the tile in work is no longer wanted, and is answered with `ERR_CANCELLED`. */
export interface CancelMessage {
  type: 'cancel';
}

export interface OpenedReply {
  type: 'opened';
}

export interface LoadedReply {
  type: 'loaded';
  model: ModelInfo;
}

export interface PreparedReply {
  type: 'prepared';
  /** The worker's whole wasm memory, in bytes. */
  heapBytes: number;
}

/** How far the tile in work is. */
export interface ProgressReport {
  type: 'progress';
  /** In (0, 1). */
  done: number;
}

export interface TileReply {
  type: 'tile';
  pixels: ArrayBuffer;
}

/** The request failed; the worker can go on. */
export interface FailedReply {
  type: 'failed';
  error: WireError;
}

/** The request failed in a way that leaves the wasm instance in an unknown state. */
export interface PoisonedReply {
  type: 'poisoned';
  message: string;
}

export type WorkerReply =
  | OpenedReply
  | LoadedReply
  | PreparedReply
  | TileReply
  | FailedReply
  | PoisonedReply;

/** The reply that a successful request gets. */
export type ReplyTo<R extends WorkerRequest> = R extends OpenRequest
  ? OpenedReply
  : R extends LoadRequest
    ? LoadedReply
    : R extends PrepareRequest
      ? PreparedReply
      : TileReply;

/** Buffers that move with a request instead of being copied. */
export function transfersOf(request: WorkerRequest): ArrayBuffer[] {
  if (request.type !== 'tile') return [];
  const { pixels, spare } = request;
  return spare === undefined ? [pixels] : [pixels, spare];
}
