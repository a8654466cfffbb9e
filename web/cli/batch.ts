/** Which files a command over many images reads and writes. */
import { stat } from 'node:fs/promises';
import { basename, dirname, extname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { TesseraError } from '../src/index.js';
import { FORMATS, type ImageFormat, imageNames } from './images.js';
import { UsageError } from './usage-error.js';

/** One image of many. */
export interface BatchItem {
  input: string;
  output: string;
  format: ImageFormat;
}

/** A file, and its place below the folder that was named. */
interface Found {
  path: string;
  place: string;
}

/** A part of the images: the `index`-th of `count`, from 1. */
export interface Shard {
  index: number;
  count: number;
}

/** Where a pattern's wildcards begin, and what they mean. */
function globOf(pattern: string): { folder: string; matches: RegExp } {
  const parts = pattern.split(/[\\/]/);
  const first = parts.findIndex((part) => /[*?]/.test(part));
  const folder = parts.slice(0, first).join('/') || (isAbsolute(pattern) ? '/' : '.');
  const source = parts
    .slice(first)
    .map((part) => part.replace(/[.+^${}()|[\]\\]/g, '\\$&'))
    .map((part) =>
      part.replaceAll('?', '[^/]').replace(/\*+/g, (stars) => (stars === '**' ? stars : '[^/]*')),
    )
    .join('/')
    .replaceAll('**/', '(?:.*/)?')
    .replaceAll('**', '.*');
  return { folder, matches: new RegExp(`^${source}$`) };
}

async function below(folder: string, wanted: (place: string) => boolean): Promise<Found[]> {
  const names = await imageNames(folder, true);
  const places = names.filter((name) => wanted(name.split(sep).join('/')));
  return places.map((place) => ({ path: join(folder, place), place }));
}

/** The images that an argument names: a file, a folder's, or those of a pattern. */
async function find(argument: string): Promise<Found[]> {
  const entry = await stat(argument).catch(() => undefined);
  if (entry?.isDirectory()) return below(argument, () => true);
  if (entry !== undefined) return [{ path: argument, place: basename(argument) }];
  if (!/[*?]/.test(argument)) {
    throw new TesseraError('ERR_LOAD', `there is no file or folder ${argument}`);
  }
  const { folder, matches } = globOf(argument);
  return below(folder, (place) => matches.test(place));
}

/** FNV-1a: spreads names evenly, the same way everywhere. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) {
    value = Math.imul(value ^ byte, 0x01000193) >>> 0;
  }
  return value;
}

/** `2/8`. @throws UsageError. */
export function parseShard(text: string | undefined): Shard | undefined {
  if (text === undefined) return undefined;
  const [, index = 0, count = 0] = (/^(\d+)\/(\d+)$/.exec(text) ?? []).map(Number);
  if (index >= 1 && index <= count) return { index, count };
  throw new UsageError(`--shard must be I/N with I from 1 to N, such as 2/8, not '${text}'`);
}

/** What a file becomes: as asked for, or as it is where that can be written. */
function formatOf(path: string, asked: ImageFormat | undefined): [string, ImageFormat] {
  const extension = extname(path).toLowerCase();
  const own = FORMATS[extension as keyof typeof FORMATS];
  if (own !== undefined && (asked === undefined || asked === own)) return [extension, own];
  const format = asked ?? 'png';
  return [format === 'jpeg' ? '.jpg' : `.${format}`, format];
}

const isInside = (path: string, folder: string) =>
  !/^\.\.([\\/]|$)|^$/.test(relative(folder, path));

/**
 * Finds the images to work on, sorted, and where each result goes: into `out`, in the same folders below.
 * A shard's files stay its own when others are added.
 *
 * @param inputs - files, folders and patterns with `*`, `**` and `?`
 * @throws UsageError when two results would be one file, or results would lie among the images.
 */
export async function findBatch(
  inputs: readonly string[],
  out: string,
  asked: ImageFormat | undefined,
  shard?: Shard,
): Promise<BatchItem[]> {
  const found = (await Promise.all(inputs.map(find))).flat();
  // Results of an earlier run may lie among the images.
  const images = found.filter(({ path }) => !isInside(resolve(path), resolve(out)));
  if (found.length === 0) throw new TesseraError('ERR_LOAD', `no images in ${inputs.join(', ')}`);
  if (images.length === 0) {
    throw new UsageError(`the images lie in ${out} themselves: name another folder with --out`);
  }
  const items = images.map(({ path, place }) => {
    const [extension, format] = formatOf(path, asked);
    const name = basename(place, extname(place)) + extension;
    return { input: path, output: join(out, dirname(place), name), format, place };
  });
  const taken = new Map<string, string>();
  for (const { input, output } of items) {
    const other = taken.get(output);
    if (other !== undefined && resolve(other) !== resolve(input)) {
      throw new UsageError(`${other} and ${input} would both become ${output}`);
    }
    taken.set(output, input);
  }
  const mine = items.filter(({ place, output, input }) => {
    if (taken.get(output) !== input) return false;
    taken.delete(output);
    return shard === undefined || hash(place) % shard.count === shard.index - 1;
  });
  return mine.map(({ place: _, ...item }) => item).sort((a, b) => (a.input < b.input ? -1 : 1));
}
