// The models that come with UpscalerJS, and the same networks for our engine.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { log } from '../../../scripts/lib/log.mjs';
import { DIST, ROOT } from '../../../scripts/lib/paths.mjs';
import { run } from '../../../scripts/lib/run.mjs';
import { openUpscaler } from '../../../tests/web/support/node-upscaler.ts';
import { runReference } from '../../../tests/web/support/onnxruntime.ts';
import { modelJsonToOnnx, parseModelJson } from '../../../web/src/convert/index.ts';
import type { ModelInfo } from '../../../web/src/index.ts';
import { fromNchw, toNchw } from '../page/picture.mjs';
import type { Picture, PictureNetwork } from './files.ts';

const PACKAGES = join(ROOT, 'bench', 'web', 'node_modules', '@upscalerjs');
/** Not made anew in every run: quantizing takes a minute. */
const CACHE = 'out/bench/own-models';

/** By name: where its files lie. The default model is esrgan-slim's of scale 2, byte for byte. */
const MODELS = {
  'default-model': 'default-model/models/model.json',
  'esrgan-slim-x3': 'esrgan-slim/models/x3/model.json',
  'esrgan-slim-x4': 'esrgan-slim/models/x4/model.json',
} as const;

export type OwnModelName = keyof typeof MODELS;
export const OWN_MODELS = Object.keys(MODELS) as OwnModelName[];

/** What the packages say of models of this architecture. */
const RANGE = [0, 255] as const;

// Calibration is on what every checkout has; these are enough for a few tenths of a level.
const CALIBRATION = [
  ...['--images', join(ROOT, 'web', 'demo')],
  ...['--crops', '12', '--crop-size', '64'],
];

/** The first letters of a sum that changes with any of these bytes. */
function sumOf(...contents: Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const content of contents) hash.update(content);
  return hash.digest('hex').slice(0, 12);
}

/** One of UpscalerJS's networks. */
export class OwnModel implements PictureNetwork {
  readonly name: OwnModelName;
  readonly scale: number;
  readonly overlap: number;
  readonly multiplicationsPerPixel: number;
  readonly #float: Uint8Array<ArrayBuffer>;

  static async open(name: OwnModelName): Promise<OwnModel> {
    const path = join(PACKAGES, MODELS[name]);
    const json = parseModelJson(readFileSync(path, 'utf8'));
    const float = modelJsonToOnnx(json, (file) => readFileSync(join(dirname(path), file)));
    const upscaler = await openUpscaler({ model: float, workers: 1 });
    const { model } = upscaler;
    await upscaler.dispose();
    return new OwnModel(name, float, model);
  }

  private constructor(
    name: OwnModelName,
    float: Uint8Array<ArrayBuffer>,
    { scale, overlap, multiplicationsPerPixel }: ModelInfo,
  ) {
    this.name = name;
    this.#float = float;
    this.scale = scale;
    this.overlap = overlap;
    this.multiplicationsPerPixel = multiplicationsPerPixel;
  }

  /** Address of an ONNX file; the one in 8 bits is made by the project's own quantizer. */
  async onnx(kind: 'float' | 'int8'): Promise<string> {
    const float = this.#place('float', sumOf(this.#float), (path) => {
      writeFileSync(join(ROOT, path), this.#float);
    });
    return kind === 'float' ? float : this.#quantized(await float);
  }

  /** What the float network makes of a picture, node by node as ONNX defines it. */
  async referenceOf(picture: Picture): Promise<Picture> {
    const { width, height } = picture;
    const data = toNchw(picture).map((value) => value * RANGE[1]);
    const image = { shape: [3, height, width] as [number, number, number], data };
    const result = await runReference(this.#float, image, { optimize: false });
    const floats = result.data.map((value) => value / RANGE[1]);
    return fromNchw(floats, width * this.scale, height * this.scale) as Picture;
  }

  #quantized(float: string): Promise<string> {
    const quantizer = readFileSync(join(DIST, 'wasm', 'tessera-tools.wasm'));
    return this.#place('int8', sumOf(this.#float, quantizer), async (path) => {
      log(`${this.name}: quantizing, which is kept in ${CACHE}/`);
      const command = [join(DIST, 'cli', 'tessera.mjs'), 'quantize', join(ROOT, float)];
      const output = ['--output', join(ROOT, path)];
      await run(process.execPath, [...command, ...CALIBRATION, ...output]);
    });
  }

  /** Makes a file unless it is there, and returns its address. */
  async #place(
    kind: string,
    sum: string,
    make: (path: string) => void | Promise<void>,
  ): Promise<string> {
    const path = `${CACHE}/${this.name}-${kind}-${sum}.onnx`;
    mkdirSync(join(ROOT, CACHE), { recursive: true });
    if (!existsSync(join(ROOT, path))) await make(path);
    return `/${path}`;
  }
}
