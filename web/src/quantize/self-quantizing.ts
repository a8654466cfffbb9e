/** The models of an upscaler that makes an int8 network of its float one by itself. */
import { abort, follow } from '../base/abort.js';
import { ProgressMeter } from '../base/progress.js';
import { finishInTurns } from '../base/turns.js';
import { describe, TesseraError } from '../errors.js';
import { readImage } from '../image/input.js';
import type { SourceImage } from '../image/source.js';
import type { Loaded, ModelSet } from '../pool/model-set.js';
import type { PoolParts } from '../pool/pool-parts.js';
import type { FetchFunction, ModelInfo, QuantizationInfo } from '../types.js';
import type { ModelSetup, QuantizeJob } from '../worker/protocol.js';
import type { QuantizeSettings } from '../worker/quantize-report.js';
import { quantizeInWorker } from './in-worker.js';
import { type Int8Model, keep, keyOf, recall } from './kept.js';
import type { ResolvedQuantize } from './options.js';
import { cutParts, makePictures, PATCHES, quantizingPixels } from './patches.js';

/**
 * All but rounding with compensation: that takes as long as everything else, for 2 dB of 57 with a network of 16 layers.
 */
const QUICK: QuantizeSettings = {
  weightBits: 7,
  equalize: true,
  compensate: false,
  correctBias: true,
  clipRanges: true,
};

/** The models whose first one is to be quantized. */
export interface FloatModels extends ModelSet {
  named(name: string): Promise<Loaded>;
  /** The workers that they run on. */
  readonly parts: PoolParts;
  /** Loads an int8 form of the first one, on the same workers. */
  adopt(file: Uint8Array): Promise<Loaded>;
}

/** Where pictures are read from. */
export interface ReadPlace {
  fetch?: FetchFunction | undefined;
  timeout: number;
}

const isInt8 = ({ nodes }: ModelInfo) => nodes.some(({ runs }) => runs === 'int8');

/**
 * Prepares an int8 network while the float one runs. A run is of one network from its first tile to its last; those that
 * begin when int8 is ready take it. The first ones wait for it only where they are then done sooner.
 */
export class SelfQuantizing implements ModelSet {
  readonly #inner: FloatModels;
  readonly #options: ResolvedQuantize;
  readonly #place: ReadPlace;
  readonly #stopper = new AbortController();
  readonly #meter: ProgressMeter<[]>;
  /** The pictures that the caller has given. */
  #given: Promise<SourceImage[]> = Promise.resolve([]);
  #first: Promise<Loaded> | undefined;
  /** The float network. */
  #setup: ModelSetup | undefined;
  /** Where its int8 form is kept. */
  #key: string | undefined;
  /** Settled as soon as it is known which network runs; undefined before, and after a failure. */
  #working: Promise<QuantizationInfo> | undefined;
  /** Of the work, in [0, 1]. */
  #done = 0;
  #info: QuantizationInfo = { state: 'waiting', because: '', psnr: 0, kept: false };
  /** The int8 network's file, and that network on the workers. */
  #file: Uint8Array | undefined;
  #int8: Loaded | undefined;

  /**
   * @param makeInner - is given what looks at the first model before it is loaded, and may put another in its place
   */
  constructor(
    options: ResolvedQuantize,
    place: ReadPlace,
    makeInner: (replace: (setup: ModelSetup) => Promise<ModelSetup>) => FloatModels,
  ) {
    this.#options = options;
    this.#place = place;
    this.#meter = new ProgressMeter(options.onprogress);
    this.#inner = makeInner((setup) => this.#recall(setup));
  }

  get first(): Loaded | undefined {
    return this.#int8 ?? this.#inner.first;
  }

  get quantization(): QuantizationInfo {
    return this.#info;
  }

  start(): Promise<Loaded> {
    const { signal, images } = this.#options;
    follow(this.#stopper, signal);
    // At once: pixels must be as they were at the time of the call.
    const context = { ...this.#place, signal: this.#stopper.signal, transfer: false };
    this.#given = Promise.all(images.map((image) => readImage(image, context)));
    this.#given.catch(() => {});
    this.#first = this.#startFirst();
    return this.#first;
  }

  async #startFirst(): Promise<Loaded> {
    const loaded = await this.#inner.start();
    if (this.#working !== undefined) return loaded;
    if (isInt8(loaded.model)) {
      this.#file = this.#wholeFile();
      this.#settle({ state: 'int8', because: 'the network was quantized already' });
    } else if (this.#options.images.length > 0) {
      const given = await this.#pictures();
      if (given !== undefined) void this.#begin(given, PATCHES);
      else this.#tell({ state: 'float', because: 'quantizing was given up' });
    }
    return loaded;
  }

  /** The caller's pictures; undefined when quantizing is given up, which leaves the float network as it is. */
  async #pictures(): Promise<SourceImage[] | undefined> {
    try {
      return await this.#given;
    } catch (error) {
      if (this.#options.signal?.aborted) return undefined;
      throw error;
    }
  }

  /** The network that was given, where one file says all of it. */
  #wholeFile(): Uint8Array | undefined {
    const { bytes, files, metadata, choices } = this.#setup as ModelSetup;
    const said = [...Object.values(choices), ...Object.values(metadata)];
    return files.length === 0 && said.every((value) => value === undefined) ? bytes : undefined;
  }

  /** Puts the int8 network of an earlier visit in the place of the float one. */
  async #recall(setup: ModelSetup): Promise<ModelSetup> {
    this.#setup = setup;
    const given = await this.#pictures();
    if (given === undefined || !this.#options.keep) return setup;
    this.#key = await keyOf(setup, QUICK, given);
    const found = this.#key === undefined ? undefined : await recall(this.#key);
    if (found === undefined || !this.#judge(found, true)) return setup;
    return { bytes: found.file, files: [], metadata: {}, choices: {} };
  }

  async get(needed: number | undefined, picture?: SourceImage): Promise<Loaded> {
    const loaded = await this.#inner.get(needed);
    // Other members of a family are shipped, and int8 already.
    if (loaded !== this.#inner.first) return loaded;
    if (picture !== undefined) {
      if (this.#info.state === 'waiting') void this.#begin([picture], PATCHES / 2);
      // What fails is told by `info`; the picture is upscaled all the same.
      if (this.#isSoonerInInt8(picture, loaded)) await this.#working?.catch(() => {});
    }
    return this.#int8 ?? loaded;
  }

  /**
   * Whether a picture is done sooner when it waits: quantizing keeps one core busy, and int8 then takes about
   * half the time (`npm run bench:auto`).
   */
  #isSoonerInInt8({ width, height }: SourceImage, { model, info }: Loaded): boolean {
    if (this.#info.state !== 'working') return false;
    const left = quantizingPixels(model) * (1 - this.#done);
    return width * height > 2 * info.workers * info.threads * left;
  }

  /**
   * Waits until it is known which network runs; begins with pictures made by rule where nothing has begun yet, and anew
   * after a failure.
   *
   * @throws TesseraError as {@link quantizeInWorker} does; the signal's reason.
   */
  async quantize(): Promise<QuantizationInfo> {
    await this.#first;
    const given = await this.#given;
    // Who asks at the same time gets the same work.
    return this.#working ?? this.#begin(given, this.#options.images.length && PATCHES);
  }

  /**
   * The int8 network as an ONNX file.
   *
   * @throws as {@link quantize} does; TesseraError `ERR_UNSUPPORTED` where float runs.
   */
  async exportModel(): Promise<Uint8Array<ArrayBuffer>> {
    const { state, because } = await this.quantize();
    if (state === 'int8' && this.#file !== undefined) return new Uint8Array(this.#file);
    throw new TesseraError('ERR_UNSUPPORTED', `there is no int8 network to export: ${because}`);
  }

  #begin(pictures: readonly SourceImage[], parts: number): Promise<QuantizationInfo> {
    const working = this.#work(pictures, parts);
    this.#working = working;
    working.catch((error) => {
      this.#working = undefined;
      this.#tell({ state: 'float', because: `quantizing failed: ${describe(error)}` });
    });
    return working;
  }

  async #work(pictures: readonly SourceImage[], parts: number): Promise<QuantizationInfo> {
    this.#done = 0;
    this.#tell({ state: 'working' });
    // What start() has set.
    const setup = this.#setup as ModelSetup;
    const { model } = this.#inner.first as Loaded;
    // Before anything else, so that a picture need not be kept.
    const cut = cutParts(model, pictures, parts);
    const made = await finishInTurns(makePictures(model, PATCHES - parts), this.#stopper.signal);
    const result = await this.#quantize({ setup, settings: QUICK, images: [...cut, ...made] });
    if (this.#key !== undefined) void keep(this.#key, result);
    const int8 = this.#suffices(result) ? await this.#inner.adopt(result.file) : undefined;
    this.#int8 = int8;
    this.#judge(result, false);
    return this.#info;
  }

  /** In a worker; an exception of the caller's callback ends it. */
  async #quantize(job: QuantizeJob): Promise<Int8Model> {
    const stopper = new AbortController();
    const unfollow = follow(stopper, this.#stopper.signal);
    const hear = (done: number) => {
      this.#done = done;
      try {
        this.#meter.update(done, 1);
      } catch (error) {
        abort(stopper, error);
      }
    };
    try {
      const { parts } = this.#inner;
      const { file, report } = await quantizeInWorker(parts, job, stopper.signal, hear);
      return { file, psnr: report.psnr };
    } finally {
      unfollow();
    }
  }

  #suffices({ psnr }: Int8Model): boolean {
    return psnr >= this.#options.minPsnr;
  }

  /** Settles which network runs. */
  #judge(made: Int8Model, kept: boolean): boolean {
    const { psnr } = made;
    const suffices = this.#suffices(made);
    const measured = `its results have ${psnr.toFixed(1)} dB against those of the float network`;
    const because = `${measured}, less than the ${this.#options.minPsnr} dB asked for`;
    if (suffices) this.#file = made.file;
    this.#settle(
      suffices ? { state: 'int8', psnr, kept } : { state: 'float', because, psnr, kept },
    );
    return suffices;
  }

  #settle(info: Partial<QuantizationInfo>): void {
    this.#tell(info);
    this.#working = Promise.resolve(this.#info);
    try {
      this.#meter.finish();
    } catch {
      // Which network runs does not depend on a callback that throws when all is done.
    }
  }

  #tell(info: Partial<QuantizationInfo>): void {
    this.#info = { state: 'waiting', because: '', psnr: 0, kept: false, ...info };
  }

  named(name: string): Promise<Loaded> {
    return this.#inner.named(name);
  }

  pause(): void {
    this.#inner.pause();
  }

  resume(): void {
    this.#inner.resume();
  }

  async dispose(reason: unknown): Promise<void> {
    abort(this.#stopper, reason);
    await this.#inner.dispose(reason);
    await this.#working?.catch(() => {});
  }
}
