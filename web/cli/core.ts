/** The wasm core in this thread, for what needs no workers. */
import { availableParallelism } from 'node:os';

import type { RawImage } from '../src/index.js';
import { fetchBytes } from '../src/load/fetch-bytes.js';
import { coreIn } from '../src/load/locations.js';
import { loadModel } from '../src/load/model-source.js';
import type { Metadata } from '../src/load/picture-options.js';
import type { ModelChoices, ModelInfo, ModelSource } from '../src/types.js';
import { chooseVariant, type Variant } from '../src/variants.js';
import { Engine, importFactory, instantiate } from '../src/worker/engine.js';
import { allocate, checkStatus, withBytes } from '../src/worker/memory.js';
import type { Quantized, QuantizeJob } from '../src/worker/protocol.js';
import { quantizeModel } from '../src/worker/quantize.js';
import type { TesseraModule } from '../src/worker/wasm-module.js';
import { BASE_URL } from './base-url.js';
import { FILE_CONTEXT, MODELS_URL } from './models.js';

// Multiplications for a look at a model: a second or less for each of some pictures.
const MOST_PROBED = 5e9;
// Each keeps the tensors of an image of its own.
const MOST_THREADS = 8;

/** How alike two images are; decibels, and a similarity in [-1, 1]. */
export interface Comparison {
  psnrY: number;
  ssimY: number;
}

/**
 * Starts the core.
 *
 * @param baseUrl - the folder with `wasm/`
 */
export function openCore(baseUrl: URL = BASE_URL): Promise<Core> {
  return open(chooseVariant('auto').variant, baseUrl, 1);
}

/** Starts the core that can also quantize, on all of this machine's cores. */
export function openTools(): Promise<Core> {
  return open('tools', BASE_URL, Math.min(availableParallelism(), MOST_THREADS));
}

async function open(name: Variant | 'tools', baseUrl: URL, threads: number): Promise<Core> {
  const { glue, wasm } = coreIn(new URL('wasm/', baseUrl), name);
  const module = await WebAssembly.compile(await fetchBytes(wasm.href, 'wasm core', FILE_CONTEXT));
  return new Core(await instantiate(await importFactory(glue.href), module, threads), threads);
}

/** Image tools and model inspection. */
export class Core {
  readonly #module: TesseraModule;
  readonly #threads: number;

  /** @param threads - how many the module was started with */
  constructor(module: TesseraModule, threads: number) {
    this.#module = module;
    this.#threads = threads;
  }

  /**
   * Reads a model and lets it run a few small pictures.
   *
   * @param metadata - over what its file says
   * @param choices - of what its file leaves open
   */
  async inspect(
    source: ModelSource,
    metadata: Metadata = {},
    choices: ModelChoices = {},
  ): Promise<ModelInfo> {
    const loaded = await loadModel(source, MODELS_URL, FILE_CONTEXT);
    const engine = new Engine(this.#module, { ...loaded, metadata, choices }, 1);
    return { ...engine.facts, warnings: engine.warnings(MOST_PROBED) };
  }

  /** MATLAB's imresize: bicubic, antialiased when it reduces. */
  resize(image: RawImage, width: number, height: number): RawImage {
    const bytes = width * height * 4;
    return withBytes(this.#module, image.data, (source) => {
      const target = allocate(this.#module, bytes);
      try {
        checkStatus(
          this.#module.resizeBicubic(source, image.width, image.height, target, width, height),
        );
        const pixels = this.#module.HEAPU8.slice(target, target + bytes);
        return { data: new Uint8ClampedArray(pixels.buffer as ArrayBuffer), width, height };
      } finally {
        this.#module.release(target);
      }
    });
  }

  /** Quantizes a model, on all threads: see {@link quantizeModel}. */
  async quantize(
    source: string,
    choice: Omit<QuantizeJob, 'setup'>,
    onprogress: (fraction: number) => void,
  ): Promise<Quantized> {
    const loaded = await loadModel(source, MODELS_URL, FILE_CONTEXT);
    const setup = { ...loaded, metadata: {}, choices: {} };
    return quantizeModel(this.#module, { setup, ...choice }, this.#threads, onprogress);
  }

  /** PSNR and SSIM of the luma, without a border of some pixels. */
  compare(first: RawImage, second: RawImage, border: number): Comparison {
    return withBytes(this.#module, first.data, (a) =>
      withBytes(this.#module, second.data, (b) => {
        const { status, psnrY, ssimY } = this.#module.compareImages(
          a,
          b,
          first.width,
          first.height,
          border,
        );
        checkStatus(status);
        return { psnrY, ssimY };
      }),
    );
  }
}
