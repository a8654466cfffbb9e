// What a page does with the library in a soak: deeds in random order, all of which settle as documented.
// Runs in the page, beside the built library.

import { Random } from '/random.mjs';

const MODELS = ['photo-x2-tiny', 'photo-x2-small', 'photo-x4-tiny', 'restore-x2'];
const OUTPUTS = ['raw', 'imagedata', 'imagebitmap', 'blob', 'base64', 'canvas'];
/** How often each is done, of 40 times. */
const SHARES = {
  ...{ upscale: 16, abort: 6, resize: 4, patch: 4, tiles: 4, stream: 3 },
  ...{ estimate: 2, dispose: 1 },
};
const DEEDS = Object.entries(SHARES).flatMap(([name, share]) => Array(share).fill(name));
const LONGEST_EDGE = 320;
// Deeds that run at the same time.
const AT_ONCE = 4;
// A tile may be silent for so long: the machine may be busy, and a worker lost without a word.
const TIMEOUT_MS = 60_000;

/** What may end a deed early: whoever aborts, disposes or kills gets these, and nothing else. */
const WANTED_ENDS = ['AbortError', 'ERR_DISPOSED', 'ERR_WORKER_CRASHED'];

function pictureOf(width, height, transparent) {
  const data = Uint8ClampedArray.from({ length: width * height * 4 }, (_, i) =>
    i % 4 === 3 && !transparent ? 255 : Math.imul(i + width, 2654435761) >>> 24,
  );
  return { data, width, height };
}

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** A result that holds memory of the browser's is given back, as a page would. */
function release(result) {
  if (typeof result?.close === 'function') result.close();
}

/** A page that upscales for hours. */
class Soak {
  #library;
  #random;
  #workers;
  #upscalers = new Map();
  /** The bytes of a picture by each model, when nothing else was going on. */
  #expected = new Map();
  counts = {};
  failures = [];

  constructor(library, seed, workers) {
    this.#library = library;
    this.#random = new Random(seed);
    this.#workers = workers;
  }

  /** Does things for some time, and resolves once all of them have settled. */
  async round(seconds) {
    const end = performance.now() + seconds * 1000;
    const worker = async () => {
      while (performance.now() < end) await this.#deed();
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    await this.#compare();
    return { counts: this.counts, failures: this.failures };
  }

  /** Gives everything back. */
  async end() {
    await Promise.all([...this.#upscalers.values()].map((upscaler) => upscaler.dispose()));
    this.#upscalers.clear();
    this.#expected.clear();
  }

  #open(model) {
    const known = this.#upscalers.get(model);
    if (known !== undefined) return known;
    const upscaler = new this.#library.Upscaler({
      model,
      workers: this.#workers,
      timeout: TIMEOUT_MS,
    });
    this.#upscalers.set(model, upscaler);
    return upscaler;
  }

  async #deed() {
    const name = this.#random.pick(DEEDS);
    this.counts[name] = (this.counts[name] ?? 0) + 1;
    const model = this.#random.pick(MODELS);
    try {
      await this[name](this.#open(model), model);
    } catch (error) {
      if (WANTED_ENDS.includes(error?.code) || WANTED_ENDS.includes(error?.name)) return;
      this.failures.push(`${name} with ${model}: ${error?.code ?? error?.name}: ${error?.message}`);
    }
  }

  #picture() {
    const extent = () => this.#random.integer(1, LONGEST_EDGE);
    return pictureOf(extent(), extent(), this.#random.next() < 0.2);
  }

  async upscale(upscaler) {
    release(await upscaler.upscale(this.#picture(), { output: this.#random.pick(OUTPUTS) }));
  }

  async abort(upscaler) {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), this.#random.integer(0, 60));
    release(await upscaler.upscale(this.#picture(), { signal: controller.signal }));
  }

  async resize(upscaler) {
    release(await upscaler.upscale(this.#picture(), { scale: 1.5, output: 'raw' }));
  }

  async patch(upscaler) {
    await upscaler.upscalePatch(this.#picture());
  }

  /** Leaves the loop early, as a page does whose visitor goes on. */
  async tiles(upscaler) {
    let left = this.#random.integer(1, 6);
    for await (const _ of upscaler.tiles(this.#picture(), { tileSize: 64 }))
      if (--left === 0) break;
  }

  async stream(upscaler) {
    const stream = await upscaler.upscale(this.#picture(), { output: 'stream' });
    const reader = stream.getReader();
    const most = this.#random.integer(1, 20);
    for (let i = 0; i < most && !(await reader.read()).done; i++);
    await reader.cancel();
  }

  async estimate(upscaler) {
    await upscaler.estimate({ width: 3000, height: 2000 });
  }

  /** In the middle of whatever the others do with it. */
  async dispose(upscaler, model) {
    this.#upscalers.delete(model);
    await wait(this.#random.integer(0, 50));
    await upscaler.dispose();
  }

  /** Every model still makes the bytes that it made first. */
  async #compare() {
    for (const model of MODELS) {
      const picture = pictureOf(70, 50, false);
      const { data } = await this.#open(model).upscale(picture, { output: 'raw', tileSize: 48 });
      const expected = this.#expected.get(model) ?? data;
      this.#expected.set(model, expected);
      if (!data.every((byte, i) => byte === expected[i]))
        this.failures.push(`${model}: other bytes`);
    }
  }
}

/** @param library - the library's exports */
export const beginSoak = (library, seed, workers) => new Soak(library, seed, workers);
