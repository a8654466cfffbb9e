import { Upscaler } from '../../src/index.js';
import { byId, contextOf, makeCanvas, setText } from '../base/dom.js';
import { describeError } from '../base/errors.js';
import { formatMegapixels, formatSize, plural } from '../base/format.js';
import type { Settings } from '../network/engine.js';

const MODELS = ['photo-x2-tiny', 'photo-x2-small', 'photo-x2-medium'];
/** Each network runs at least so long, and so often. */
const LEAST_MS = 1500;
const LEAST_RUNS = 3;

/** What one network did. */
interface Measured {
  model: string;
  /** Output pixels per second, of the median run. */
  speed: number;
  runs: number;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

async function readSample(): Promise<ImageData> {
  const response = await fetch('sample.webp');
  const bitmap = await createImageBitmap(await response.blob());
  const { canvas } = makeCanvas(bitmap.width, bitmap.height);
  const context = contextOf(canvas);
  context.drawImage(bitmap, 0, 0);
  return context.getImageData(0, 0, bitmap.width, bitmap.height);
}

async function measure(
  upscaler: Upscaler,
  picture: ImageData,
  signal: AbortSignal,
): Promise<Measured> {
  const run = async () => {
    const begun = performance.now();
    const { width, height } = await upscaler.upscale(picture, { signal });
    return (1000 * width * height) / (performance.now() - begun);
  };
  // The first prepares the workers.
  await run();
  const begun = performance.now();
  const speeds: number[] = [];
  while (speeds.length < LEAST_RUNS || performance.now() - begun < LEAST_MS)
    speeds.push(await run());
  return { model: upscaler.model.name, speed: median(speeds), runs: speeds.length };
}

/** Measures the shipped sizes on this machine, and makes a text of it that can be copied. */
export class Benchmark {
  readonly #button = byId('benchmark-run', HTMLButtonElement);
  readonly #result = byId('benchmark-result', HTMLElement);
  readonly #copy = byId('benchmark-copy', HTMLButtonElement);
  readonly #settings: () => Pick<Settings, 'workers' | 'variant'>;
  readonly #onmeasured: (model: string, speed: number) => void;
  #running: AbortController | undefined;

  constructor(
    settings: () => Pick<Settings, 'workers' | 'variant'>,
    onmeasured: (model: string, speed: number) => void,
  ) {
    this.#settings = settings;
    this.#onmeasured = onmeasured;
    this.#button.addEventListener('click', () => {
      if (this.#running) this.#running.abort();
      else void this.#run();
    });
    this.#copy.addEventListener('click', async () => {
      await navigator.clipboard.writeText(this.#result.textContent ?? '');
      setText('benchmark-status', 'Copied.');
    });
  }

  async #run(): Promise<void> {
    this.#running = new AbortController();
    this.#button.textContent = 'Cancel';
    this.#copy.disabled = true;
    try {
      this.#result.textContent = await this.#measureAll(this.#running.signal);
      this.#copy.disabled = !navigator.clipboard;
      setText('benchmark-status', 'Done.');
    } catch (error) {
      const cancelled = this.#running.signal.aborted;
      setText('benchmark-status', cancelled ? 'Cancelled.' : describeError(error));
    } finally {
      this.#running = undefined;
      this.#button.textContent = 'Run it';
    }
  }

  async #measureAll(signal: AbortSignal): Promise<string> {
    const picture = await readSample();
    const lines: string[] = [];
    for (const [index, model] of MODELS.entries()) {
      setText('benchmark-status', `Measuring ${model}, ${index + 1} of ${MODELS.length}…`);
      await using upscaler = await Upscaler.create({ ...this.#settings(), model, signal });
      if (index === 0) lines.push(...describeMachine(upscaler, picture));
      const { speed, runs } = await measure(upscaler, picture, signal);
      this.#onmeasured(model, speed);
      lines.push(`${model.padEnd(16)} ${formatMegapixels(speed)} (${plural(runs, 'run')})`);
    }
    return lines.join('\n');
  }
}

function describeMachine({ info }: Upscaler, { width, height }: ImageData): string[] {
  const browser =
    /(Firefox|Edg|Chrome|Version)\/[\d.]+/.exec(navigator.userAgent)?.[0] ?? 'browser';
  const day = new Date().toISOString().slice(0, 10);
  return [
    `Tessera ${info.version}, ${day}`,
    `${browser}, ${plural(navigator.hardwareConcurrency, 'core')}, ${plural(info.workers, 'worker')}, ${info.variant}`,
    `${formatSize(width, height)}, megapixels of result per second, medians:`,
  ];
}
