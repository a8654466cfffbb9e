import { access, constants, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { describe } from '../src/errors.js';
import { fileKind, HEAD_BYTES } from '../src/image/file-kind.js';
import type { SourceImage } from '../src/image/source.js';
import { type RawImage, TesseraError } from '../src/index.js';
import { type Notes, notesOf, withNotes } from './notes.js';
import { loadSharp } from './sharp.js';
import { UsageError } from './usage-error.js';

/** The formats that can be written, by file name extension. */
export const FORMATS = {
  '.png': 'png',
  '.jpg': 'jpeg',
  '.jpeg': 'jpeg',
  '.webp': 'webp',
  '.avif': 'avif',
  '.tif': 'tiff',
  '.tiff': 'tiff',
} as const;

/** A format that can be written. */
export type ImageFormat = (typeof FORMATS)[keyof typeof FORMATS];

export const IMAGE_FORMATS: readonly ImageFormat[] = ['png', 'jpeg', 'webp', 'avif', 'tiff'];

/** The extensions of what a folder is searched for. */
const READABLE = ['.png', '.jpg', '.jpeg', '.webp', '.avif', '.tif', '.tiff', '.bmp'];

/**
 * The names of a folder's images, from the folder on.
 *
 * @throws TesseraError `ERR_LOAD` when the folder cannot be read.
 */
export async function imageNames(folder: string, recursive: boolean): Promise<string[]> {
  try {
    const names = await readdir(folder, { recursive });
    return names.filter((name) => READABLE.includes(extname(name).toLowerCase()));
  } catch (cause) {
    throw new TesseraError('ERR_LOAD', `cannot read the folder ${folder}`, { cause });
  }
}

/**
 * The paths of a folder's images, sorted.
 *
 * @throws TesseraError `ERR_LOAD` when the folder cannot be read or holds none.
 */
export async function listImages(folder: string, { recursive = false } = {}): Promise<string[]> {
  const images = (await imageNames(folder, recursive)).sort();
  if (images.length === 0) throw new TesseraError('ERR_LOAD', `there are no images in ${folder}`);
  return images.map((name) => join(folder, name));
}

/** RGBA bytes, opaque, of a part of an image. The part must lie inside. */
export function cropToRgba(
  image: SourceImage,
  left: number,
  top: number,
  width: number,
  height: number,
): RawImage {
  const data = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = ((top + y) * image.width + left + x) * image.channels;
      data.set(image.data.subarray(from, from + 3), (y * width + x) * 4);
    }
  }
  return { data, width, height };
}

/** The path that stands for standard input. */
const STANDARD_INPUT = '-';

/** Reads an image file, or `-` for standard input, as 8-bit sRGB, upright; grey becomes RGB. */
export async function readImageFile(path: string): Promise<SourceImage> {
  return (await readPicture(path, 'drop')).image;
}

/** What becomes of EXIF, colour profile and density. */
export type MetadataMode = 'keep' | 'drop';

/** A picture, and what its file notes about it. */
export interface Picture {
  image: SourceImage;
  notes: Notes;
}

/** The same with what the file notes. With a colour profile, the pixels are of that. */
export async function readPicture(path: string, metadata: MetadataMode): Promise<Picture> {
  const sharp = await loadSharp();
  const piped = path === STANDARD_INPUT ? await buffer(process.stdin) : undefined;
  if (piped === undefined) await mustExist(path);
  const input = piped ?? path;
  try {
    const notes = metadata === 'keep' ? notesOf(await sharp(input).metadata()) : {};
    // rotate() without an angle applies the orientation that the camera noted.
    const file = sharp(input).rotate().toColourspace('srgb').raw({ depth: 'uchar' });
    if (notes.icc !== undefined) file.keepIccProfile();
    const { data, info } = await file.toBuffer({ resolveWithObject: true });
    const { width, height, channels } = info;
    if (channels !== 3 && channels !== 4) throw new Error(`${channels} channels`);
    return { image: { data, width, height, channels }, notes };
  } catch (cause) {
    const kind = fileKind(piped?.subarray(0, HEAD_BYTES) ?? (await headOf(path)));
    const name = piped === undefined ? path : 'standard input';
    const why = kind === undefined ? describe(cause) : `it is ${kind.name}; ${kind.advice}`;
    throw new TesseraError('ERR_IMAGE_DECODE', `cannot decode ${name}: ${why}`, { cause });
  }
}

async function headOf(path: string): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function mustExist(path: string): Promise<void> {
  const entry = await stat(path).catch(() => undefined);
  if (entry?.isFile()) return;
  throw new TesseraError('ERR_LOAD', `there is no file ${path}`, { details: { path } });
}

/** The format of a file to be written: as asked for, or as its name says. */
export function outputFormat(path: string, asked: ImageFormat | undefined): ImageFormat {
  if (asked !== undefined) return asked;
  const extension = extname(path).toLowerCase();
  const format = Object.entries(FORMATS).find(([name]) => name === extension)?.[1];
  if (format !== undefined) return format;
  throw new UsageError(
    `cannot tell a format from '${basename(path)}': use one of ` +
      `${Object.keys(FORMATS).join(', ')}, or --format`,
  );
}

/** Refuses, before any work, what could not be written afterwards. */
export async function checkOutputPath(input: string, output: string): Promise<void> {
  const folder = await stat(dirname(output)).catch(() => undefined);
  if (!folder?.isDirectory()) throw new UsageError(`there is no folder ${dirname(output)}`);
  await access(dirname(output), constants.W_OK).catch(() => {
    throw new UsageError(`the folder ${dirname(output)} cannot be written to`);
  });
  const [from, to] = await Promise.all([
    stat(input).catch(() => undefined),
    stat(output).catch(() => undefined),
  ]);
  if (to?.isDirectory()) throw new UsageError(`${output} is a folder; name a file`);
  if (from !== undefined && from.ino === to?.ino && from.dev === to.dev) {
    throw new UsageError('the output would overwrite the input; name another file');
  }
}

/** Writes an image file; on failure nothing is left behind. */
export async function writeImageFile(
  path: string,
  { image, notes }: Picture,
  format: ImageFormat,
  quality: number | undefined,
): Promise<void> {
  const sharp = await loadSharp();
  const { data, width, height, channels } = image;
  const pixels = sharp(data, { raw: { width, height, channels }, limitInputPixels: false });
  const isNoted = Object.values(notes).some((note) => note !== undefined);
  // sharp takes notes of a file only.
  const plain = isNoted ? await pixels.png({ compressionLevel: 0 }).toBuffer() : undefined;
  const noted = plain && sharp(withNotes(plain, notes), { limitInputPixels: false });
  const bytes = await (noted?.keepExif().keepIccProfile() ?? pixels)
    .toFormat(format, quality === undefined ? {} : { quality })
    .toBuffer();
  await writeWhole(path, bytes);
}

/** Writes a file; on failure nothing is left behind, and what was there stays. */
export async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const unfinished = join(dirname(path), `.${basename(path)}.${process.pid}.part`);
  try {
    await writeFile(unfinished, bytes);
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

/** Leaves out the alpha of RGBA bytes. */
export function withoutAlpha({ data, width, height }: SourceImage): SourceImage {
  const rgb = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; to < rgb.length; from += 4, to += 3) {
    rgb[to] = data[from] as number;
    rgb[to + 1] = data[from + 1] as number;
    rgb[to + 2] = data[from + 2] as number;
  }
  return { data: rgb, width, height, channels: 3 };
}
