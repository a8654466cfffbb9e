/** What becomes of a picture: it is read, planned, run and put together. */
import { ProgressMeter } from './base/progress.js';
import { readImage } from './image/input.js';
import { makeSink, type WholeKind } from './image/output.js';
import type { SourceImage } from './image/source.js';
import { hasTransparency } from './image/transparency.js';
import type { FetchContext } from './load/fetch-bytes.js';
import { type ResolvedOutput, type ResolvedRun, resolveOutput } from './options.js';
import { BandCutter } from './pool/band-cutter.js';
import { type Cutter, makesAlpha, TileCutter } from './pool/cutter.js';
import { Errand } from './pool/errand.js';
import type { Loaded } from './pool/model-set.js';
import { Run, type RunRequest } from './pool/run.js';
import type { TilePool } from './pool/tile-pool.js';
import { isBandPlan } from './tiling/bands.js';
import { type Leg, type Planner, planLegs, workOf } from './tiling/legs.js';
import { neededScale } from './tiling/target.js';
import type { ImageInput, OutputTypes, TileResult } from './types.js';

/** The form of results that are used again. */
export const RAW: ResolvedOutput<'raw'> = resolveOutput({ output: 'raw' });

/** Where a picture is run. */
export interface RunPlace extends Pick<FetchContext, 'fetch' | 'timeout'> {
  signal: AbortSignal;
  planner: Planner;
  /** The model for a scale (undefined: the first), and for a picture that will be run. */
  model(needed?: number, picture?: SourceImage): Promise<Loaded>;
}

/** A run that has everything it needs. */
export interface ReadyRun extends Omit<RunRequest, 'ontile' | 'signal'> {
  pool: TilePool;
  signal: AbortSignal;
  progress: RunProgress;
}

/** Tells how far a picture is that takes one run or two. */
export class RunProgress {
  readonly #meter: ProgressMeter<[TileResult?]>;
  readonly #isHeard: boolean;
  /** The parts of the whole that were done before this run, and that end with it. */
  #from = 0;
  #to = 1;

  constructor(report: ResolvedRun['onprogress']) {
    this.#meter = new ProgressMeter(report);
    this.#isHeard = report !== undefined;
  }

  /** Whether somebody gets to see the tiles of this run. */
  get tellsTiles(): boolean {
    return this.#isHeard && this.#to === 1;
  }

  /** The next run makes the part from `from` to `to`. */
  enter(from: number, to: number): void {
    this.#from = from;
    this.#to = to;
  }

  /** Some of `count` tiles are done, with fractions; one of them has just come. */
  update(done: number, count: number, tile?: TileResult): void {
    const fraction = this.#from + (done / count) * (this.#to - this.#from);
    // Tiles of an earlier run are no part of the result.
    if (this.#to < 1) this.#meter.update(fraction, 1);
    else if (done < count) this.#meter.update(fraction, 1, tile);
    else this.#meter.finish(tile);
  }
}

/** Reads a picture, and gets it as far as its last run. */
export async function prepareRun(
  image: ImageInput,
  settings: ResolvedRun,
  place: RunPlace,
): Promise<ReadyRun> {
  const { fetch, timeout, signal, planner } = place;
  const { transfer } = settings;
  const decodeElsewhere = (file: Blob) => decodeInPool(file, settings.priority, place);
  // Reading comes first: pixels must be as they were at the time of the call.
  const reading = readImage(image, { fetch, timeout, signal, transfer, decodeElsewhere });
  // Nor does the first model wait for the picture.
  const [source] = await Promise.all([reading, place.model()]);
  const loaded = await place.model(neededScale(settings.target, source), source);
  const { pool, model, info, tilesBecause } = loaded;
  const alpha = settings.alpha === 'keep' && (await hasTransparency(source, signal));
  const wish = { ...settings, alpha, workers: info.workers, tilesBecause };
  const legs = planLegs(source, wish, model, planner);
  const [first, second] = legs as [Leg, Leg?];
  const { priority, onprogress } = settings;
  const progress = new RunProgress(onprogress);
  const shared = { pool, alpha, priority, signal, progress };
  const ready = (image: SourceImage, leg: Leg): ReadyRun => ({
    ...shared,
    image,
    target: leg.target,
    cutter: cutterOf(image, leg, alpha, loaded),
  });
  if (second === undefined) return ready(source, first);
  const work = (leg: Leg) => workOf(leg, info.workers);
  const share = work(first) / (work(first) + work(second));
  progress.enter(0, share);
  const middle = await collect(ready(source, first), RAW);
  progress.enter(share, 1);
  return ready({ ...middle, channels: 4 }, second);
}

/** A worker decodes it: on the page, pixels of many megapixels are a long task. */
async function decodeInPool(file: Blob, priority: number, place: RunPlace): Promise<SourceImage> {
  const { pool } = await place.model();
  const errand = new Errand(pool, { type: 'decode', file }, priority);
  const { pixels, width, height } = await errand.run(place.signal);
  return { data: new Uint8ClampedArray(pixels), width, height, channels: 4 };
}

/** What hands out the parts of a leg. */
function cutterOf(
  image: SourceImage,
  { plan, target, tiles }: Leg,
  alpha: boolean,
  { model, info }: Loaded,
): Cutter {
  const { scale, smallest } = model;
  const cut = { image, scale, alpha, ownAlpha: makesAlpha(model) };
  return isBandPlan(plan)
    ? new BandCutter({ ...cut, plan, smallest }, info.workers)
    : new TileCutter({ ...cut, plan, target, tiles });
}

/** Runs it, and puts the tiles together. */
export async function collect<K extends WholeKind>(
  { pool, progress, ...request }: ReadyRun,
  output: ResolvedOutput<K>,
): Promise<OutputTypes[K]> {
  const { image, target, cutter } = request;
  const { width, height } = target.window;
  const { colorSpace = 'srgb' } = image;
  const sink = await makeSink(output.kind, { width, height, colorSpace }, output);
  const run = new Run(pool, {
    ...request,
    ontile(tile, done) {
      sink.write(tile);
      progress.update(done, cutter.count, tile);
    },
    onpart: (done) => progress.update(done, cutter.count),
    // Who is told of the progress may keep the tile.
    recycle: !progress.tellsTiles,
  });
  run.start();
  await run.finished;
  return sink.finish();
}
