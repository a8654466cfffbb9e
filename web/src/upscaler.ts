// For Symbol.asyncDispose, in programs that name older libraries.
/// <reference lib="esnext.disposable" preserve="true" />
import { CallScope } from './base/call-scope.js';
import {
  type ConnectOptions,
  type CreateOptions,
  type ResolvedCreate,
  resolveCreate,
} from './create-options.js';
import { TesseraError } from './errors.js';
import type { MessagePort, TransformStream } from './host-types.js';
import { decodeFrames } from './image/animation.js';
import type { StreamType } from './image/file-stream.js';
import { readFile } from './image/input.js';
import type { WholeKind } from './image/output.js';
import type { SourceImage } from './image/source.js';
import { lighterModel, shippedModels } from './load/families.js';
import { Members } from './members.js';
import {
  checkEstimate,
  type ResolvedOutput,
  type ResolvedRun,
  resolveOutput,
  resolveRun,
} from './options.js';
import { makesAlpha, shapeOf } from './pool/cutter.js';
import { Errand } from './pool/errand.js';
import type { Loaded, ModelSet } from './pool/model-set.js';
import { streamRun } from './pool/tile-stream.js';
import { ConnectedModels } from './port/connected-models.js';
import { PortServer } from './port/server.js';
import { SelfQuantizing } from './quantize/self-quantizing.js';
import { collect, prepareRun, RAW, type ReadyRun } from './runs.js';
import { SeamMeter } from './seams.js';
import { resultStream } from './streaming.js';
import { planRun } from './tiling/bands.js';
import { estimateRun } from './tiling/estimate.js';
import { type Leg, type Planner, planLegs } from './tiling/legs.js';
import { planWhole, type TilePlan } from './tiling/plan.js';
import { neededScale } from './tiling/target.js';
import type {
  AnyCanvas,
  CanvasOptions,
  Estimate,
  EstimateOptions,
  FrameResult,
  ImageInput,
  ModelInfo,
  OutputKind,
  OutputTypes,
  OwnCanvas,
  PixelSource,
  ProgressCallback,
  QuantizationInfo,
  RawImage,
  RunOptions,
  SeamReport,
  ShippedModelInfo,
  TileResult,
  UpscaleOptions,
  UpscalerInfo,
} from './types.js';
import { frameTransformer } from './video/frame-transformer.js';
import { PlayingVideo } from './video/live-video.js';
import {
  checkVideo,
  type FrameOptions,
  type LiveVideo,
  resolveFrames,
  type VideoOptions,
  type VideoSource,
} from './video/video-options.js';

// What warmup() prepares for when no size is named: a picture of ordinary size.
const ORDINARY_SIZE = { width: 1024, height: 768 };
// What measureSeams() cuts as: larger than any network runs in one piece by default.
const LARGE_SIZE = { width: 4096, height: 4096 };

/** What the lifetime of a call depends on. */
type CallOptions = Pick<RunOptions, 'signal' | 'key'>;

/**
 * A model, and the workers that run it.
 *
 * @example
 * ```ts
 * const upscaler = await Upscaler.create({ model: 'photo-x2', onprogress: console.log });
 * const image = await upscaler.upscale(file, { signal: controller.signal });
 * context.putImageData(image, 0, 0);
 * await upscaler.dispose();
 * ```
 */
export class Upscaler {
  /**
   * Settles when the model and the core are loaded and the first worker runs. Calls made before
   * wait for it.
   */
  readonly ready: Promise<void>;
  readonly #options: ResolvedCreate;
  readonly #models: ModelSet;
  /** The same, where they make an int8 network. */
  readonly #quantizing: SelfQuantizing | undefined;
  /** Of those who use it through a port. */
  readonly #servers = new Set<PortServer>();
  readonly #calls = new Set<CallScope>();
  readonly #seams = new SeamMeter();
  #disposed: TesseraError | undefined;

  /** The models that come with this library. */
  static get models(): readonly ShippedModelInfo[] {
    return shippedModels();
  }

  /**
   * Starts loading; {@link Upscaler.create} also waits for the end of it.
   *
   * @throws TypeError or RangeError that names the option.
   */
  constructor(options: CreateOptions = {}) {
    this.#options = resolveCreate(options);
    const { port, timeout, signal } = this.#options;
    this.#models =
      port === undefined
        ? ownModels(this.#options)
        : new ConnectedModels({ port, timeout, signal });
    this.#quantizing = this.#models instanceof SelfQuantizing ? this.#models : undefined;
    this.ready = this.#models.start().then(() => {});
    // Whoever uses the upscaler gets the error; nobody has to look at `ready`.
    this.ready.catch(() => {});
  }

  /**
   * Makes an upscaler that is ready to work.
   *
   * @throws TesseraError `ERR_UNSUPPORTED`, `ERR_LOAD`, `ERR_INTEGRITY`, `ERR_TIMEOUT`,
   * `ERR_MODEL_FORMAT`, `ERR_MODEL_OP`, `ERR_OUT_OF_MEMORY`; the signal's reason when aborted.
   */
  static async create(options: CreateOptions = {}): Promise<Upscaler> {
    const upscaler = new Upscaler(options);
    await upscaler.ready;
    return upscaler;
  }

  /**
   * Uses the model and the workers of an upscaler that lives elsewhere, with the same members.
   * `dispose()` ends the connection alone.
   *
   * @param port - what {@link Upscaler.port} gave there
   * @throws TesseraError `ERR_DISPOSED` when that upscaler is gone, `ERR_TIMEOUT` when nobody answers;
   * what its own {@link ready} rejects with; the signal's reason when aborted.
   */
  static connect(port: MessagePort, options: ConnectOptions = {}): Promise<Upscaler> {
    return Upscaler.create({ ...options, port });
  }

  /** Which build runs, why, and with how many workers. Known once {@link ready}. */
  get info(): UpscalerInfo {
    const { info } = this.#known();
    return { ...info, quantization: this.#quantizing?.quantization ?? null };
  }

  /** What the model file says; of a family, the first one's. Known once {@link ready}. */
  get model(): ModelInfo {
    return this.#known().model;
  }

  #known(): Loaded {
    const { first } = this.#models;
    if (first === undefined) throw new TypeError('not loaded yet: await upscaler.ready');
    return first;
  }

  /**
   * @param needed - the scale that is needed, of a family's
   * @param picture - that will be run
   */
  async #whenReady(needed?: number, picture?: SourceImage): Promise<Loaded> {
    if (this.#disposed !== undefined) throw this.#disposed;
    return this.#models.get(needed, picture);
  }

  /**
   * Waits until it is known whether int8 or float runs ({@link CreateOptions.quantize}). What has not begun, for want of a
   * picture, begins now with pictures made by rule; what failed begins anew.
   *
   * @throws TypeError when it was not asked for; the signal's reason when aborted.
   * @throws TesseraError `ERR_LOAD`, `ERR_TIMEOUT`, `ERR_UNSUPPORTED` for a network that cannot be quantized,
   * `ERR_MODEL_FORMAT`, `ERR_OUT_OF_MEMORY`, `ERR_WORKER_CRASHED`, `ERR_DISPOSED`.
   */
  async quantize({ signal }: Pick<RunOptions, 'signal'> = {}): Promise<QuantizationInfo> {
    const models = this.#needQuantizing();
    return this.#call({ signal }, () => models.quantize());
  }

  /**
   * The int8 network that was made of a float one, as the bytes of an ONNX file, which other programs run too.
   *
   * @throws as {@link quantize} does; TesseraError `ERR_UNSUPPORTED` where float runs, and why.
   */
  async exportModel({ signal }: Pick<RunOptions, 'signal'> = {}): Promise<Uint8Array<ArrayBuffer>> {
    const models = this.#needQuantizing();
    return this.#call({ signal }, () => models.exportModel());
  }

  #needQuantizing(): SelfQuantizing {
    if (this.#quantizing !== undefined) return this.#quantizing;
    throw new TypeError("there is no int8 network: create the upscaler with quantize: 'auto'");
  }

  /**
   * Upscales one image. Several calls at once share the workers fairly.
   *
   * @throws TypeError or RangeError for what is no image or no valid option; the signal's reason
   * when aborted; DOMException `SecurityError` for a tainted canvas.
   * @throws TesseraError `ERR_LOAD`, `ERR_IMAGE_DECODE`, `ERR_IMAGE_TOO_LARGE`,
   * `ERR_OUT_OF_MEMORY`, `ERR_UNSUPPORTED`, `ERR_WORKER_CRASHED`, `ERR_TIMEOUT`, `ERR_DISPOSED`.
   */
  upscale<C extends AnyCanvas>(image: ImageInput, options: CanvasOptions<C>): Promise<C>;
  upscale<K extends OutputKind = 'imagedata'>(
    image: ImageInput,
    options?: UpscaleOptions<K>,
  ): Promise<OutputTypes[K]>;
  async upscale<K extends OutputKind = 'imagedata'>(
    image: ImageInput,
    options: UpscaleOptions<K> = {},
  ): Promise<OutputTypes[K]> {
    const output = resolveOutput(options);
    const settings = resolveRun(options, this.#options);
    if (output.kind === 'stream') {
      return (await this.#stream(image, settings, output)) as OutputTypes[K];
    }
    return this.#call(settings, async (call) => {
      const ready = await this.#prepare(image, settings, call, planRun);
      const whole = output as ResolvedOutput<WholeKind>;
      return (await collect(ready, whole)) as OutputTypes[K];
    });
  }

  async #stream(
    image: ImageInput,
    settings: ResolvedRun,
    { encoding }: ResolvedOutput<OutputKind>,
  ): Promise<OutputTypes['stream']> {
    const call = this.#begin(settings);
    try {
      // A file is written from the top.
      const inOrder = { ...settings, focus: undefined };
      const ready = await call.race(this.#prepare(image, inOrder, call, planStream));
      return resultStream(encoding.type as StreamType, {
        ...ready,
        signal: call.signal,
        working: 2 * this.info.workers,
        ontile: (tile, done) => ready.progress.update(done, ready.cutter.count, tile),
        sharesTiles: ready.progress.tellsTiles,
        onend: () => call.end(),
      });
    } catch (error) {
      call.end();
      throw error;
    }
  }

  /** The same as {@link upscale}, for users of UpscalerJS. */
  execute<C extends AnyCanvas>(image: ImageInput, options: CanvasOptions<C>): Promise<C>;
  execute<K extends OutputKind = 'imagedata'>(
    image: ImageInput,
    options?: UpscaleOptions<K>,
  ): Promise<OutputTypes[K]>;
  execute<K extends OutputKind = 'imagedata'>(
    image: ImageInput,
    options: UpscaleOptions<K> = {},
  ): Promise<OutputTypes[K]> {
    return this.upscale(image, options);
  }

  /**
   * Upscales one image and yields its pieces as they finish, in any order. Together they cover the
   * result exactly once. Leaving the loop cancels the rest; a slow receiver slows the workers down.
   *
   * @throws as {@link upscale} does.
   */
  async *tiles(
    image: ImageInput,
    options: RunOptions = {},
  ): AsyncGenerator<TileResult, void, undefined> {
    const settings = resolveRun(options, this.#options);
    const call = this.#begin(settings);
    try {
      const { pool, ...request } = await call.race(this.#prepare(image, settings, call, planRun));
      const { run, tiles } = streamRun(pool, { ...request, mostInFlight: 2 * this.info.workers });
      run.start();
      try {
        for (let tile = await tiles.next(); tile; tile = await tiles.next()) {
          yield tile;
          run.release();
        }
      } finally {
        run.cancel(new Error('the receiver has left'));
      }
    } finally {
      call.end();
    }
  }

  /**
   * Upscales a video while it plays: onto a canvas, or into a stream. What comes too fast is dropped.
   *
   * @throws TypeError or RangeError for what is no source or no valid option, and as
   * {@link Upscaler.create} does; the signal's reason when aborted.
   */
  async video<C extends AnyCanvas = OwnCanvas>(
    source: VideoSource,
    options: VideoOptions<C> = {},
  ): Promise<LiveVideo<C>> {
    checkVideo(source, options);
    const call = this.#begin({ signal: options.signal });
    const end = () => {
      call.abort(new Error('the video has ended'));
      call.end();
    };
    try {
      const model = await call.race(this.#whenReady());
      const settings = { ...resolveFrames(options), signal: call.signal };
      const lighter = (name: string) => {
        const next = lighterModel(name);
        return next === undefined ? undefined : this.#models.named?.(next);
      };
      return new PlayingVideo(source, options, { model, settings, lighter, onend: end });
    } catch (error) {
      end();
      throw error;
    }
  }

  /**
   * A stream that upscales every `VideoFrame` it is given, for pipelines of WebCodecs. It takes one
   * after the other: nothing is dropped, and a fast writer has to wait. Each frame is closed;
   * timestamps and durations stay.
   *
   * @throws TypeError or RangeError that names the option; TesseraError `ERR_DISPOSED`.
   */
  transformer(options: FrameOptions = {}): TransformStream {
    const frames = resolveFrames(options);
    const call = this.#begin({ signal: options.signal });
    const model = call.race(this.#whenReady());
    // The first frame tells.
    model.catch(() => {});
    const settings = { ...frames, signal: call.signal };
    return frameTransformer({ model, settings, onend: () => call.end() });
  }

  /**
   * Upscales one patch in one piece, for callers who do their own tiling: nothing is cropped, so
   * neighbouring patches must overlap by `model.overlap` pixels.
   *
   * @throws as {@link upscale} does; TesseraError `ERR_UNSUPPORTED` for more than 1 megapixel.
   */
  async upscalePatch(patch: PixelSource, options: RunOptions = {}): Promise<RawImage> {
    const settings = resolveRun(options);
    if (settings.target !== undefined) {
      throw new TypeError("a patch has the network's own scale: leave scale and size away");
    }
    return this.#call(settings, async (call) => {
      const ready = await this.#prepare(patch, settings, call, planPatch);
      return collect(ready, RAW);
    });
  }

  /**
   * Upscales the pictures of an animation one by one: GIF, APNG, animated WebP or AVIF. A file of one
   * picture has one. Leaving the loop ends it.
   *
   * @throws as {@link upscale} does; TesseraError `ERR_UNSUPPORTED` where the browser has no
   * `ImageDecoder`.
   */
  async *frames<K extends OutputKind = 'imagedata'>(
    file: string | URL | Blob,
    options: UpscaleOptions<K> = {},
  ): AsyncGenerator<FrameResult<K>, void, undefined> {
    const { signal, key, onprogress } = resolveRun(options);
    const call = this.#begin({ signal, key });
    try {
      const { fetch, timeout } = this.#options;
      const bytes = await readFile(file, { fetch, timeout, signal: call.signal });
      for await (const { image, ...place } of decodeFrames(bytes, call.signal)) {
        const tell: ProgressCallback = (fraction, tile) =>
          onprogress?.((place.index + fraction) / place.count, tile);
        const own = { key: undefined, signal: call.signal, progress: onprogress && tell };
        const settings = { ...options, onprogress: undefined, ...own };
        yield { image: await this.upscale(image, settings), ...place };
      }
    } finally {
      call.end();
    }
  }

  /**
   * Starts all workers ahead of time, and readies them for images of a size.
   *
   * @throws TesseraError as {@link create} does.
   */
  async warmup(size: { width: number; height: number } = ORDINARY_SIZE): Promise<void> {
    const { pool } = await this.#whenReady();
    const plan = this.#planFor(checkEstimate(size));
    await pool.prepareAll(shapeOf({ plan, alpha: false, ownAlpha: false }));
  }

  /**
   * Says what a run will need, without running it. The memory of a worker is measured, not
   * guessed: one of them is prepared for it, as the run would do.
   *
   * @throws RangeError for a size that the network does not lead to.
   */
  async estimate(options: EstimateOptions): Promise<Estimate> {
    const checked = checkEstimate(options);
    const { alpha = false, target, output } = checked;
    const loaded = await this.#whenReady(neededScale(target, checked));
    const { pool, model, info } = loaded;
    const legs = this.#legsFor(checked, loaded);
    const ownAlpha = makesAlpha(model);
    const heaps: number[] = [];
    for (const { plan } of legs) {
      const prepare = { type: 'prepare', shape: shapeOf({ plan, alpha, ownAlpha }) } as const;
      heaps.push((await new Errand(pool, prepare).run()).heapBytes);
    }
    return estimateRun(legs, model, info.workers, Math.max(...heaps), output);
  }

  /**
   * Measures how much tiles differ from the image in one piece, on pictures that were made to be
   * hard: rows of tiles like those that a large image is cut into, each of one colour with few marks,
   * or one such tile among busy ones. The worst counts, which few other pictures reach. A network that
   * takes one size only is compared with the same image cut elsewhere. Runs once per tile shape; where
   * tiles are exact there is nothing to run.
   *
   * @throws as {@link upscale} does.
   */
  async measureSeams(
    options: Pick<RunOptions, 'tileSize' | 'overlap' | 'signal'> = {},
  ): Promise<SeamReport> {
    const { signal } = resolveRun(options);
    return this.#call({ signal }, async (call) => {
      await call.race(this.#whenReady());
      const plan = this.#planFor({ ...LARGE_SIZE, ...options });
      const { overlap, exact, notExactBecause } = plan;
      const tile = { width: plan.across.tile, height: plan.down.tile };
      const settings = resolveRun({ signal: call.signal });
      const run = async (picture: PixelSource, cut: TilePlan) =>
        collect(await this.#prepare(picture, settings, call, () => cut), RAW);
      const seams = exact
        ? { max: 0, mean: 0 }
        : await this.#seams.measure(plan, this.#known().model, run);
      return { overlap, tile, exact, notExactBecause, ...seams };
    });
  }

  /** Cuts as a run at the network's own scale would. */
  #planFor(options: EstimateOptions): TilePlan {
    return (this.#legsFor(options, this.#known())[0] as Leg).plan;
  }

  /** Cuts as a run would, by the caller's choices or the upscaler's. */
  #legsFor(options: EstimateOptions, { model, info, ...loaded }: Loaded): Leg[] {
    const { alpha = false, target } = options;
    const tileSize = options.tileSize ?? this.#options.tileSize;
    const overlap = options.overlap ?? this.#options.overlap;
    const { tilesBecause } = loaded;
    const wish = { target, alpha, tileSize, overlap, workers: info.workers, tilesBecause };
    return planLegs(options, wish, model, options.output === 'stream' ? planStream : planRun);
  }

  #prepare(
    image: ImageInput,
    settings: ResolvedRun,
    { signal }: CallScope,
    planner: Planner,
  ): Promise<ReadyRun> {
    const { fetch, timeout } = this.#options;
    const model = (needed?: number, picture?: SourceImage) => this.#whenReady(needed, picture);
    return prepareRun(image, settings, { fetch, timeout, signal, planner, model });
  }

  #begin({ signal, key }: CallOptions): CallScope {
    if (this.#disposed !== undefined) throw this.#disposed;
    if (key !== undefined) {
      const reason = new DOMException(`a later call has the key '${key}'`, 'AbortError');
      for (const call of this.#calls) if (call.key === key) call.abort(reason);
    }
    return new CallScope(signal, this.#calls, key);
  }

  async #call<T>(settings: CallOptions, work: (call: CallScope) => Promise<T>): Promise<T> {
    const call = this.#begin(settings);
    try {
      return await call.race(work(call));
    } finally {
      call.end();
    }
  }

  /**
   * Another way to this upscaler's model and workers, for {@link Upscaler.connect} in a web worker, a
   * frame or a service worker: send the port there. Each can be connected once.
   *
   * @throws TesseraError `ERR_DISPOSED`.
   */
  port(): MessagePort {
    if (this.#disposed !== undefined) throw this.#disposed;
    const { port1, port2 } = new MessageChannel();
    const forget = () => this.#servers.delete(server);
    const server = new PortServer(port1, this.#models, this.#options.timeout, forget);
    this.#servers.add(server);
    return port2;
  }

  /** Starts no more tiles, of any run, until {@link resume}; those that are running end. */
  pause(): void {
    this.#models.pause();
  }

  /** Goes on after {@link pause}. */
  resume(): void {
    this.#models.resume();
  }

  /**
   * Cancels every run of this upscaler; each rejects with `reason`. New ones can start at once.
   *
   * @param reason - default: a DOMException `AbortError`
   */
  abort(reason: unknown = new DOMException('The upscaling was aborted', 'AbortError')): void {
    for (const call of this.#calls) call.abort(reason);
  }

  /**
   * Ends the workers, unless other upscalers use them too, which gives back all their memory. Whatever
   * is pending rejects with `ERR_DISPOSED`, and so does every later call. May be called again.
   */
  async dispose(): Promise<void> {
    this.#disposed ??= new TesseraError('ERR_DISPOSED', 'the upscaler was disposed');
    this.abort(this.#disposed);
    for (const server of this.#servers) server.end(this.#disposed);
    await this.#models.dispose(this.#disposed);
  }

  /** For `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}

/** The models of an upscaler with workers of its own. */
function ownModels(options: ResolvedCreate): ModelSet {
  const { quantizing, fetch, timeout } = options;
  if (quantizing === undefined) return new Members(options);
  return new SelfQuantizing(
    quantizing,
    { fetch, timeout },
    (replace) => new Members(options, replace),
  );
}

const planStream: Planner = (request, model) =>
  planRun({ ...request, inRows: true, tilesBecause: 'a stream takes rows of tiles' }, model);

const planPatch: Planner = ({ width, height }, model) => planWhole(width, height, model);
