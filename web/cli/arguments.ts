import { type ParseArgsConfig, parseArgs } from 'node:util';
import { VARIANTS, type Variant } from '../src/index.js';
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
 * @param names - of the positional arguments, all of them required
 * @throws UsageError
 */
export function parse(
  args: string[],
  options: OptionSpecs,
  names: readonly string[],
): ParsedArguments {
  let parsed: ReturnType<typeof parseArgs>;
  try {
    parsed = parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    // Node adds advice after the first sentence that does not fit here.
    throw new UsageError((error as Error).message.split('. ')[0] ?? 'wrong arguments');
  }
  const { values, positionals } = parsed as ParsedArguments;
  if (positionals.length < names.length) {
    throw new UsageError(`missing argument: ${names[positionals.length]}`);
  }
  if (positionals.length > names.length) {
    throw new UsageError(`unexpected argument: ${positionals[names.length]}`);
  }
  return { values, positionals };
}

/** A whole number of at least 1, or undefined when the option was not given. */
export function wholeNumber({ values }: ParsedArguments, name: string): number | undefined {
  const text = values[name];
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) {
    throw new UsageError(`--${name} must be a whole number of at least 1, not '${text}'`);
  }
  return value;
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

/** The options that say how to run, for every command that runs a network. */
export const RUN_OPTIONS = {
  model: { type: 'string', short: 'm' },
  scale: { type: 'string', short: 's' },
  tile: { type: 'string' },
  workers: { type: 'string', short: 'w' },
  variant: { type: 'string' },
  json: { type: 'boolean' },
} as const satisfies OptionSpecs;

/** The values of {@link RUN_OPTIONS}. */
export interface RunArguments {
  model: string | undefined;
  scale: number | undefined;
  tileSize: number | undefined;
  workers: number | undefined;
  variant: Variant | 'auto';
  json: boolean;
}

export function runArguments(parsed: ParsedArguments): RunArguments {
  return {
    model: text(parsed, 'model'),
    scale: wholeNumber(parsed, 'scale'),
    tileSize: wholeNumber(parsed, 'tile'),
    workers: wholeNumber(parsed, 'workers'),
    variant: oneOf(parsed, 'variant', ['auto', ...VARIANTS]) ?? 'auto',
    json: parsed.values.json === true,
  };
}
