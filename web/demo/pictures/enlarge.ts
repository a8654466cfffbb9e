import type { Estimate, TileResult, Upscaler } from '../../src/index.js';
import { formatBytes, formatMegapixels, formatTime } from '../base/format.js';
import type { Engine, Prepared, Settings } from '../network/engine.js';
import type { Job } from './job.js';

// Above either of these the visitor is asked first: a phone may not have as much to spare.
const MUCH_MEMORY = 1e9;
const MANY_PIXELS = 50e6;

/** What the page does meanwhile. */
export interface EnlargeHandlers {
  settings(): Settings;
  /** The network is loaded. */
  onprepared(prepared: Prepared): void;
  /** The result's canvas is there, and empty. */
  onresult(job: Job): void;
  onchange(job: Job): void;
  ontile(job: Job, tile: TileResult): void;
}

/** Enlarges pictures, with the one upscaler of the page. */
export class Enlarger {
  readonly #engine: Engine;
  readonly #handlers: EnlargeHandlers;
  /** Output pixels per millisecond of the last complete run; 0 before there was one. */
  #speed = 0;

  constructor(engine: Engine, handlers: EnlargeHandlers) {
    this.#engine = engine;
    this.#handlers = handlers;
  }

  async enlarge(job: Job, signal: AbortSignal): Promise<void> {
    const upscaler = await this.#prepare(job, signal);
    const { width, height } = await job.original();
    const need = await upscaler.estimate({ width, height });
    await this.#confirmSize(job, need, signal);
    await upscaler.warmup({ width, height });
    signal.throwIfAborted();
    const canvas = job.makeResult(need.outputWidth, need.outputHeight);
    const { scale, name } = upscaler.model;
    job.fraction = 0;
    this.#tell(job, 'running', scale === 1 ? 'Repairing…' : 'Enlarging…');
    this.#handlers.onresult(job);

    const begun = performance.now();
    let firstTile = 0;
    await upscaler.upscale(job.file, {
      output: 'canvas',
      canvas,
      signal,
      focus: 'center',
      onprogress: (fraction, tile) => {
        job.fraction = fraction;
        if (tile) firstTile ||= performance.now() - begun;
        if (tile) this.#handlers.ontile(job, tile);
        this.#handlers.onchange(job);
      },
    });
    const milliseconds = performance.now() - begun;
    this.#speed = (need.outputWidth * need.outputHeight) / milliseconds;
    job.figures = { need, info: upscaler.info, model: name, scale, milliseconds, firstTile };
    const done = scale === 1 ? 'Repaired' : `Enlarged ${scale}×`;
    this.#tell(job, 'done', `${done} in ${formatTime(milliseconds)}.`);
  }

  /** Loads what is not loaded yet. */
  async #prepare(job: Job, signal: AbortSignal): Promise<Upscaler> {
    this.#tell(job, 'loading', 'Loading the network…');
    const settings = this.#handlers.settings();
    const prepared = await this.#engine.prepare(settings, signal, (fraction) => {
      job.fraction = fraction;
      this.#handlers.onchange(job);
    });
    this.#handlers.onprepared(prepared);
    return prepared.upscaler;
  }

  /** Asks before a run that needs much memory or time; resolves at once for any other. */
  async #confirmSize(job: Job, need: Estimate, signal: AbortSignal): Promise<void> {
    const pixels = need.outputWidth * need.outputHeight;
    if (need.total < MUCH_MEMORY && pixels < MANY_PIXELS) return;
    const time = this.#speed > 0 ? ` and about ${formatTime(pixels / this.#speed)}` : '';
    const text =
      `The result will have ${formatMegapixels(pixels)} megapixels. ` +
      `That needs about ${formatBytes(need.total)} of memory${time}.`;
    try {
      await new Promise<void>((resolve, reject) => {
        job.confirm = resolve;
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
        this.#tell(job, 'asking', text);
      });
    } finally {
      job.confirm = undefined;
    }
  }

  #tell(job: Job, state: Job['state'], status: string): void {
    job.set(state, status);
    this.#handlers.onchange(job);
  }
}
