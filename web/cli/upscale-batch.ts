/** Many images of the command line, one failure of which does not end the others. */
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { throwIfAborted } from '../src/base/abort.js';
import { describe, TesseraError } from '../src/errors.js';
import type { Upscaler } from '../src/index.js';
import { ProgressBar } from './progress-bar.js';
import { type ImageJob, type ImageSettings, upscaleImage } from './upscale-image.js';

/** How a batch is worked on. */
export interface BatchSettings extends ImageSettings {
  /** Also what is there already. */
  overwrite: boolean;
  json: boolean;
}

// While one image is decoded or written, the workers have another one's tiles.
const AT_ONCE = 2;

const isThere = async (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );

/**
 * Upscales the images whose results are not there yet. A result is there whole or not at all, so that
 * a batch that was interrupted goes on where it was.
 *
 * @throws TesseraError `ERR_LOAD` at the end when some failed.
 */
export async function upscaleBatch(
  upscaler: Upscaler,
  jobs: readonly ImageJob[],
  settings: BatchSettings,
  signal: AbortSignal,
): Promise<void> {
  const tally = { images: jobs.length, upscaled: 0, skipped: 0, failed: 0 };
  const bar = new ProgressBar(process.stderr, 'upscale');
  const print = (value: object) => {
    if (settings.json) process.stdout.write(`${JSON.stringify(value)}\n`);
  };
  const one = async (job: ImageJob) => {
    if (!settings.overwrite && (await isThere(job.output))) {
      tally.skipped++;
      return;
    }
    await mkdir(dirname(job.output), { recursive: true });
    print(await upscaleImage(upscaler, job, settings, signal));
    tally.upscaled++;
  };
  const waiting = jobs.values();
  const work = async () => {
    for (const job of waiting) {
      throwIfAborted(signal);
      try {
        await one(job);
      } catch (error) {
        throwIfAborted(signal);
        tally.failed++;
        bar.end();
        process.stderr.write(`tessera: ${job.input}: ${describe(error)}\n`);
        print({ input: job.input, error: describe(error) });
      }
      bar.show((tally.upscaled + tally.skipped + tally.failed) / tally.images);
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  } finally {
    bar.end();
  }
  const { images, upscaled, skipped, failed } = tally;
  print(tally);
  const summary = `${images} images: ${upscaled} upscaled, ${skipped} there already, ${failed} failed`;
  if (failed > 0) throw new TesseraError('ERR_LOAD', summary);
  process.stderr.write(`tessera: ${summary}\n`);
}
