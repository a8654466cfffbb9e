// The models that we ship, as the other networks that whole pictures are upscaled with.

import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { ROOT } from '../../../scripts/lib/paths.mjs';
import type { ZooModel } from '../../../scripts/zoo/models.ts';
import { openModel } from '../../../scripts/zoo/open-model.ts';
import { runReference } from '../../../tests/web/support/onnxruntime.ts';
import { fromNchw, toNchw } from '../page/picture.mjs';
import type { Picture, PictureNetwork } from './files.ts';

export class ShippedModel implements PictureNetwork {
  readonly name: string;
  readonly scale: number;
  readonly overlap: number;
  readonly multiplicationsPerPixel: number;
  /** Paths of the file and of its float parent. */
  readonly path: string;
  readonly #parent: string;

  static async open(model: ZooModel): Promise<ShippedModel> {
    const upscaler = await openModel(model.file, 1);
    const { overlap, multiplicationsPerPixel } = upscaler.model;
    await upscaler.dispose();
    return new ShippedModel(model, overlap, multiplicationsPerPixel);
  }

  private constructor(model: ZooModel, overlap: number, multiplicationsPerPixel: number) {
    this.name = model.name;
    this.scale = model.scale;
    this.path = model.file;
    this.overlap = overlap;
    this.multiplicationsPerPixel = multiplicationsPerPixel;
    this.#parent = model.parent;
  }

  /** Where pages load it. */
  get address(): string {
    return `/${relative(ROOT, this.path)}`;
  }

  async referenceOf(picture: Picture): Promise<Picture> {
    const { width, height } = picture;
    const image = { shape: [3, height, width] as [number, number, number], data: toNchw(picture) };
    const result = await runReference(readFileSync(this.#parent), image, { optimize: false });
    return fromNchw(result.data, width * this.scale, height * this.scale) as Picture;
  }
}
