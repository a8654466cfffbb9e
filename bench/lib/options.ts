// Reading the command lines of the benchmarks.

import { UserError } from '../../scripts/lib/log.mjs';

/** @throws UserError unless `text` is a positive whole number. */
export function positive(text: string, option: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) {
    throw new UserError(`${option} takes a positive whole number, not "${text}"`);
  }
  return number;
}

/**
 * Names separated by commas.
 *
 * @throws UserError for one that is not `allowed`.
 */
export function choices<T extends string>(
  text: string,
  option: string,
  allowed: readonly T[],
): T[] {
  return text.split(',').map((name) => {
    const found = allowed.find((candidate) => candidate === name);
    if (found === undefined) {
      throw new UserError(`${option} takes one or more of ${allowed.join(', ')}, not "${name}"`);
    }
    return found;
  });
}

/** @throws UserError unless `text` is a regular expression. */
export function pattern(text: string, option: string): RegExp {
  try {
    return new RegExp(text);
  } catch {
    throw new UserError(`${option} takes a regular expression, not "${text}"`);
  }
}
