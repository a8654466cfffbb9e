// A well-known network with one size of tile, in the forms that libraries read; each is made when it
// is asked for.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { log } from '../../../../scripts/lib/log.mjs';
import { DIST, ROOT } from '../../../../scripts/lib/paths.mjs';
import { run } from '../../../../scripts/lib/run.mjs';
import { runReference } from '../../../../tests/web/support/onnxruntime.ts';
import { fromNchw, makePicture, toNchw } from '../../page/picture.mjs';
import type { Picture, TileFiles } from '../files.ts';
import { KNOWN_NETWORKS, type KnownNetworkName } from './networks.ts';
import type { Plan } from './plan.ts';
import { planToOnnx } from './plan-to-onnx.ts';
import { planToTflite } from './plan-to-tflite.ts';

/** Kept between runs: quantizing takes a while. */
const FOLDER = 'out/bench/known';

// Calibration is on what every checkout has.
const CALIBRATION = ['--images', join(ROOT, 'web', 'demo'), '--crops', '8', '--crop-size', '64'];

/** Weights and biases of all convolutions. */
const countParameters = ({ steps }: Plan): number =>
  steps.reduce(
    (count, step) => ('weights' in step ? count + step.weights.length + step.bias.length : count),
    0,
  );

export class KnownNetwork implements TileFiles {
  readonly name: KnownNetworkName;
  readonly edge: number;
  readonly scale: number;
  readonly multiplicationsPerPixel: number;
  readonly parameters: number;
  readonly picture: Picture;
  readonly hasPrelu = false;
  readonly #plan: Plan;
  readonly #file: Uint8Array<ArrayBuffer>;
  #reference: Promise<Picture> | undefined;

  constructor(name: KnownNetworkName) {
    this.name = name;
    const { plan, edge } = KNOWN_NETWORKS[name];
    this.edge = edge;
    this.#plan = plan();
    this.scale = this.#plan.scale;
    this.multiplicationsPerPixel = this.#plan.multiplicationsPerPixel;
    this.parameters = countParameters(this.#plan);
    this.picture = makePicture(edge, edge);
    this.#file = planToOnnx(this.#plan);
  }

  async onnx(kind: 'float' | 'int8'): Promise<string> {
    const float = this.#place(`${this.name}.onnx`, this.#file);
    return kind === 'float' ? float : this.#quantized(float);
  }

  async tflite(): Promise<string> {
    return this.#place(`${this.name}-${this.edge}.tflite`, planToTflite(this.#plan, this.edge));
  }

  reference(): Promise<Picture> {
    this.#reference ??= this.#compute();
    return this.#reference;
  }

  /** What the float network makes of the tile, node by node as ONNX defines it. */
  async #compute(): Promise<Picture> {
    const { edge, scale } = this;
    const image = {
      shape: [3, edge, edge] as [number, number, number],
      data: toNchw(this.picture),
    };
    const { data } = await runReference(this.#file, image, { optimize: false });
    return fromNchw(data, edge * scale, edge * scale) as Picture;
  }

  #place(name: string, bytes: Uint8Array): string {
    const path = join(ROOT, FOLDER, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
    return `/${FOLDER}/${name}`;
  }

  /** By the project's own quantizer, unless the same one has done it. */
  async #quantized(float: string): Promise<string> {
    const sum = createHash('sha256')
      .update(this.#file)
      .update(readFileSync(join(DIST, 'wasm', 'tessera-tools.wasm')))
      .digest('hex')
      .slice(0, 12);
    const path = `${FOLDER}/${this.name}-int8-${sum}.onnx`;
    if (!existsSync(join(ROOT, path))) {
      log(`${this.name}: quantizing, which is kept in ${FOLDER}/`);
      const command = [join(DIST, 'cli', 'tessera.mjs'), 'quantize', join(ROOT, float)];
      await run(process.execPath, [...command, ...CALIBRATION, '--output', join(ROOT, path)]);
    }
    return `/${path}`;
  }
}
