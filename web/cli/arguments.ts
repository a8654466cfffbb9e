import { type ParseArgsConfig, parseArgs } from 'node:util';
import {
  type ModelChoices,
  type OverlapOption,
  type PictureOptions,
  VARIANTS,
  type Variant,
} from '../src/index.js';
import { COLORS, LAYOUTS, toMetadata } from '../src/load/picture-options.js';
import { UsageError } from './usage-error.js';

type OptionSpecs = NonNullable<ParseArgsConfig['options']>;

/** Options as they were given; what is absent was not. */
export interface ParsedArguments {
  values: Record<string, string | boolean | undefined>;
  positionals: string[];
}

/** Whether help is asked for, whatever else is. What follows `--` are no options. */
export function wantsHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  const options = end === -1 ? args : args.slice(0, end);
  return options.includes('--help') || options.includes('-h');
}

/**
 * @param names - of the positional arguments, all of them required; undefined leaves them unchecked
 * @throws UsageError
 */
export function parse(
  args: string[],
  options: OptionSpecs,
  names?: readonly string[],
): ParsedArguments {
  let parsed: ReturnType<typeof parseArgs>;
  try {
    parsed = parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    // Node adds advice after the first sentence that does not fit here.
    throw new UsageError((error as Error).message.split('. ')[0] ?? 'wrong arguments');
  }
  if (names !== undefined) positionals(parsed as ParsedArguments, names);
  return parsed as ParsedArguments;
}

/**
 * The positional arguments, one for each name.
 *
 * @throws UsageError
 */
export function positionals<const N extends readonly string[]>(
  { positionals }: ParsedArguments,
  names: N,
): { [K in keyof N]: string } {
  if (positionals.length < names.length) {
    throw new UsageError(`missing argument: ${names[positionals.length]}`);
  }
  if (positionals.length > names.length) {
    throw new UsageError(`unexpected argument: ${positionals[names.length]}`);
  }
  return positionals as unknown as { [K in keyof N]: string };
}

/** A whole number of at least `least`, or undefined when the option was not given. */
export function wholeNumber(
  { values }: ParsedArguments,
  name: string,
  least = 1,
): number | undefined {
  const text = values[name];
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isInteger(value) || value < least) {
    throw new UsageError(`--${name} must be a whole number of at least ${least}, not '${text}'`);
  }
  return value;
}

/** A number above 0, or undefined when the option was not given. */
export function positiveNumber({ values }: ParsedArguments, name: string): number | undefined {
  const text = values[name];
  if (text === undefined) return undefined;
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new UsageError(`--${name} must be a number above 0, not '${text}'`);
}

/** One of a few words, or undefined when the option was not given. */
export function oneOf<T extends string>(
  { values }: ParsedArguments,
  name: string,
  allowed: readonly T[],
): T | undefined {
  const text = values[name];
  if (text === undefined) return undefined;
  const found = allowed.find((word) => word === text);
  if (found !== undefined) return found;
  throw new UsageError(`--${name} must be one of ${allowed.join(', ')}, not '${text}'`);
}

/** The text of an option, or undefined when it was not given. */
export function text({ values }: ParsedArguments, name: string): string | undefined {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
}

/** The options that say what pixels are to a network, for every command that reads one. */
export const PICTURE_OPTIONS = {
  color: { type: 'string' },
  layout: { type: 'string' },
  'input-range': { type: 'string' },
  'output-range': { type: 'string' },
  mean: { type: 'string' },
  std: { type: 'string' },
  border: { type: 'string' },
} as const satisfies OptionSpecs;

/** What `--help` says of {@link PICTURE_OPTIONS}. */
export const PICTURE_HELP = `\
      --color C           ${COLORS.join(', ')}
      --layout L          nchw or nhwc: of the file's input
      --input-range A,B   what bytes 0 and 255 become, such as 0,255 or -1,1
      --output-range A,B  what becomes bytes 0 and 255
      --mean R,G,B        subtracted, for each channel or (one number) for all
      --std R,G,B         divided by
      --border N          pixels by which a picture is extended, its edges repeated
`;

function numbers(parsed: ParsedArguments, name: string): number[] | undefined {
  const list = text(parsed, name);
  if (list === undefined) return undefined;
  const parts = list.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  if (parts.every(Number.isFinite)) return parts;
  throw new UsageError(`--${name} must be numbers with commas between them, not '${list}'`);
}

/** The values of {@link PICTURE_OPTIONS}, checked. */
export function pictureArguments(parsed: ParsedArguments): PictureOptions {
  const options = {
    color: oneOf(parsed, 'color', COLORS),
    layout: oneOf(parsed, 'layout', LAYOUTS),
    inputRange: numbers(parsed, 'input-range') as PictureOptions['inputRange'],
    outputRange: numbers(parsed, 'output-range') as PictureOptions['outputRange'],
    mean: numbers(parsed, 'mean'),
    std: numbers(parsed, 'std'),
    border: wholeNumber(parsed, 'border', 0),
  };
  try {
    toMetadata(options);
  } catch (error) {
    const message = (error as Error).message;
    throw new UsageError(`--${message.replace(/^(input|output)Range/, '$1-range')}`);
  }
  return options;
}

/** The options that say what a model file leaves open. */
export const MODEL_OPTIONS = {
  'output-name': { type: 'string' },
  input: { type: 'string', multiple: true },
} as const satisfies OptionSpecs;

export const MODEL_HELP = `      --output-name NAME  the output of the model that is computed (default: the largest picture)
      --input NAME=N      the value of an input beside the image; N,N,... for several numbers
`;

/** The values of {@link MODEL_OPTIONS}. */
export function modelChoices(parsed: ParsedArguments): ModelChoices {
  const given = parsed.values.input as unknown as readonly string[] | undefined;
  const inputs = (given ?? []).map((pair): [string, number[]] => {
    const [name, list] = pair.split('=', 2);
    const numbers = (list ?? '').split(',').map((number) => (number === '' ? NaN : Number(number)));
    if (name && numbers.every(Number.isFinite)) return [name, numbers];
    throw new UsageError(`--input must be NAME=NUMBER, not '${pair}'`);
  });
  return { output: text(parsed, 'output-name'), inputs: Object.fromEntries(inputs) };
}

/** The options that say how to run, for every command that runs a network. */
export const RUN_OPTIONS = {
  model: { type: 'string', short: 'm' },
  scale: { type: 'string', short: 's' },
  tile: { type: 'string' },
  overlap: { type: 'string' },
  workers: { type: 'string', short: 'w' },
  variant: { type: 'string' },
  json: { type: 'boolean' },
  ...MODEL_OPTIONS,
  ...PICTURE_OPTIONS,
} as const satisfies OptionSpecs;

/** The values of {@link RUN_OPTIONS}. */
export interface RunArguments {
  model: string | undefined;
  scale: number | undefined;
  tileSize: number | undefined;
  overlap: OverlapOption | undefined;
  workers: number | undefined;
  variant: Variant | 'auto';
  json: boolean;
  /** Over what the model file says. */
  picture: PictureOptions;
  /** Of what the model file leaves open. */
  choices: ModelChoices;
}

/** 'exact', or pixels. */
function overlapArgument({ values }: ParsedArguments): OverlapOption | undefined {
  const given = values.overlap;
  if (given === undefined || given === 'exact') return given;
  const pixels = Number(given);
  if (given !== '' && Number.isInteger(pixels) && pixels >= 0) return pixels;
  throw new UsageError(`--overlap must be 'exact' or a whole number of pixels, not '${given}'`);
}

export function runArguments(parsed: ParsedArguments): RunArguments {
  return {
    model: text(parsed, 'model'),
    scale: wholeNumber(parsed, 'scale'),
    tileSize: wholeNumber(parsed, 'tile'),
    overlap: overlapArgument(parsed),
    workers: wholeNumber(parsed, 'workers'),
    variant: oneOf(parsed, 'variant', ['auto', ...VARIANTS]) ?? 'auto',
    json: parsed.values.json === true,
    picture: pictureArguments(parsed),
    choices: modelChoices(parsed),
  };
}
