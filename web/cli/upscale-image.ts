/** One image of the command line: read, upscaled, written. */
import type { SourceImage } from '../src/image/source.js';
import type { TargetSize, Upscaler } from '../src/index.js';
import { familyMembers, type Member, memberFor } from '../src/load/families.js';
import { neededScale } from '../src/tiling/target.js';
import {
  type ImageFormat,
  type MetadataMode,
  readPicture,
  withoutAlpha,
  writeImageFile,
} from './images.js';

/** What is read, and where the result goes. */
export interface ImageJob {
  input: string;
  output: string;
  format: ImageFormat;
}

/** How it is upscaled. */
export interface ImageSettings {
  model: string;
  target: TargetSize | undefined;
  alpha: 'keep' | 'ignore';
  quality: number | undefined;
  metadata: MetadataMode;
}

/** What was done, as `--json` prints it. */
export interface ImageReport {
  input: string;
  output: string;
  model: string;
  scale: number;
  width: number;
  height: number;
  tiles: number;
  seconds: number;
}

/** Which model an image gets. */
function modelOf(upscaler: Upscaler, source: SourceImage, settings: ImageSettings): Member {
  const members = familyMembers(settings.model);
  if (members.length === 0) return upscaler.model;
  return memberFor(members, neededScale(settings.target, source));
}

/** @param onprogress - hears the finished part in [0, 1] */
export async function upscaleImage(
  upscaler: Upscaler,
  { input, output, format }: ImageJob,
  settings: ImageSettings,
  signal: AbortSignal,
  onprogress: (fraction: number) => void = () => {},
): Promise<ImageReport> {
  const { image: source, notes } = await readPicture(input, settings.metadata);
  const { name, scale } = modelOf(upscaler, source, settings);
  const { alpha, target, quality } = settings;
  const transparent = alpha === 'keep' && source.channels === 4;
  const begun = performance.now();
  let tiles = 0;
  const image = await upscaler.upscale(source, {
    output: 'raw',
    ...target,
    alpha,
    signal,
    transfer: true,
    onprogress(fraction, tile) {
      if (tile !== undefined) tiles = tile.count;
      onprogress(fraction);
    },
  });
  const seconds = (performance.now() - begun) / 1000;
  const rgba = { ...image, channels: 4 } as const;
  const result = transparent ? rgba : withoutAlpha(rgba);
  await writeImageFile(output, { image: result, notes }, format, quality);
  const { width, height } = image;
  return { input, output, model: name, scale, width, height, tiles, seconds };
}
