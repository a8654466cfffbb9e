/**
 * What an upscaler and those who use it through a port say to each other. Every request is answered once;
 * while it takes long there may be progress, which is no answer.
 */
import type { ModelInfo, UpscalerInfo } from '../types.js';
import type { SessionShape, Work, WorkReplies } from '../worker/protocol.js';
import type { PortError } from './errors.js';

/** Which model is for a scale? */
interface ModelRequest {
  type: 'model';
  needed: number | undefined;
}

/** Prepare all workers for a shape. */
interface PrepareAllRequest {
  type: 'prepareAll';
  model: number;
  shape: SessionShape;
}

/** Let a worker do something. */
interface TaskRequest {
  type: 'task';
  model: number;
  /** The client's number for a run. */
  lane: number;
  priority: number;
  work: Work;
}

export type PortRequest = ModelRequest | PrepareAllRequest | TaskRequest;

/** A model of the upscaler. */
export interface ModelAnswer {
  /** What later requests call it. */
  id: number;
  model: ModelInfo;
  info: UpscalerInfo;
}

/** What comes of each kind of request. */
export interface PortAnswers {
  model: ModelAnswer;
  prepareAll: undefined;
  task: WorkReplies[Work['type']];
}

/** Asks for a sign of life. */
interface Ping {
  type: 'ping';
}

interface Pong {
  type: 'pong';
}

/** As long as this lock is held, the speaker lives. */
interface LifeLock {
  type: 'lock';
  name: string;
}

/** What both ends say. */
export type SignOfLife = Ping | Pong | LifeLock;

/** From a client. */
export type ClientMessage =
  | { type: 'request'; call: number; request: PortRequest }
  /** The results of a run are no longer wanted. */
  | { type: 'remove'; lane: number }
  /** The client leaves. */
  | { type: 'bye' }
  | SignOfLife;

/** From the upscaler. */
export type ServerMessage =
  | { type: 'answer'; call: number; answer: PortAnswers[PortRequest['type']] }
  | { type: 'failed'; call: number; error: PortError }
  /** In (0, 1), of a slow tile. */
  | { type: 'progress'; call: number; done: number }
  /** The upscaler is gone. */
  | { type: 'bye'; error: PortError }
  | SignOfLife;
