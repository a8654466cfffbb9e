// Measures one model with what `tessera eval` measures with, on the built wasm.

import { BASE_URL } from '../../tests/web/support/node-upscaler.ts';
import { openCore } from '../../web/cli/core.ts';
import { averageOf, evaluateImages } from '../../web/cli/evaluation.ts';
import { listImages } from '../../web/cli/images.ts';
import type { ImageSet, ZooModel } from './models.ts';
import { openModel } from './open-model.ts';

/** One model on one set. */
export interface Row {
  model: string;
  set: string;
  scale: number;
  psnr_y: number;
  ssim_y: number;
  float_psnr_y: number;
  bicubic_psnr_y: number;
}

export interface MeasureOptions {
  /** Where the images of a set lie. */
  folderOf: (set: ImageSet) => string;
  /** Only the first images of a set. */
  limit: number | undefined;
  workers: number | undefined;
  /** Gets a line about what is done. */
  report: (text: string) => void;
}

// Of the damage to small images: scores of different days must be about the same images.
const WEB_SEED = 1;

/** The rows of one model, a row per set. */
export async function measureModel(
  model: ZooModel,
  { folderOf, limit, workers, report }: MeasureOptions,
): Promise<Row[]> {
  const upscaler = await openModel(model.file, workers);
  const reference = await openModel(model.parent, workers);
  const core = await openCore(BASE_URL);
  const rows: Row[] = [];
  try {
    for (const set of model.sets) {
      const paths = (await listImages(folderOf(set))).slice(0, limit);
      const webSeed = set.degraded ? WEB_SEED : undefined;
      const images = await evaluateImages({ core, upscaler, reference, webSeed }, paths, (done) =>
        report(`${model.name} on ${set.name}: ${done} of ${paths.length}`),
      );
      const { psnr_y, ssim_y, bicubic, reference: parent } = averageOf(images);
      rows.push({
        model: model.name,
        set: set.name,
        scale: model.scale,
        psnr_y,
        ssim_y,
        float_psnr_y: (parent as NonNullable<typeof parent>).psnr_y,
        bicubic_psnr_y: bicubic.psnr_y,
      });
    }
  } finally {
    await Promise.all([upscaler.dispose(), reference.dispose()]);
  }
  return rows;
}
