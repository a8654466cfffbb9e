import type { SourceImage } from '../image/source.js';
import type { ModelInfo, UpscalerInfo } from '../types.js';
import type { TilePool } from './tile-pool.js';

/** A model that can be run. */
export interface Loaded {
  pool: TilePool;
  model: ModelInfo;
  info: UpscalerInfo;
  /** Why pictures run in tiles, whatever the network allows; empty where they need not. */
  tilesBecause: string;
}

/** The models of an upscaler, wherever they run. */
export interface ModelSet {
  /** The first model, once it is there. */
  readonly first: Loaded | undefined;
  /** Loads the first model; to be called once, before {@link get}. */
  start(): Promise<Loaded>;
  /**
   * The model for a scale, loaded.
   *
   * @param needed - undefined for the first
   * @param picture - that will be run
   */
  get(needed: number | undefined, picture?: SourceImage): Promise<Loaded>;
  /** Another shipped model on the same workers, loaded; connections to another upscaler have none. */
  named?(name: string): Promise<Loaded>;
  /** Starts no more tiles of this upscaler until {@link resume}. */
  pause(): void;
  resume(): void;
  /** Ends loading and runs, and the workers that nobody else uses. */
  dispose(reason: unknown): Promise<void>;
}
